package dev.metricsserver.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks the metrics API ten times a second, as autoscalers do, and keeps what was not answered. */
final class MetricsLoad implements AutoCloseable {

  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final AtomicInteger requests = new AtomicInteger();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final KubernetesClient client;

  MetricsLoad(KubernetesClient client) {
    this.client = client;
    executor.scheduleWithFixedDelay(this::ask, 0, 100, TimeUnit.MILLISECONDS);
  }

  int requests() {
    return requests.get();
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  private void ask() {
    try {
      requests.incrementAndGet();
      client.top().nodes().metrics();
    } catch (KubernetesClientException e) {
      failures.add(java.time.Instant.now() + " " + e.getMessage());
    }
  }

  @Override
  public void close() {
    executor.close();
  }
}
