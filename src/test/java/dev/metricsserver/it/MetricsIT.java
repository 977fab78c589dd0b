package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The operator's own metrics, with a real API server that authorizes their readers. */
@IntegrationTest
class MetricsIT {

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.startOperator();
    cluster.eventually(
        "the operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
  }

  @Test
  void metrics_rightGranted_areServed() throws Exception {
    var token = tokenOf("reader");
    assertThat(cluster.operator().metrics(token).statusCode())
        .as("before the right is granted")
        .isEqualTo(403);

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
    cluster.eventually(
        "the account may read metrics",
        () -> assertThat(cluster.operator().metrics(token).statusCode()).isEqualTo(200));

    var before = reviews();
    var metrics = cluster.operator().metrics(token).body();
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
    assertThat(cluster.operator().log()).doesNotContain(token);
  }

  @Test
  void metrics_tokenWithoutRight_isRejected() throws Exception {
    assertThat(cluster.operator().metrics("").statusCode()).isEqualTo(401);
    var answer = cluster.operator().metrics("not.a.token");
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).doesNotContain("metrics_server_operator_");
    assertThat(cluster.operator().log()).doesNotContain("not.a.token");
  }

  @Test
  void healthPort_metricsPath_isNotFound() throws IOException {
    var connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:%d/metrics".formatted(cluster.operator().port()))
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
