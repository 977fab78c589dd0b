package dev.metricsserver.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Every call of the running operator, with every error: it neither ends nor needs a restart, and
 * when the errors stop, everything is repaired and Ready.
 */
@IntegrationTest
class OperatorErrorsIT {

  private static final Duration SOON = Duration.ofMinutes(5);
  private static final String CONFIG =
      "/apis/metricsserver.dev/v1beta1/metricsserverconfigs/cluster";

  /** As often as the client tries one write by itself, and once more. */
  private static final int TIMES = 5;

  @TempDir private static Path directory;
  private static MockCluster cluster;
  private static OperatorUnderTest operator;

  /** The calls that the operator makes each time that everything changes. */
  private static Set<String> calls;

  private static int round;

  @BeforeAll
  static void start(TestReporter reporter) throws IOException {
    cluster = MockCluster.healthy();
    operator = new OperatorUnderTest(kubeconfig(), "errors");
    awaitReady();
    calls = recorded();
    calls.retainAll(recorded());
    // Events are limited in number, and not every error is worth one.
    calls.remove("POST events");
    reporter.publishEntry("calls of the operator", calls.toString());
  }

  private static Set<String> recorded() {
    var seen = new ConcurrentSkipListSet<String>();
    cluster.fail(request -> {
      seen.add(call(request));
      return false;
    });
    changeEverything();
    awaitRepaired();
    awaitReady();
    return new TreeSet<>(seen);
  }

  @AfterAll
  static void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void calls_whenEverythingChanges_readAndWriteEachKind() {
    assertThat(calls)
        .hasSizeGreaterThan(25)
        .contains("PATCH deployments", "PATCH apiservices", "WATCH nodes", "PATCH leases");
  }

  @ParameterizedTest
  @EnumSource(
      names = {"NoAnswer", "ExpiredWatch", "CutWatch"},
      mode = Mode.EXCLUDE)
  void operator_everyCallFails_recoversWithoutRestart(Failure failure) {
    var left = new ConcurrentHashMap<String, Integer>();
    calls.forEach(call -> left.put(call, times(call, failure)));
    cluster.fail(request -> {
      var call = call(request);
      var fails = left.getOrDefault(call, 0) > 0;
      if (fails) {
        left.merge(call, -1, Integer::sum);
        failure.to(request);
      }
      return fails;
    });

    changeEverything();

    await(failure + " of every call")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(left)
                .as("calls that did not fail")
                .allSatisfy((call, times) -> assertThat(times).isLessThan(times(call, failure))));
    cluster.fail(_ -> false);
    awaitRepaired();
    awaitReady();
    assertThat(operator.isAlive()).as(operator.log()).isTrue();
  }

  /**
   * How often a call fails: writes that the client repeats by itself, more often than it does so. A
   * leader that cannot renew its Lease for ten seconds ends by design.
   */
  private static int times(String call, Failure failure) {
    var repeated = failure.code() == 0 || failure.code() == 429 || failure.code() >= 500;
    return repeated && call.startsWith("PATCH") && !call.endsWith("leases") ? TIMES : 1;
  }

  private static void changeEverything() {
    round++;
    cluster.endWatches();
    cluster.paths("k8s-app", "metrics-server").stream()
        .filter(path -> !path.contains("/pods/"))
        .forEach(path -> cluster.label(path, "k8s-app", "changed"));
    cluster.change(
        CONFIG,
        config ->
            config
                .withObjectProperty("spec")
                .withObjectProperty("logging")
                .put("verbosity", 1 + round % 2));
  }

  private static void awaitRepaired() {
    await("repair of everything")
        .atMost(SOON)
        .failFast(() -> assertThat(operator.isAlive()).as(operator.log()).isTrue())
        .untilAsserted(() -> assertThat(cluster.paths("k8s-app", "changed")).isEmpty());
  }

  private static void awaitReady() {
    await("Ready")
        .atMost(SOON)
        .failFast(() -> assertThat(operator.isAlive()).as(operator.log()).isTrue())
        .untilAsserted(() -> {
          var status = cluster.get(CONFIG).orElseThrow();
          assertThat(status.at("/status/observedGeneration"))
              .isEqualTo(status.at("/metadata/generation"));
          assertThat(conditions(status)).as(operator.log()).containsEntry("Ready", "True");
        });
  }

  private static Map<String, String> conditions(ObjectNode config) {
    return config
        .at("/status/conditions")
        .valueStream()
        .collect(Collectors.toMap(c -> c.path("type").asText(), c -> c.path("status").asText()));
  }

  /** The verb and the resource, for example {@code PATCH deployments}. */
  private static String call(HttpServerRequest request) {
    var parts = request.path().replaceFirst("/namespaces/[^/]+(?=/)", "").split("/", -1);
    var resource = parts[parts[1].equals("api") ? 3 : 4];
    var verb = request.getParam("watch") == null ? request.method().name() : "WATCH";
    var status = request.path().endsWith("/status") ? "/status" : "";
    return verb + " " + resource + status;
  }

  private static Path kubeconfig() throws IOException {
    return Files.writeString(
        directory.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: mock
        contexts: [{name: mock, context: {cluster: mock, user: operator}}]
        clusters: [{name: mock, cluster: {server: "https://localhost:%d", certificate-authority: %s}}]
        users: [{name: operator, user: {token: token}}]
        """
            .formatted(cluster.port(), MockCluster.certificate()));
  }
}
