package dev.metricsserver.benchmark;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What the machine can do while a benchmark runs: a fixed piece of single-threaded Java work, and a
 * write by a client that does nothing else, measured in turn with the benchmark. Figures that are
 * divided by these can be compared between machines.
 */
final class Calibration {

  private static final int NUMBERS = 500_000;
  private static final int WARM_UP = 5;

  private final List<Duration> work = new ArrayList<>();
  private final List<Duration> writes = new ArrayList<>();

  Calibration() {
    for (var run = 0; run < WARM_UP; run++) {
      sort();
    }
  }

  /** Measures the work once: half a million random numbers are sorted. */
  void work() {
    work.add(sort());
  }

  private static Duration sort() {
    var numbers = new Random(1).ints(NUMBERS).toArray();
    var started = System.nanoTime();
    Arrays.sort(numbers);
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** Measures one write, of an annotation of a ConfigMap of this benchmark. */
  void write(KubernetesClient client) {
    var map = client.configMaps().inNamespace("default").withName("calibration");
    if (map.get() == null) {
      client
          .resource(
              new ConfigMapBuilder()
                  .withNewMetadata()
                  .withName("calibration")
                  .withNamespace("default")
                  .endMetadata()
                  .build())
          .create();
    }
    var started = System.nanoTime();
    map.patch(
        PatchContext.of(PatchType.JSON_MERGE),
        "{\"metadata\":{\"annotations\":{\"written\":\"%d\"}}}".formatted(started));
    writes.add(Duration.ofNanos(System.nanoTime() - started));
  }

  /** Removes what it wrote. */
  static void clear(KubernetesClient client) {
    client.configMaps().inNamespace("default").withName("calibration").delete();
  }

  /** Prints what was measured, with its spread. */
  void print() {
    Percentiles.print("sort of half a million numbers", work);
    Percentiles.print("write by a bare client", writes);
  }

  /** Prints the medians, and a time of the benchmark as a ratio to each. */
  void print(String what, Duration time) {
    var line = new StringBuilder("  calibrated: %s".formatted(what));
    ratio(line, time, "the time of a sort of half a million numbers", work);
    ratio(line, time, "the time of a write by a bare client", writes);
    System.out.println(line);
  }

  private static void ratio(StringBuilder line, Duration time, String what, List<Duration> times) {
    if (!times.isEmpty()) {
      var median = Percentiles.of(times, 50);
      line.append(
          ", %.2f times %s (median %.1f ms, n=%d)"
              .formatted(
                  (double) time.toNanos() / median.toNanos(),
                  what,
                  median.toNanos() / 1e6,
                  times.size()));
    }
  }
}
