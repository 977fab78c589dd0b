package dev.metricsserver.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.Sample;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every call of the operator with every error, when it starts and when everything changes: it does
 * not end, reports errors in sentences, and repairs everything without a restart. The operator
 * waits between its attempts, so many of them, each with a cluster of its own, share the errors.
 * One error, chosen at random, is tried among the unit tests, and all among the integration tests.
 */
@IntegrationTest
class OperatorErrorsTest {

  private static final int OPERATORS = 2;
  private static final Sample SAMPLE = new Sample();
  private static final Duration SOON = Duration.ofMinutes(5);
  private static final String CONFIG =
      "/apis/%s/metricsserverconfigs/cluster"
          .formatted(HasMetadata.getApiVersion(MetricsServerConfig.class));

  /** As often as the client tries one request by itself, and once more. */
  private static final int TIMES = 5;

  /** In milliseconds; the client reads it. */
  private static final Map<String, String> IMPATIENT = Map.of("KUBERNETES_REQUEST_TIMEOUT", "4000");

  @TempDir private static Path directory;
  private static final Map<Failure, Future<?>> RUNS = new EnumMap<>(Failure.class);
  private static ExecutorService threads;

  @BeforeAll
  static void start(TestReporter reporter) {
    reporter.publishEntry("errors", SAMPLE.toString());
    threads = Executors.newFixedThreadPool(OPERATORS);
    for (var failure : failures()) {
      RUNS.put(failure, threads.submit(() -> recovers(failure)));
    }
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    threads.close();
  }

  private static List<Failure> failures() {
    return SAMPLE.of("error", Sample.amongUnitTests(1), List.of(Failure.values()));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void operator_everyCallFails_recoversWithoutRestart(Failure failure) throws Exception {
    RUNS.get(failure).get();
  }

  private static Void recovers(Failure failure) throws IOException {
    try (var subject = new Subject(failure)) {
      subject.startsDespiteErrors();
      subject.repairsDespiteErrors();
    }
    return null;
  }

  /** An operator, and its cluster in which every call fails at first. */
  private static final class Subject implements AutoCloseable {

    private static final List<String> AT_START =
        List.of(
            "GET metricsserverconfigs", "GET nodes", "WATCH nodes", "POST leases", "PATCH secrets");
    private static final List<String> LATER =
        List.of("PATCH deployments", "PATCH apiservices", "WATCH nodes", "WATCH deployments");

    private final Failure failure;
    private final MockCluster cluster = MockCluster.healthy();
    private final OperatorUnderTest operator;

    /** By call, how often it failed. */
    private final Map<String, Integer> failed = new ConcurrentHashMap<>();

    Subject(Failure failure) throws IOException {
      this.failure = failure;
      cluster.fail(this::fails);
      operator =
          new OperatorUnderTest(
              cluster.kubeconfig(directory.resolve(failure.name()), "token"),
              failure.name(),
              IMPATIENT);
    }

    @Override
    public void close() {
      operator.close();
      cluster.close();
    }

    private boolean fails(HttpServerRequest request) {
      var call = MockCluster.call(request);
      var fails = concerned(call) && failed.merge(call, 1, Integer::sum) <= times(call);
      if (fails) {
        failure.to(request);
      }
      return fails;
    }

    /**
     * Whether the failure can happen to a call. To the client, a watch without an answer is one
     * without events; the renewals of the Lease show whether its connection still works.
     */
    private boolean concerned(String call) {
      return failure.concerns(call) && !(failure == Failure.NoAnswer && call.startsWith("WATCH"));
    }

    /**
     * How often a call fails: one that the client repeats by itself, more often than it does so. A
     * leader that cannot renew its Lease for ten seconds ends by design.
     */
    private int times(String call) {
      var repeated = failure.code() == 0 || failure.code() == 429 || failure.code() >= 500;
      return repeated
              && failure != Failure.NoAnswer
              && !call.startsWith("WATCH")
              && !call.endsWith("leases")
          ? TIMES
          : 1;
    }

    void startsDespiteErrors() {
      awaitReady();
      hasFailed(AT_START);
    }

    void repairsDespiteErrors() {
      // A leader that misses its Lease for ten seconds ends by design, and a busy machine adds to
      // one failure.
      failed.keySet().removeIf(call -> !call.endsWith("leases"));
      cluster.endWatches();
      var objects =
          cluster.paths("k8s-app", "metrics-server").stream()
              .filter(path -> !path.contains("/pods/"))
              .toList();
      objects.forEach(path -> cluster.label(path, "k8s-app", "changed"));
      cluster.change(
          CONFIG,
          config ->
              config.withObjectProperty("spec").withObjectProperty("logging").put("verbosity", 2));
      await("repair of everything")
          .atMost(SOON)
          .failFast(this::checkAlive)
          .untilAsserted(() -> assertThat(cluster.paths("k8s-app", "changed")).isEmpty());
      awaitReady();
      assertThat(objects).hasSizeGreaterThan(10);
      hasFailed(LATER);
    }

    private void hasFailed(List<String> calls) {
      assertThat(failed.keySet()).containsAll(calls.stream().filter(this::concerned).toList());
    }

    private void awaitReady() {
      await("Ready")
          .atMost(SOON)
          .failFast(this::checkAlive)
          .untilAsserted(() -> {
            var status = cluster.get(CONFIG).orElseThrow();
            assertThat(status.at("/status/observedGeneration"))
                .isEqualTo(status.at("/metadata/generation"));
            assertThat(conditions(status)).as(operator.log()).containsEntry("Ready", "True");
          });
    }

    private void checkAlive() {
      assertThat(operator.isAlive()).as(operator.log()).isTrue();
      assertThat(operator.log()).doesNotContain("\tat ");
    }

    private static Map<String, String> conditions(ObjectNode config) {
      return config
          .at("/status/conditions")
          .valueStream()
          .collect(Collectors.toMap(c -> c.path("type").asText(), c -> c.path("status").asText()));
    }
  }
}
