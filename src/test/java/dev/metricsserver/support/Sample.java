package dev.metricsserver.support;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The cases of an exhaustive suite that run: a random sample, or all with {@code
 * -Dexhaustive=true}.
 */
public final class Sample {

  private static final boolean ALL = Boolean.getBoolean("exhaustive");

  private final long seed = Long.getLong("seed", new Random().nextInt(1_000_000));

  /** Returns a size for {@link #of} among the unit tests; the integration tests run all cases. */
  public static int amongUnitTests(int size) {
    return System.getProperty("test.kind", "unit").equals("unit") ? size : Integer.MAX_VALUE;
  }

  /** Returns whether all cases run. */
  public boolean isAll() {
    return ALL;
  }

  /**
   * Returns as many of the cases, in their order, or all of them.
   *
   * @param name what is chosen: the same seed chooses the same cases for it
   */
  public <T> List<T> of(String name, int size, List<T> cases) {
    if (ALL || size >= cases.size()) {
      return cases;
    }
    var indices = new ArrayList<Integer>();
    for (var i = 0; i < cases.size(); i++) {
      indices.add(i);
    }
    Collections.shuffle(indices, random(name));
    return indices.subList(0, size).stream().sorted().map(cases::get).toList();
  }

  /**
   * Returns a random number from {@code from} to {@code to}, or {@code from} when all cases run.
   */
  public int number(String name, int from, int to) {
    return ALL ? from : random(name).nextInt(from, to + 1);
  }

  private Random random(String name) {
    return new Random(31 * seed + name.hashCode());
  }

  /** How to repeat it. */
  @Override
  public String toString() {
    return ALL
        ? "all cases"
        : "a sample of the cases; -Dseed=%d repeats it, -Dexhaustive=true runs all".formatted(seed);
  }
}
