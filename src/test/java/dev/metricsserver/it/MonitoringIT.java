package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The objects and rights for Prometheus, with the CustomResourceDefinitions of Prometheus
 * Operator's Go module, by which the API server validates them.
 */
@IntegrationTest
public class MonitoringIT {

  private static final String SERVICE_MONITORS = "servicemonitors";
  private static final String RULES = "prometheusrules";
  private static final String VERSION = "v0.85.0";
  private static final String STRICT =
      "kubelet: {tls: {mode: Insecure}}, networkPolicy: {controlPlaneCIDRs: [10.0.0.0/28]}";
  private static final String PROMETHEUS =
      "labels: {release: prometheus}, prometheus: {namespace: monitoring, serviceAccountName: "
          + " prometheus-k8s}";
  private static final String MONITORED = "{%s, monitoring: {%s}}".formatted(STRICT, PROMETHEUS);

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() {
    cluster.startOperator();
  }

  @BeforeEach
  void installMonitored() throws IOException {
    cluster.apply(definition(SERVICE_MONITORS));
    cluster.apply(definition(RULES));
    cluster.applyConfig(MONITORED);
    cluster.eventually("both objects exist", () -> assertThat(objects()).doesNotContainNull());
    cluster.eventually(
        "Prometheus' namespace may connect", () -> assertThat(ingress()).contains("monitoring"));
  }

