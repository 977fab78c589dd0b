package dev.metricsserver.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.Shell;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerCondition;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What metrics are there for: the HorizontalPodAutoscaler of kube-controller-manager scales a
 * workload up when it works, and down when it does not.
 */
@EndToEndTest(cluster = 2)
class AutoscalingE2E {

  /**
   * The autoscaler looks every 15 seconds, and believes the CPU of a new pod once its first whole
   * sample is of a time after it became ready.
   */
  private static final Duration SCALED = Duration.ofMinutes(8);

  private static final String WORKLOAD =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: autoscaling}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: autoscaling}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
              - name: web
                image: local.cluster/load:1
                ports: [{containerPort: 8080}]
                resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {cpu: 150m, memory: 64Mi}}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: autoscaling}
      spec:
        selector: {app: web}
        ports: [{port: 80, targetPort: 8080}]
      ---
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: web, namespace: autoscaling}
      spec:
        scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
        minReplicas: 1
        maxReplicas: 3
        metrics:
          - type: Resource
            resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
        behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
      """;

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();

  @BeforeAll
  static void ready() {
    cluster.run(
        "deploy/local/load-image",
        Shell.run("deploy/local/binaries", "--load").lines().toList().getLast());
    cluster.apply("metricResolution: 10s");
    cluster.awaitReady();
    apply(WORKLOAD);
  }

  @AfterAll
  static void close() {
    cluster.admin().namespaces().withName("autoscaling").delete();
  }

  @Test
  void autoscaler_loadComesAndGoes_scalesWorkload() {
    cluster.eventually(
        SCALED,
        "the autoscaler has metrics",
        () -> assertThat(condition("ScalingActive").getStatus()).isEqualTo("True"));
    assertThat(replicas()).as("replicas without work").isEqualTo(1);

    apply(visitors(address()));
    cluster.eventually(SCALED, "it grew", () -> assertThat(replicas()).isEqualTo(3));

    cluster.admin().apps().deployments().inNamespace("autoscaling").withName("visitors").delete();
    cluster.eventually(SCALED, "it shrank", () -> assertThat(replicas()).isEqualTo(1));
    assertThat(condition("ScalingActive").getReason()).isEqualTo("ValidMetricFound");
  }

  private static String visitors(String address) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: visitors, namespace: autoscaling}
    spec:
      selector: {matchLabels: {app: visitors}}
      template:
        metadata: {labels: {app: visitors}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - {name: visitors, image: local.cluster/load:1, args: ["http://%s/"]}
    """
        .formatted(address);
  }

  private static void apply(String yaml) {
    cluster
        .admin()
        .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
        .serverSideApply();
  }

  /** By its address: the local cluster has no DNS. */
  private static String address() {
    return cluster
        .admin()
        .services()
        .inNamespace("autoscaling")
        .withName("web")
        .get()
        .getSpec()
        .getClusterIP();
  }

  private static int replicas() {
    return cluster
        .admin()
        .apps()
        .deployments()
        .inNamespace("autoscaling")
        .withName("web")
        .get()
        .getStatus()
        .getAvailableReplicas();
  }

  private static HorizontalPodAutoscalerCondition condition(String type) {
    return autoscaler().getStatus().getConditions().stream()
        .filter(c -> c.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private static HorizontalPodAutoscaler autoscaler() {
    return cluster
        .admin()
        .autoscaling()
        .v2()
        .horizontalPodAutoscalers()
        .inNamespace("autoscaling")
        .withName("web")
        .get();
  }
}
