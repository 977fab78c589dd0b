package dev.metricsserver.support;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.TestReporter;

/**
 * Asks the metrics API ten times a second, as autoscalers do, whether the answers before have come
 * or not, and keeps what was not answered.
 */
public final class MetricsLoad implements AutoCloseable {

  private static final int PERIOD_MILLISECONDS = 100;

  private final TestReporter reporter;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final KubernetesClient client;
  private Instant answered = Instant.now();
  private Duration gap = Duration.ZERO;

  public MetricsLoad(KubernetesClient client, TestReporter reporter) {
    this.reporter = reporter;
    this.client = client;
    var _ =
        clock.scheduleAtFixedRate(
            () -> askers.execute(this::ask), 0, PERIOD_MILLISECONDS, TimeUnit.MILLISECONDS);
  }

  public int requests() {
    return requests.get();
  }

  public List<String> failures() {
    return List.copyOf(failures);
  }

  private void ask() {
    requests.incrementAndGet();
    try {
      if (client.top().nodes().metrics().getItems().isEmpty()) {
        failures.add(Instant.now() + " no nodes");
      } else {
        answered();
      }
    } catch (RuntimeException e) {
      failures.add(Instant.now() + " " + e);
    }
  }

  private synchronized void answered() {
    var now = Instant.now();
    var since = Duration.between(answered, now);
    gap = since.compareTo(gap) > 0 ? since : gap;
    answered = now;
  }

  /** Waits for the last answers, and reports the figures. */
  @Override
  public void close() {
    clock.close();
    askers.close();
    reporter.publishEntry(
        "metrics load",
        "%d requests, %d failures, at most %d ms between two answers"
            .formatted(requests(), failures.size(), gap.toMillis()));
  }
}
