package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The operator's own metrics, and who gets them, by a real API server. */
@IntegrationTest
class MetricsIT {

  private static final Duration SOON = Duration.ofSeconds(30);

  private static TestCluster cluster;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "metrics-it");
    await("everything is written")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(operator.log()).contains("Verified all objects"));
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void whoMayReadThemDoes() throws Exception {
    var token = tokenOf("reader");
    assertThat(operator.metrics(token).statusCode()).as("before it may").isEqualTo(403);

    cluster
        .admin()
        .resource(
            new ClusterRoleBindingBuilder()
                .withMetadata(new ObjectMetaBuilder().withName("reader").build())
                .withNewRoleRef(
                    "rbac.authorization.k8s.io", "ClusterRole", InstallFiles.METRICS_READER)
                .addNewSubject("", "ServiceAccount", "reader", "default")
                .build())
        .create();
    await("it may read")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(operator.metrics(token).statusCode()).isEqualTo(200));

    var before = reviews();
    var metrics = operator.metrics(token).body();
    assertThat(reviews()).as("reviews, with the answer remembered").isEqualTo(before);
    assertThat(metrics.lines())
        .contains(
            "metrics_server_operator_leader 1.0",
            "metrics_server_operator_nodes_expected 0.0",
            "metrics_server_operator_nodes_reporting 0.0",
            "metrics_server_operator_condition{type=\"Ready\"} 0.0")
        .anyMatch(line -> line.startsWith("metrics_server_operator_findings{code="))
        .anyMatch(line ->
            line.matches(
                "metrics_server_operator_reconcile_duration_seconds_count\\{result=\"success\"}"
                    + " [1-9].*"));
    assertThat(operator.log()).doesNotContain(token);
  }

  @Test
  void metrics_tokenWithoutRight_isRejected() throws Exception {
    assertThat(operator.metrics("").statusCode()).isEqualTo(401);
    var answer = operator.metrics("not.a.token");
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).doesNotContain("metrics_server_operator_");
    assertThat(operator.log()).doesNotContain("not.a.token");
  }

  @Test
  void thePortOfHealthDoesNotHaveThem() throws IOException {
    var connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:%d/metrics".formatted(operator.port()))
                .toURL()
                .openConnection();
    assertThat(connection.getResponseCode()).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
  }

  private static String tokenOf(String account) {
    cluster
        .admin()
        .resource(
            new ServiceAccountBuilder()
                .withMetadata(
                    new ObjectMetaBuilder().withName(account).withNamespace("default").build())
                .build())
        .create();
    return cluster
        .admin()
        .serviceAccounts()
        .inNamespace("default")
        .withName(account)
        .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
        .getStatus()
        .getToken();
  }

  private static long reviews() {
    return cluster.audit().operatorRequests().stream()
        .filter(r -> r.resource().equals("tokenreviews"))
        .count();
  }
}
