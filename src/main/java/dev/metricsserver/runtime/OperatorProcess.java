package dev.metricsserver.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.controller.MetricsServerReconciler;
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

  /** Every thread keeps memory; there is one resource, and its objects are few. */
  private static final int THREADS = 2;

  private static final int CLIENT_RETRIES = 3;
  private static final Duration PATIENCE_AT_STOP = Duration.ofSeconds(10);

  private final KubernetesClient client;
  private final Leadership leadership;
  private final HealthEndpoint endpoint;
  private final OperatorMetrics metrics;
  private final MetricsEndpoint metricsEndpoint;
  private final Operator operator;

  /** A process that does nothing until it is started. */
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
    leadership.onTaken(controller::startEventProcessing);
    metricsEndpoint =
        new MetricsEndpoint(
            settings.metricsPort(),
            new MetricsCertificate(settings.metricsCertificate()),
            new MetricsAuthorizer(client, InstantSource.system()),
            () -> metrics.scrape(status(controller)));
  }

  /**
   * Without a look through all jars for kinds: those that are used are known by their classes. All
   * but one: it is by a Status that a watch learns that it is too old, and has to list anew.
   */
  static KubernetesSerialization serialization(ObjectMapper mapper) {
    var serialization = new KubernetesSerialization(mapper, false);
    serialization.registerKubernetesResource(Status.class);
    return serialization;
  }

  /** Starts; ends the process with status 1 when that fails. */
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
   * Lets the current reconcile finish, then gives the Lease back, so that the next leader need not
   * wait for its end.
   */
  private void stop() {
    log.info("Stopping");
    leadership.stopping();
    operator.stop();
    leadership.release();
    log.info("Stopped");
    Runtime.getRuntime().halt(0);
  }

  /** As this replica's watch saw it last. */
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
        // No annotation of the framework on our objects: the price is one reconcile more after a
        // write.
        .withPreviousAnnotationForDependentResources(false)
        .withParseResourceVersions(true)
        .withInformerStoppedHandler((informer, e) -> {
          if (!leadership.isStopping()) {
            logEnd("A watch broke for good, starting anew", e);
            Runtime.getRuntime().halt(1);
          }
        });
  }

  private static Config config() {
    var config = Config.autoConfigure(null);
    // An environment variable must not be able to turn the check of the API server's certificate
    // off.
    config.setTrustCerts(false);
    config.setDisableHostnameVerification(false);
    // All watches on the one HTTP/2 connection that the Lease keeps alive and tests every two
    // seconds; as WebSockets each would have a TLS connection of its own, and could fall silent
    // unnoticed.
    config.setOnlyHttpWatches(true);
    // The client's own retries last minutes without a word; the reconcile's do not, and they are
    // seen.
    config.setRequestRetryBackoffLimit(CLIENT_RETRIES);
    return config;
  }

  /**
   * The last words are what a pod's status shows: without a stack trace where a right is missing.
   */
  private static void logEnd(String what, Throwable e) {
    var message = String.valueOf(rootCause(e).getMessage());
    MissingRight.of(message)
        .ifPresentOrElse(
            right ->
                log.error(
                    "{}: the operator may not {} {}. This gives it that right:\n{}",
                    what,
                    right.verb(),
                    right.resource(),
                    right.commands()),
            () -> log.error("{}: {}", what, message, e));
  }

  private static Throwable rootCause(Throwable e) {
    return e.getCause() == null ? e : rootCause(e.getCause());
  }
}
