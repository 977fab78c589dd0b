package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Consumers.Autoscaler;
import dev.metricsserver.reading.ConsumerReader;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The consumers of metrics, read from a real API server. */
@IntegrationTest
class ConsumersIT {

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static ConsumerReader reader;

  @BeforeAll
  static void start() {
    reader = new ConsumerReader(cluster.admin());
  }

  @Test
  void autoscaler_workloadWithoutRequests_isFound() throws IOException {
    cluster.apply(
        Files.writeString(
            cluster.directory().resolve("autoscaler.yaml"),
            """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web, namespace: default}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
              maxReplicas: 3
              metrics:
                - type: Resource
                  resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
            """));
    assertThat(reader.withoutRequests()).isEmpty();

    condition(
        "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count");
    assertThat(reader.withoutRequests()).isEmpty();

    condition(
        "False",
        "FailedGetResourceMetric",
        "the HPA was unable to compute the replica count: failed to get cpu utilization: missing"
            + " request for cpu in container web of Pod shop-5f7d-x2x4z");
    assertThat(reader.withoutRequests())
        .containsExactly(new Autoscaler("default", "web", "deployment/shop", "cpu"));
  }

  /** Does the work of the autoscalers' controller. */
  private static void condition(String status, String reason, String message) {
    cluster
        .admin()
        .autoscaling()
        .v2()
        .horizontalPodAutoscalers()
        .inNamespace("default")
        .withName("web")
        .editStatus(autoscaler ->
            new HorizontalPodAutoscalerBuilder(autoscaler)
                .withNewStatus()
                .withDesiredReplicas(1)
                .addNewCondition("2026-11-25T14:00:00Z", message, reason, status, "ScalingActive")
                .endStatus()
                .build());
  }

  /** No controller here fills the role from those that are labelled for it. */
  @Test
  void viewRole_withoutMetrics_isFound() {
    assertThat(reader.viewersLackMetrics()).isFalse();
    give("", "pods");
    assertThat(reader.viewersLackMetrics()).isTrue();
    give("metrics.k8s.io", "pods");
    assertThat(reader.viewersLackMetrics()).isFalse();
  }

  private static void give(String group, String resource) {
    cluster
        .admin()
        .rbac()
        .clusterRoles()
        .withName("view")
        .edit(role ->
            new ClusterRoleBuilder(role)
                .withAggregationRule(null)
                .addNewRule()
                .withApiGroups(group)
                .withResources(resource)
                .withVerbs("get", "list", "watch")
                .endRule()
                .build());
  }
}