  @Test
  void monitoring_kindsMissingAtFirst_createsObjectsWhenTheyAppear() throws Exception {
    cluster.killOperator();
    cluster.deleteDefinition(SERVICE_MONITORS + ".monitoring.coreos.com");
    cluster.deleteDefinition(RULES + ".monitoring.coreos.com");
    cluster.admin().resource(reader()).delete();
    cluster.admin().resource(networkPolicy()).delete();
    cluster.startOperator();

    cluster.eventually(
        "Prometheus' ServiceAccount may read metrics", () -> assertThat(reader()).isNotNull());
    assertThat(reader().getRoleRef().getName()).isEqualTo(InstallFiles.METRICS_READER);
    assertThat(reader().getSubjects())
        .singleElement()
        .satisfies(s -> assertThat(s.getName()).isEqualTo("prometheus-k8s"))
        .satisfies(s -> assertThat(s.getNamespace()).isEqualTo("monitoring"));
    cluster.eventually(
        "Prometheus' namespace may connect", () -> assertThat(ingress()).contains("monitoring"));

    cluster.apply(definition(SERVICE_MONITORS));
    cluster.apply(definition(RULES));

    cluster.eventually("both objects exist", () -> assertThat(objects()).doesNotContainNull());
    assertThat(objects())
        .allSatisfy(o ->
            assertThat(o.getMetadata().getLabels())
                .containsEntry("release", "prometheus")
                .containsEntry("k8s-app", "metrics-server"))
        .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).hasSize(1));
  }

  @Test
  void objects_otherFieldsChange_areNotWritten() throws Exception {
    // The operator may repeat a write whose event it has not received yet.
    cluster.awaitQuiet(Duration.ofSeconds(1));
    var before = writes();
    cluster.applyConfig(
        "{%s, monitoring: {%s}, metricResolution: 20s}".formatted(STRICT, PROMETHEUS));
    cluster.eventually(
        "the Deployment has the new resolution",
        () -> assertThat(cluster.container().getArgs()).contains("--metric-resolution=20s"));

    assertThat(writes()).as("writes of unchanged objects").isEqualTo(before);
  }

  @Test
  void objects_changedOrDeletedByUser_areRestored() throws Exception {
    serviceMonitor().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"endpoints\":[]}}");
    rule().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"groups\":[]}}");
    cluster.eventually(
        "the ServiceMonitor is repaired",
        () -> assertThat(spec(serviceMonitor())).contains("https"));
    cluster.eventually(
        "the PrometheusRule is repaired",
        () -> assertThat(spec(rule())).contains("MetricsServerAPIDown"));

    serviceMonitor().delete();
    rule().delete();
    cluster.eventually(
        "both objects are created again", () -> assertThat(objects()).doesNotContainNull());
  }

  @Test
  void monitoring_disabled_deletesObjectsAndGrants() {
    cluster.applyConfig(
        "{%s, monitoring: {serviceMonitor: Disabled, prometheusRule: Disabled}}".formatted(STRICT));

    cluster.eventually("the objects are deleted", () -> assertThat(objects()).containsOnlyNulls());
    cluster.eventually(
        "Prometheus may no longer read metrics", () -> assertThat(reader()).isNull());
    cluster.eventually(
        "no other client may connect", () -> assertThat(ingress()).doesNotContain("monitoring"));
  }

  /**
   * The operator has just started, so it does not watch the kind yet. It lists no kind of which it
   * has no object.
   */
  @Test
  void serviceMonitor_existsAlreadyWithAnotherOwner_isReported() throws Exception {
    cluster.killOperator();
    serviceMonitor().delete();
    cluster.apply(
        Files.writeString(
            cluster.directory().resolve("existing.yaml"),
            """
            apiVersion: monitoring.coreos.com/v1
            kind: ServiceMonitor
            metadata: {name: metrics-server, namespace: kube-system}
            spec: {selector: {}, endpoints: [{port: existing}]}
            """));
    rule().delete();
    cluster.applyConfig(
        "{%s, monitoring: {%s, prometheusRule: Disabled}}".formatted(STRICT, PROMETHEUS));
    var before = cluster.audit().end();
    cluster.startOperator();

    cluster.eventually(
        "the conflict is reported",
        () ->
            assertThat(cluster.condition("Ready").getMessage())
                .contains("ServiceMonitor/kube-system/metrics-server"));
    assertThat(spec(serviceMonitor())).contains("existing");
    assertThat(cluster.audit().requests(before).filter(AuditLog.Request::isOperators))
        .extracting(AuditLog.Request::resource)
        .contains("servicemonitors")
        .doesNotContain("prometheusrules");

    serviceMonitor().delete();
    cluster.applyConfig(MONITORED);
    cluster.eventually("both objects exist", () -> assertThat(objects()).doesNotContainNull());
  }

  @Test
  void serviceMonitor_noPrometheusMayRead_isReportedAndNotCreated() throws Exception {
    cluster.applyConfig("{%s}".formatted(STRICT));

    cluster.eventually(
        "the finding is reported",
        () -> assertThat(cluster.findings("PrometheusShutOut")).isNotEmpty());
    cluster.eventually(
        "only the ServiceMonitor is deleted",
        () -> {
          assertThat(serviceMonitor().get()).isNull();
          assertThat(rule().get()).isNotNull();
        });
  }

  // -------------------------------------------------------------------------------------- helpers

  private List<GenericKubernetesResource> objects() {
    return Stream.of(serviceMonitor(), rule()).map(Resource::get).toList();
  }

  private Resource<GenericKubernetesResource> serviceMonitor() {
    return resource("ServiceMonitor");
  }

  private Resource<GenericKubernetesResource> rule() {
    return resource("PrometheusRule");
  }

  /** Given in full: the client may have asked what kinds there are before these came. */
  private Resource<GenericKubernetesResource> resource(String kind) {
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

  private ClusterRoleBinding reader() {
    return cluster.admin().rbac().clusterRoleBindings().withName(Names.METRICS_READER).get();
  }

  private NetworkPolicy networkPolicy() {
    return cluster
        .admin()
        .network()
        .v1()
        .networkPolicies()
        .inNamespace("kube-system")
        .withName(Names.NETWORK_POLICY)
        .get();
  }

  private String ingress() {
    return networkPolicy().getSpec().getIngress().toString();
  }

  private long writes() {
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
}
