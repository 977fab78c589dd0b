package dev.metricsserver.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes for each test class what it cost: {@code target/test-times/KIND.tsv}, the slowest class
 * first, with the class, its elapsed time, its processor time and what it waited for, each wait by
 * its name with the sum of its times; all times in seconds. {@code .ci/times} prints the slowest.
 *
 * <p>Processor time is that of the class's thread and of the API servers, operators and local
 * clusters that the fixtures of the class started or used; not that of commands and other threads.
 */
public final class TestTimes implements TestExecutionListener {

  private static final Path FOLDER = Path.of("target/test-times");
  private static final Map<String, Cost> COSTS = new ConcurrentHashMap<>();

  /** The class that runs, also for threads that it starts, such as those of a wait. */
  private static final InheritableThreadLocal<String> CLASS = new InheritableThreadLocal<>();

  private static final class Cost {
    private final long started = System.nanoTime();
    private final long threadStarted = threadTime();
    private final Map<String, Duration> waits = new ConcurrentHashMap<>();
    private Duration elapsed = Duration.ZERO;
    private Duration processor = Duration.ZERO;

    synchronized void add(Duration more) {
      processor = processor.plus(more);
    }

    synchronized void end() {
      elapsed = Duration.ofNanos(System.nanoTime() - started);
      add(Duration.ofNanos(threadTime() - threadStarted));
    }

    synchronized String line(String name) {
      return String.join(
          "\t",
          name,
          seconds(elapsed),
          seconds(processor),
          waits.entrySet().stream()
              .sorted(Map.Entry.<String, Duration>comparingByValue().reversed())
              .map(wait -> wait.getKey() + " " + seconds(wait.getValue()))
              .collect(Collectors.joining("; ")));
    }

    private static long threadTime() {
      return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static String seconds(Duration time) {
      return String.format(Locale.ROOT, "%.1f", time.toMillis() / 1000.0);
    }
  }

  /** Adds the processor time of a process that the running class started. */
  public static void addProcessorTime(Duration time) {
    var cost = cost();
    if (cost != null) {
      cost.add(time);
    }
  }

  private static Cost cost() {
    return CLASS.get() == null ? null : COSTS.get(CLASS.get());
  }

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    Awaitility.setDefaultConditionEvaluationListener(condition -> {
      var cost = cost();
      if (cost != null && condition.isSatisfied()) {
        cost.waits.merge(
            condition.getAlias() == null ? "without a name" : condition.getAlias(),
            Duration.ofMillis(condition.getElapsedTimeInMS()),
            Duration::plus);
      }
    });
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    if (isClass(test)) {
      CLASS.set(name(test));
      COSTS.putIfAbsent(name(test), new Cost());
    }
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (isClass(test)) {
      COSTS.get(name(test)).end();
      CLASS.remove();
    }
  }

  /** Prints what tests report about themselves, such as the seed of a sample. */
  @Override
  public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
    entry
        .getKeyValuePairs()
        .forEach(
            (key, value) -> System.out.printf("%s: %s: %s%n", test.getDisplayName(), key, value));
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    var kind = System.getProperty("test.kind", "other");
    List<String> lines =
        COSTS.entrySet().stream()
            .sorted(
                Comparator.comparing(
                    (Map.Entry<String, Cost> entry) -> entry.getValue().elapsed,
                    Comparator.reverseOrder()))
            .map(entry -> entry.getValue().line(entry.getKey()))
            .toList();
    try {
      Files.createDirectories(FOLDER);
      Files.write(FOLDER.resolve(kind + ".tsv"), lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isClass(TestIdentifier test) {
    return test.getSource().filter(ClassSource.class::isInstance).isPresent()
        && !name(test).contains("$");
  }

  private static String name(TestIdentifier test) {
    return ((ClassSource) test.getSource().orElseThrow()).getClassName();
  }
}
