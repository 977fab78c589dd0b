package dev.metricsserver.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.controller.MetricsServerReconciler;
import dev.metricsserver.diagnosis.MissingRightText;
import dev.metricsserver.model.MissingRight;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.processing.Controller;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator as a process: starts, leads when it holds the Lease, and stops cleanly. */
public final class OperatorProcess {

  private static final Logger log = LoggerFactory.getLogger(OperatorProcess.class);

  /** Each thread takes memory, and there is one resource with few objects. */
  private static final int THREADS = 2;

  private static final int CLIENT_RETRIES = 3;
  private static final Duration PATIENCE_AT_STOP = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final Leadership leadership;
  private final HealthEndpoint endpoint;
  private final OperatorMetrics metrics;
  private final MetricsEndpoint metricsEndpoint;
  private final Operator operator;

  /** A process that is not started. */
  public OperatorProcess(Settings settings) {
    var mapper = new ObjectMapper();
    var serialization = serialization(mapper);
    WarmUp.beside(mapper);
    client =
        new KubernetesClientBuilder()
            .withConfig(config())
            .withKubernetesSerialization(serialization)
            .build();
    leadership = new Leadership(client, settings.namespace(), settings.identity());
    endpoint = new HealthEndpoint(settings.port());
    metrics = new OperatorMetrics(leadership::leads);
    operator = new Operator(this::configure);
    var controller =
        (Controller<MetricsServerConfig>)
            operator.register(new MetricsServerReconciler(client, InstantSource.system(), metrics));
    metricsEndpoint =
        new MetricsEndpoint(
            settings.metricsPort(),
            new MetricsCertificate(settings.metricsCertificate()),
            new MetricsAuthorizer(client, InstantSource.system()),
            () -> metrics.scrape(status(controller)));
  }

  /**
   * Skips the search of all jars for resource types, because the code names the types that it uses.
   * Status is the exception: with it the API server ends a watch whose resource version is too old.
   */
  static KubernetesSerialization serialization(ObjectMapper mapper) {
    var serialization = new KubernetesSerialization(mapper, false);
    serialization.registerKubernetesResource(Status.class);
    return serialization;
  }

  /** Starts the operator; ends the process with status 1 if that fails. */
  public void start() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "shutdown"));
    try {
      endpoint.start(operator.getRuntimeInfo());
      metricsEndpoint.start();
      operator.start();
    } catch (RuntimeException e) {
      logEnd("The operator cannot start", e);
      Runtime.getRuntime().halt(1);
    }
  }

  /**
   * Waits for the current reconcile, then releases the Lease, so that the next leader does not wait
   * until it expires.
   */
  private void stop() {
    log.info("Stopping");
    leadership.stopping();
    operator.stop();
    leadership.release();
    log.info("Stopped");
    Runtime.getRuntime().halt(0);
  }

  /** The status as this replica's watch last received it. */
  private static Optional<MetricsServerConfigStatus> status(
      Controller<MetricsServerConfig> controller) {
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
        // The framework adds no annotations to the objects, at the cost of one more reconcile after
        // // a write.
        .withPreviousAnnotationForDependentResources(false)
        .withParseResourceVersions(true)
        .withInformerStoppedHandler((informer, e) -> {
          if (!leadership.isStopping()) {
            logEnd("A watch failed permanently, the process ends", e);
            Runtime.getRuntime().halt(1);
          }
        });
  }

  private static Config config() {
    var config = Config.autoConfigure(null);
    // No environment variable may turn off the verification of the API server's certificate.
    config.setTrustCerts(false);
    config.setDisableHostnameVerification(false);
    // All watches share one HTTP/2 connection, which the renewal of the Lease tests every two //
    // seconds. As WebSockets each would have its own TLS connection, which could fail unnoticed.
    config.setOnlyHttpWatches(true);
    // The client's own retries take minutes and are not logged; those of reconciles are.
    config.setRequestRetryBackoffLimit(CLIENT_RETRIES);
    return config;
  }

  /**
   * The pod's status shows the last log lines, so a missing right is logged without a stack trace.
   */
  private static void logEnd(String what, Throwable e) {
    var message = String.valueOf(rootCause(e).getMessage());
    MissingRight.of(message)
        .ifPresentOrElse(
            right ->
                log.error(
                    "{}: the operator has no right to {} {}. Grant it with:\n{}",
                    what,
                    right.verb(),
                    right.resource(),
                    MissingRightText.commands(right)),
            () -> log.error("{}: {}", what, message, e));
  }

  private static Throwable rootCause(Throwable e) {
    return e.getCause() == null ? e : rootCause(e.getCause());
  }
}
