package dev.metricsserver.support;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Prints which test classes run, with their seconds, whenever none has begun or ended for eight
 * seconds: many take minutes, and the screen would be silent that long.
 */
public final class TestProgress implements TestExecutionListener {

  private static final Duration SILENCE = Duration.ofSeconds(8);

  private final Map<String, Instant> running = new ConcurrentHashMap<>();
  private Thread printer;
  private volatile Instant printed = Instant.now();

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    printer = Thread.ofPlatform().daemon().name("test-progress").start(this::print);
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    className(test, name -> running.put(name, Instant.now()));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    className(test, running::remove);
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    printer.interrupt();
  }

  private void className(TestIdentifier test, Consumer<String> action) {
    test.getSource()
        .filter(ClassSource.class::isInstance)
        .map(source -> ((ClassSource) source).getClassName())
        .map(name -> name.substring(name.lastIndexOf('.') + 1))
        .filter(name -> !name.contains("$"))
        .ifPresent(name -> {
          action.accept(name);
          printed = Instant.now();
        });
  }

  private void print() {
    try {
      while (true) {
        var due = Duration.between(Instant.now(), printed.plus(SILENCE));
        if (due.isPositive()) {
          Thread.sleep(due);
        } else {
          System.out.println("... " + line(Instant.now()));
          printed = Instant.now();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private String line(Instant now) {
    return running.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .map(e -> e.getKey() + " " + Duration.between(e.getValue(), now).toSeconds() + " s")
        .collect(Collectors.joining(", "));
  }
}
