package dev.metricsserver.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks the metrics API ten times a second, as autoscalers do, and keeps what was not answered. */
final class MetricsLoad implements AutoCloseable {

  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger requests = new AtomicInteger();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final KubernetesClient client;

  MetricsLoad(KubernetesClient client) {
    this.client = client;
    Thread.ofPlatform().name("metrics-load").start(this::run);
  }

  int requests() {
    return requests.get();
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  private void run() {
    try {
      while (!closed.await(100, TimeUnit.MILLISECONDS)) {
        ask();
      }
    } catch (InterruptedException e) {
      failures.add("interrupted");
    }
  }

  private void ask() {
    requests.incrementAndGet();
    try {
      if (client.top().nodes().metrics().getItems().isEmpty()) {
        failures.add(Instant.now() + " no nodes");
      }
    } catch (KubernetesClientException e) {
      failures.add(Instant.now() + " " + e.getMessage());
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
