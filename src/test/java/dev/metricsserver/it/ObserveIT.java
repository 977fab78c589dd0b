package dev.metricsserver.it;

import static dev.metricsserver.approval.Draft.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.approval.Draft;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Kubelets;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An external metrics-server with other names, which the operator only observes, with its own
 * rights.
 */
@IntegrationTest
class ObserveIT {

  private static final String EXTERNAL =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: monitoring}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: cloud-metrics, namespace: monitoring}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: cloud-metrics-0, namespace: monitoring, labels: {app: cloud-metrics}}
      spec:
        serviceAccountName: cloud-metrics
        automountServiceAccountToken: false
        nodeName: node-1
        containers:
          - name: metrics-server
            image: registry.k8s.io/metrics-server/metrics-server:v0.8.1
            args: [--secure-port=4443, --kubelet-insecure-tls, --metric-resolution=30s]
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata:
        name: cloud-metrics-1
        namespace: monitoring
        labels: {kubernetes.io/service-name: cloud-metrics}
      addressType: IPv4
      endpoints:
        - addresses: [10.244.0.9]
          conditions: {ready: true}
          targetRef: {kind: Pod, namespace: monitoring, name: cloud-metrics-0}
      ports: [{name: https, port: 4443}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: cloud-metrics, namespace: monitoring}
      spec:
        selector: {app: cloud-metrics}
        ports: [{port: 443, targetPort: 4443}]
      ---
      apiVersion: apiregistration.k8s.io/v1
      kind: APIService
      metadata: {name: v1beta1.metrics.k8s.io}
      spec:
        group: metrics.k8s.io
        version: v1beta1
        groupPriorityMinimum: 100
        versionPriority: 100
        caBundle: CA_BUNDLE
        service: {name: cloud-metrics, namespace: monitoring}
      """;

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static Kubelets kubelets;

  @BeforeAll
  static void start() throws IOException {
    kubelets = new Kubelets(cluster.admin());
    cluster.apply(Path.of("deploy/csr-approval/rbac.yaml"));
    cluster.apply(Files.writeString(cluster.directory().resolve("external.yaml"), external()));
    cluster.startOperator();
    cluster.applyConfig(
        "{conflictPolicy: Observe, kubelet: {servingCertificateApproval: {policy: Enabled}}}");
    cluster.eventually(
        "the installation is observed",
        () -> assertThat(cluster.status().findings()).anyMatch(f -> f.code().equals("Observing")));
  }

  /** Its certificate is valid for 90 days and 80 days old. */
  private static String external() {
    var issued = Instant.now().minus(Duration.ofDays(80));
    var leaf =
        Issuer.leaf(Issuer.authority(issued), List.of("cloud-metrics.monitoring.svc"), issued);
    return EXTERNAL.replace("CA_BUNDLE", ServingSecret.encoded(Certificates.pem(leaf.chain())));
  }

  @Test
  void observedInstallation_otherNames_isFoundByAPIService() {
    cluster.eventually(
        "the status describes the installation",
        () ->
            assertThat(cluster.status())
                .satisfies(
                    s -> assertThat(s.version()).isEqualTo("0.8.1"),
                    s -> assertThat(s.kubeletTLS().mode()).isEqualTo("Insecure"),
                    s -> assertThat(s.servingTLS().mode()).isEqualTo("Verify"),
                    s ->
                        assertThat(s.certificates())
                            .extracting(CertificateStatus::name)
                            .contains("v1beta1.metrics.k8s.io"),
                    s ->
                        assertThat(s.findings())
                            .extracting(f -> String.valueOf(f.objectRef()))
                            .contains("APIService/v1beta1.metrics.k8s.io"),
                    s ->
                        assertThat(s.findings())
                            .filteredOn(f -> f.code().equals("VersionOutOfRange"))
                            .singleElement()
                            .satisfies(f ->
                                assertThat(f.remedy())
                                    .startsWith(
                                        "kubectl -n monitoring set image deployment/cloud-metrics-0"
                                            + " metrics-server=IMAGE (registry.k8s.io/")),
                    s ->
                        assertThat(
                                s.condition(ConditionType.APIServiceAvailable)
                                    .orElseThrow()
                                    .getStatus())
                            .isEqualTo("False")));
  }

  @Test
  void observedInstallation_validCertificateRequest_isApprovedAndNothingElseWritten()
      throws Exception {
    kubelets.ask("wrong", "node-2", new Draft().node("node-2").names(ip("192.168.7.99")));
    kubelets.ask("right", "node-1", new Draft().node("node-1").names(ip("192.168.7.1")));
    cluster.eventually(
        "the request is approved", () -> assertThat(kubelets.isApproved("right")).isTrue());

    assertThat(kubelets.isApproved("wrong")).isFalse();
    assertThat(cluster.audit().operatorWrites())
        .isNotEmpty()
        .allSatisfy(r ->
            assertThat(r.resource())
                .isIn(
                    "metricsserverconfigs/status",
                    "events",
                    "certificatesigningrequests/approval"));
    assertThat(cluster.audit().objectsWritten(0).filter(r -> r.resource().contains("approval")))
        .extracting(AuditLog.Request::name)
        .containsExactly("right");
    assertThat(cluster.deployment()).isNull();
  }

  /** The alerts need these metrics for every installation of metrics-server. */
  @Test
  void observedInstallation_metricsOfAlerts_areExported() throws Exception {
    var token = reader();
    cluster.eventually(
        "the metrics are exported",
        () ->
            assertThat(cluster.operator().metrics(token).body().lines())
                .contains(
                    "metrics_server_operator_condition{type=\"MetricsAvailable\"} 0.0",
                    "metrics_server_operator_nodes_reporting 0.0")
                .anyMatch(line ->
                    line.startsWith(
                        "metrics_server_operator_certificate_expiry_timestamp_seconds{name=\"v1beta1.metrics.k8s.io\"}"))
                .anyMatch(line ->
                    line.matches(
                        "metrics_server_operator_findings\\{code=\"Observing\".*} [1-9].*")));
  }

  private static String reader() {
    var account =
        new ServiceAccountBuilder()
            .withNewMetadata()
            .withName("prometheus")
            .withNamespace("monitoring")
            .endMetadata()
            .build();
    cluster.admin().resource(account).create();
    cluster
        .admin()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("prometheus")
                .endMetadata()
                .withNewRoleRef(
                    "rbac.authorization.k8s.io", "ClusterRole", InstallFiles.METRICS_READER)
                .addNewSubject("", "ServiceAccount", "prometheus", "monitoring")
                .build())
        .create();
    return cluster
        .admin()
        .serviceAccounts()
        .inNamespace("monitoring")
        .withName("prometheus")
        .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
        .getStatus()
        .getToken();
  }
}
