package dev.metricsserver.runtime;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.controller.MetricsServerReconciler;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.processing.Controller;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The framework with the reconciler, its watches and the leader election. It starts once; after a
 * failure another instance takes its place, because the framework cannot start again.
 */
final class OperatorInstance {

  /** Each thread takes memory, and there is one resource with few objects. */
  private static final int THREADS = 2;

  private static final Duration PATIENCE_AT_STOP = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final OperatorMetrics metrics;
  private final Leadership leadership;
  private final Operator operator;
  private final MetricsServerReconciler reconciler;
  private final Controller<MetricsServerConfig> controller;
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private final AtomicBoolean runs = new AtomicBoolean();

  /** An instance that is not started. */
  OperatorInstance(KubernetesClient client, Settings settings, OperatorMetrics metrics) {
    this.client = client;
    this.metrics = metrics;
    leadership = new Leadership(client, settings.namespace(), settings.identity());
    operator = new Operator(this::configure);
    reconciler = new MetricsServerReconciler(client, InstantSource.system(), metrics);
    controller = (Controller<MetricsServerConfig>) operator.register(reconciler);
  }

  /**
   * Returns when all watches have their list; the reconciler works while this replica leads.
   *
   * @throws RuntimeException if a request of the start fails; everything is stopped then
   */
  void start() {
    runs.set(true);
    try {
      operator.start();
    } catch (RuntimeException e) {
      // The framework has stopped what it had started.
      runs.set(false);
      throw e;
    }
  }

  /** Completes when a watch ends for good, so that changes would go unnoticed. */
  CompletableFuture<Throwable> failure() {
    return failure;
  }

  /** Waits for the current reconcile, then ends everything. The Lease stays with this replica. */
  void stop() {
    leadership.stopping();
    if (runs.getAndSet(false)) {
      reconciler.stop(PATIENCE_AT_STOP);
      operator.stop();
    }
  }

  /** Releases the Lease, so that the next leader does not wait until it expires. */
  void release() {
    leadership.release();
  }

  /** Returns whether this replica is the leader. */
  boolean leads() {
    return leadership.leads();
  }

  RuntimeInfo runtimeInfo() {
    return operator.getRuntimeInfo();
  }

  /** Returns the status as this replica's watch last received it. */
  Optional<MetricsServerConfigStatus> status() {
    return controller
        .getEventSourceManager()
        .getControllerEventSource()
        .list()
        .map(MetricsServerConfig::getStatus)
        .filter(Objects::nonNull)
        .findFirst();
  }

  private void configure(ConfigurationServiceOverrider configuration) {
    configuration
        .withKubernetesClient(client)
        .withCloseClientOnStop(false)
        .withMetrics(metrics)
        .withLeaderElectionConfiguration(leadership.configuration())
        .withConcurrentReconciliationThreads(THREADS)
        .withConcurrentWorkflowExecutorThreads(THREADS)
        .withReconciliationTerminationTimeout(PATIENCE_AT_STOP)
        // The framework adds no annotations to the objects, at the cost of one more reconcile
        // after a write.
        .withPreviousAnnotationForDependentResources(false)
        .withParseResourceVersions(true)
        .withInformerStoppedHandler((_, e) -> {
          if (e != null && !leadership.isStopping()) {
            failure.complete(e);
          }
        });
  }
}
