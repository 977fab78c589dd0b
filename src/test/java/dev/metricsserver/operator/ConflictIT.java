package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;

/** A metrics API that somebody else registered, such as prometheus-adapter. */
class ConflictIT {

  @Test
  void whatSomebodyElseInstalledIsLeftAlone() throws Exception {
    try (var cluster = new TestCluster();
        var operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "operator-conflict")) {
      APIService theirs =
          new APIServiceBuilder()
              .withNewMetadata()
              .withName("v1beta1.metrics.k8s.io")
              .endMetadata()
              .withNewSpec()
              .withGroup("metrics.k8s.io")
              .withVersion("v1beta1")
              .withGroupPriorityMinimum(100)
              .withVersionPriority(100)
              .withInsecureSkipTLSVerify(true)
              .withNewService()
              .withNamespace("monitoring")
              .withName("prometheus-adapter")
              .endService()
              .endSpec()
              .build();
      var created = cluster.admin().resource(theirs).create();
      cluster.applyConfig("{}");
      soon(
          operator,
          "it says whose it is",
          () -> {
            assertThat(condition(cluster, "Stalled").getReason()).isEqualTo("Conflict");
            assertThat(condition(cluster, "Ready").getMessage())
                .contains("did not install", "APIService/v1beta1.metrics.k8s.io");
          });
      assertThat(cluster.admin().resource(theirs).get().getSpec()).isEqualTo(created.getSpec());
      assertThat(cluster.deployment()).isNull();
      assertThat(cluster.audit().operatorWrites())
          .as("writes beside the status and its Event")
          .allMatch(r ->
              r.resource().equals("metricsserverconfigs/status") || r.resource().equals("events"));

      cluster.admin().resource(theirs).delete();
      soon(operator, "it goes on", () -> assertThat(cluster.deployment()).isNotNull());
    }
  }

  private static Condition condition(TestCluster cluster, String type) {
    return Optional.ofNullable(cluster.config().getStatus())
        .flatMap(s -> s.condition(type))
        .orElseGet(Condition::new);
  }

  private static void soon(OperatorUnderTest operator, String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(operator.isAlive()).as(operator.log()).isTrue();
          assertion.run();
        });
  }
}
