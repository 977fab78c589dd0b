package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What Prometheus is told, by Prometheus Operator's own definitions, which come from its Go module:
 * before they are there, when they come, and when it is no longer wanted. The API server refuses
 * what the definitions do not allow.
 */
@IntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
public class MonitoringIT {

  private static final String VERSION = "v0.85.0";
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final String STRICT =
      "kubelet: {tls: {mode: Insecure}}, networkPolicy: {controlPlaneCIDRs: [10.0.0.0/28]}";
  private static final String PROMETHEUS =
      "labels: {release: prometheus}, prometheus: {namespace: monitoring, serviceAccount:"
          + " prometheus-k8s}";
  private static final String MONITORED = "{%s, monitoring: {%s}}".formatted(STRICT, PROMETHEUS);

  private static TestCluster cluster;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestCluster();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "monitoring-it");
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
  @Order(1)
  void withoutTheKindsPrometheusMayReadAndConnect() {
    cluster.applyConfig(MONITORED);

    soon("its ServiceAccount may read", () -> assertThat(reader()).isNotNull());
    assertThat(reader().getRoleRef().getName()).isEqualTo(InstallFiles.METRICS_READER);
    assertThat(reader().getSubjects())
        .singleElement()
        .satisfies(s -> assertThat(s.getName()).isEqualTo("prometheus-k8s"))
        .satisfies(s -> assertThat(s.getNamespace()).isEqualTo("monitoring"));
    soon("its namespace may connect", () -> assertThat(ingress()).contains("monitoring"));
  }

  @Test
  @Order(2)
  void theObjectsComeWithTheirKinds() throws Exception {
    cluster.apply(definition("servicemonitors"));
    cluster.apply(definition("prometheusrules"));

    soon("both are there", () -> assertThat(objects()).doesNotContainNull());
    assertThat(objects())
        .allSatisfy(o ->
            assertThat(o.getMetadata().getLabels())
                .containsEntry("release", "prometheus")
                .containsEntry("k8s-app", "metrics-server"))
        .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).hasSize(1));
  }

  @Test
  @Order(3)
  void theyAreKeptAsTheyAreAndOtherwiseLeftAlone() {
    var before = writes();
    cluster.applyConfig(
        "{%s, monitoring: {%s}, metricResolution: 20s}".formatted(STRICT, PROMETHEUS));
    soon(
        "the change is seen",
        () ->
            assertThat(cluster.deployment().getSpec().getTemplate().getSpec().getContainers())
                .first()
                .satisfies(c -> assertThat(c.getArgs()).contains("--metric-resolution=20s")));
    assertThat(writes()).as("writes of unchanged objects").isEqualTo(before);

    serviceMonitor().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"endpoints\":[]}}");
    rule().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"groups\":[]}}");
    soon("the one is repaired", () -> assertThat(spec(serviceMonitor())).contains("https"));
    soon("the other too", () -> assertThat(spec(rule())).contains("MetricsServerAPIDown"));
    serviceMonitor().delete();
    rule().delete();
    soon("they are back", () -> assertThat(objects()).doesNotContainNull());
  }

  @Test
  @Order(4)
  void whatIsNoLongerWantedGoes() {
    cluster.applyConfig(
        "{%s, monitoring: {serviceMonitor: Disabled, prometheusRule: Disabled}}".formatted(STRICT));

    soon("they are gone", () -> assertThat(objects()).containsOnlyNulls());
    soon("the right is gone", () -> assertThat(reader()).isNull());
    soon("no other client may connect", () -> assertThat(ingress()).doesNotContain("monitoring"));
  }

  /**
   * Also before the operator watches the kind: it has just started. It asks for none of a kind that
   * it has no object of.
   */
  @Test
  @Order(5)
  void serviceMonitor_existsAlreadyWithAnotherOwner_isReported() throws Exception {
    operator.close();
    cluster.apply(
        Files.writeString(
            cluster.directory().resolve("theirs.yaml"),
            """
            apiVersion: monitoring.coreos.com/v1
            kind: ServiceMonitor
            metadata: {name: metrics-server, namespace: kube-system}
            spec: {selector: {}, endpoints: [{port: theirs}]}
            """));
    cluster.applyConfig(
        "{%s, monitoring: {%s, prometheusRule: Disabled}}".formatted(STRICT, PROMETHEUS));
    var before = cluster.audit().end();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "monitoring-it-2");

    soon(
        "it is said",
        () ->
            assertThat(
                    cluster
                        .config()
                        .getStatus()
                        .condition(ConditionType.Ready)
                        .orElseThrow()
                        .getMessage())
                .contains("ServiceMonitor/kube-system/metrics-server"));
    assertThat(spec(serviceMonitor())).contains("theirs");
    assertThat(cluster.audit().requests(before).filter(AuditLog.Request::isOperators))
        .extracting(AuditLog.Request::resource)
        .contains("servicemonitors")
        .doesNotContain("prometheusrules");
    serviceMonitor().delete();
    cluster.applyConfig(MONITORED);
    soon("it goes on", () -> assertThat(objects()).doesNotContainNull());
  }

  @Test
  @Order(6)
  void aServiceMonitorThatNoPrometheusCouldUseIsAFinding() {
    cluster.applyConfig("{%s}".formatted(STRICT));

    soon("there are rules", () -> assertThat(rule().get()).isNotNull());
    soon(
        "it is said",
        () ->
            assertThat(cluster.config().getStatus().findings())
                .anyMatch(f -> f.code().equals("PrometheusShutOut")));
    assertThat(serviceMonitor().get()).isNull();
  }

  // -------------------------------------------------------------------------------------- helpers

  private static List<GenericKubernetesResource> objects() {
    return Stream.of(serviceMonitor(), rule()).map(Resource::get).toList();
  }

  private static Resource<GenericKubernetesResource> serviceMonitor() {
    return resource("ServiceMonitor");
  }

  private static Resource<GenericKubernetesResource> rule() {
    return resource("PrometheusRule");
  }

  /** Given in full: the client may have asked what kinds there are before these came. */
  private static Resource<GenericKubernetesResource> resource(String kind) {
    return cluster
        .admin()
        .genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup("monitoring.coreos.com")
                .withVersion("v1")
                .withKind(kind)
                .withPlural(kind.toLowerCase(Locale.ROOT) + "s")
                .withNamespaced(true)
                .build())
        .inNamespace("kube-system")
        .withName(Names.METRICS_SERVER);
  }

  private static String spec(Resource<GenericKubernetesResource> resource) {
    return resource.get().<Map<String, Object>>get("spec").toString();
  }

  private static ClusterRoleBinding reader() {
    return cluster.admin().rbac().clusterRoleBindings().withName(Names.METRICS_READER).get();
  }

  private static String ingress() {
    return cluster
        .admin()
        .network()
        .v1()
        .networkPolicies()
        .inNamespace("kube-system")
        .withName(Names.NETWORK_POLICY)
        .get()
        .getSpec()
        .getIngress()
        .toString();
  }

  private static long writes() {
    return cluster.audit().operatorWrites().stream()
        .filter(
            r -> r.resource().equals("servicemonitors") || r.resource().equals("prometheusrules"))
        .count();
  }

  public static Path definition(String plural) {
    return GoModules.file(
        "github.com/prometheus-operator/prometheus-operator",
        VERSION,
        "example/prometheus-operator-crd/monitoring.coreos.com_" + plural + ".yaml");
  }

  private static void soon(String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(SOON)
        .failFast(operator.isAlive() ? what : operator.log(), () -> !operator.isAlive())
        .untilAsserted(assertion);
  }
}
