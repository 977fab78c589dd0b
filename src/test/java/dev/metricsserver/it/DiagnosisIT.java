package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.ClusterFixture;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Reading of diagnostic data with the operator's own rights, and reviews of metrics-server's rights
 * by a real API server. While nothing is wrong, the operator reads none.
 */
@IntegrationTest
class DiagnosisIT {

  /** The resources that the operator reads only while something is wrong. */
  private static final Set<String> DIAGNOSTIC_DATA =
      Set.of(
          "subjectaccessreviews", "selfsubjectaccessreviews", "events", "configmaps", "namespaces");

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() throws Exception {
    cluster.startOperator();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
  }

  @BeforeEach
  void theApiServerIsSetUpForAggregation() {
    cluster.publishFrontProxy();
  }

  @AfterEach
  void nothingIsWrong() {
    pods().withGracePeriod(0).delete();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "nothing is wrong", () -> assertThat(codes()).doesNotContain("EvidenceNotReadable"));
  }

  @Test
  void metricsServer_rightMissing_isNamed() throws Exception {
    cluster.applyConfig("{paused: true, kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the operator is paused",
        () -> assertThat(cluster.condition("Ready").getMessage()).startsWith("paused"));
    cluster
        .admin()
        .rbac()
        .clusterRoles()
        .withName("system:metrics-server")
        .edit(role ->
            new ClusterRoleBuilder(role)
                .removeMatchingFromRules(r -> r.getResources().contains("nodes/metrics"))
                .build());
    silentPod();

    cluster.eventually(
        "the missing right is named",
        () -> {
          var first = cluster.findings().getFirst();
          assertThat(first.code()).isEqualTo("MetricsServerRightsMissing");
          assertThat(first.message())
              .contains("kube-system/metrics-server has no right to get nodes/metrics,");
          assertThat(first.remedy()).startsWith("set spec.paused: false");
        });

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the finding is cleared",
        () -> assertThat(codes()).doesNotContain("MetricsServerRightsMissing"));
  }

  @Test
  void apiServer_aggregationDisabled_isNamed() {
    cluster
        .admin()
        .configMaps()
        .inNamespace("kube-system")
        .withName("extension-apiserver-authentication")
        .edit(map ->
            new ConfigMapBuilder(map).removeFromData("requestheader-client-ca-file").build());
    silentPod();

    cluster.eventually(
        "the cause is reported",
        () -> assertThat(cluster.findings().getFirst().code()).isEqualTo("AggregationDisabled"));
  }

  /** Logs need a right that the operator does not have by default. */
  @Test
  void evidence_notReadable_isReportedAndOtherEvidenceRead() throws Exception {
    silentPod();
    cluster.eventually(
        "only the logs are reported as not readable",
        () ->
            assertThat(unreadable())
                .containsExactly(
                    "run kubectl apply -k deploy/diagnosis (with Helm: set"
                        + " diagnosis.enabled=true)"));
    assertThat(cluster.audit().operatorRequests())
        .as("it asks for what it may do, not for what it may not")
        .noneMatch(r -> r.code() == 403);

    var roles =
        cluster
            .admin()
            .rbac()
            .roles()
            .inNamespace("kube-system")
            .withName("metrics-server-operator");
    var before = roles.get();
    cluster.rightsAreTaken();
    roles.edit(role ->
        new RoleBuilder(role)
            .removeMatchingFromRules(r ->
                r.getResources().contains("events") || r.getResources().contains("networkpolicies"))
            .build());
    try {
      cluster.eventually(
          "all kinds that are not readable are reported",
          () -> {
            assertThat(cluster.findings().getFirst().code()).isEqualTo("KubeletsNotScraped");
            assertThat(cluster.findings())
                .filteredOn(f -> f.code().equals("EvidenceNotReadable"))
                .extracting(FindingStatus::message)
                .anyMatch(m ->
                    m.startsWith("events in namespace kube-system could not be read")
                        && m.contains("forbidden"))
                .anyMatch(m -> m.startsWith("networkpolicies in namespace kube-system"))
                .anyMatch(m -> m.startsWith("logs of pods"));
          });
    } finally {
      before.getMetadata().setResourceVersion(null);
      before.getMetadata().setManagedFields(null);
      cluster.admin().resource(before).forceConflicts().serverSideApply();
    }
  }

  @Test
  void evidence_nothingWrong_isNotRead() throws Exception {
    cluster.awaitQuiet(Duration.ofSeconds(2));
    var before = diagnosticReads().size();
    // Six times as long as it takes to look again, in the informers' memory.
    silentUntil(Instant.now().plusSeconds(20));

    assertThat(diagnosticReads()).hasSize(before);
  }

  private static void silentUntil(Instant time) {
    await()
        .pollInterval(Duration.ofSeconds(1))
        .atMost(ClusterFixture.LIMIT)
        .until(() -> Instant.now().isAfter(time));
  }

  private static List<AuditLog.Request> diagnosticReads() {
    return cluster.audit().operatorRequests().stream()
        .filter(r -> DIAGNOSTIC_DATA.contains(r.resource()) && !r.verb().equals("get"))
        .toList();
  }

  /** A pod that has run for an hour and is not ready, as a kubelet would write it. */
  private static void silentPod() {
    var template = cluster.deployment().getSpec().getTemplate();
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("metrics-server-5f7d")
            .withNamespace("kube-system")
            .withLabels(template.getMetadata().getLabels())
            .endMetadata()
            .withSpec(template.getSpec())
            .editSpec()
            .withPriorityClassName(null)
            .withNodeName("node-1")
            .endSpec()
            .build();
    cluster.admin().resource(pod).create();
    pods().withName("metrics-server-5f7d").editStatus(DiagnosisIT::running);
  }

  private static Pod running(Pod pod) {
    var since = Instant.now().minusSeconds(3_600).toString();
    return new PodBuilder(pod)
        .withNewStatus()
        .withPhase("Running")
        .addNewCondition()
        .withType("Ready")
        .withStatus("False")
        .endCondition()
        .addNewContainerStatus()
        .withName("metrics-server")
        .withImage("x")
        .withImageID("x")
        .withReady(false)
        .withRestartCount(0)
        .withNewState()
        .withNewRunning(since)
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static io.fabric8.kubernetes.client.dsl.NonNamespaceOperation<
          Pod,
          io.fabric8.kubernetes.api.model.PodList,
          io.fabric8.kubernetes.client.dsl.PodResource>
      pods() {
    return cluster.admin().pods().inNamespace("kube-system");
  }

  private static List<String> codes() {
    return cluster.findings().stream().map(FindingStatus::code).toList();
  }

  private static List<String> unreadable() {
    return cluster.findings().stream()
        .filter(f -> f.code().equals("EvidenceNotReadable"))
        .map(FindingStatus::remedy)
        .toList();
  }
}
