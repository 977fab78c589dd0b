package dev.metricsserver.runtime;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.diagnosis.MissingRightText;
import dev.metricsserver.model.MissingRight;
import dev.metricsserver.reading.ApiErrors;
import dev.metricsserver.reading.Backoff;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator as a process: starts, leads when it holds the Lease, and stops cleanly. While the
 * API server fails, it tries to start again and again; without a right that it needs, it ends.
 */
public final class OperatorProcess {

  private static final Logger log = LoggerFactory.getLogger(OperatorProcess.class);

  private static final Backoff RETRY =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), 1.5);
  private static final int CLIENT_RETRIES = 3;

  private final Settings settings;
  private final KubernetesClient client;
  private final OperatorMetrics metrics;
  private final HealthEndpoint endpoint;
  private final MetricsEndpoint metricsEndpoint;
  private volatile OperatorInstance operator;
  private volatile boolean stopping;

  /** A process that is not started. */
  public OperatorProcess(Settings settings) {
    this.settings = settings;
    var mapper = new ObjectMapper();
    var serialization = serialization(mapper);
    WarmUp.beside(mapper);
    client =
        new KubernetesClientBuilder()
            .withConfig(config())
            .withKubernetesSerialization(serialization)
            .build();
    endpoint = new HealthEndpoint(settings.port());
    metrics = new OperatorMetrics(() -> operator.leads());
    operator = new OperatorInstance(client, settings, metrics);
    metricsEndpoint =
        new MetricsEndpoint(
            settings.metricsPort(),
            new MetricsCertificate(settings.metricsCertificate()),
            new MetricsAuthorizer(client, InstantSource.system()),
            () -> metrics.scrape(operator.status()));
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

  /**
   * Runs the operator until the process ends. Ends it with status 1 if it cannot listen on its
   * ports, or if it has no right to watch an object.
   */
  public void start() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "shutdown"));
    try {
      endpoint.start(() -> operator.runtimeInfo());
      metricsEndpoint.start();
    } catch (RuntimeException e) {
      end("The operator cannot start", e);
    }
    IdleCollector.start();
    run();
  }

  /** Replaces an instance that failed by another one, until the process is stopped. */
  private void run() {
    var pause = RETRY.first();
    while (!stopping) {
      try {
        operator.start();
        pause = RETRY.first();
        var failure = operator.failure().join();
        operator.stop();
        retry("A watch ended", failure, pause);
      } catch (RuntimeException e) {
        retry("The operator cannot start", e, pause);
        pause = RETRY.after(pause);
      }
    }
  }

  private void retry(String what, Throwable e, Duration pause) {
    if (stopping) {
      return;
    }
    if (missingRight(e).isPresent()) {
      end(what, e);
    }
    log.warn("{}, retrying in {} ms: {}", what, pause.toMillis(), sentence(e));
    log.debug(what, e);
    try {
      Thread.sleep(pause);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    operator = new OperatorInstance(client, settings, metrics);
  }

  private void stop() {
    log.info("Stopping");
    stopping = true;
    operator.stop();
    operator.release();
    log.info("Stopped");
    Runtime.getRuntime().halt(0);
  }

  private static Config config() {
    var config = Config.autoConfigure(null);
    // No environment variable may turn off the verification of the API server's certificate.
    config.setTrustCerts(false);
    config.setDisableHostnameVerification(false);
    // All watches share one HTTP/2 connection, which the renewal of the Lease tests every two
    // seconds. As WebSockets each would have its own TLS connection, which could fail unnoticed.
    config.setOnlyHttpWatches(true);
    // The client's own retries take minutes and are not logged; those of reconciles are.
    config.setRequestRetryBackoffLimit(CLIENT_RETRIES);
    return config;
  }

  /** Logs one sentence, because the pod's status shows the last log lines. */
  private static void end(String what, Throwable e) {
    missingRight(e)
        .ifPresentOrElse(
            right ->
                log.error(
                    "{}: the operator has no right to {} {}. Grant it with:\n{}",
                    what,
                    right.verb(),
                    right.resource(),
                    MissingRightText.commands(right)),
            () -> log.error("{}: {}", what, sentence(e)));
    log.debug(what, e);
    Runtime.getRuntime().halt(1);
  }

  private static Optional<MissingRight> missingRight(Throwable e) {
    return causes(e)
        .flatMap(c -> MissingRight.of(String.valueOf(c.getMessage())).stream())
        .findFirst();
  }

  /** Returns the message of the API server, else that of the innermost cause. */
  static String sentence(Throwable e) {
    var cause = causes(e).reduce((_, inner) -> inner).orElse(e);
    return causes(e)
        .filter(KubernetesClientException.class::isInstance)
        .map(KubernetesClientException.class::cast)
        .filter(refused -> refused.getStatus() != null)
        .map(ApiErrors::message)
        .findFirst()
        .orElseGet(
            () -> Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName()));
  }

  private static Stream<Throwable> causes(Throwable e) {
    return Stream.iterate(e, Objects::nonNull, Throwable::getCause);
  }
}
