package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
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
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Reading diagnostic data under the operator's own rights: real reviews of metrics-server's, real
 * refusals of the operator's, and nothing at all while nothing is wrong.
 */
@IntegrationTest
class DiagnosisIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** What is asked for only while something is wrong. */
  private static final Set<String> DIAGNOSTIC_DATA =
      Set.of(
          "subjectaccessreviews", "selfsubjectaccessreviews", "events", "configmaps", "namespaces");

  private static TestCluster cluster;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "diagnosis-it");
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    soon("the Deployment is there", () -> assertThat(cluster.deployment()).isNotNull());
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

  @BeforeEach
  void theApiServerIsSetUpForAggregation() {
    cluster.publishFrontProxy();
  }

  @AfterEach
  void nothingIsWrong() {
    pods().withGracePeriod(0).delete();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    soon("nothing is wrong", () -> assertThat(codes()).doesNotContain("EvidenceNotReadable"));
  }

  @Test
  void whatMetricsServerMayNotDoIsFound() throws Exception {
    cluster.applyConfig("{paused: true, kubelet: {tls: {mode: Insecure}}}");
    soon("it is paused", () -> assertThat(ready()).startsWith("paused"));
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

    soon(
        "the missing right is named",
        () -> {
          var first = findings().getFirst();
          assertThat(first.code()).isEqualTo("MetricsServerRightsMissing");
          assertThat(first.message())
              .contains("kube-system/metrics-server has no right to get nodes/metrics,");
          assertThat(first.remedy()).startsWith("set spec.paused: false");
        });

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    soon("it is gone", () -> assertThat(codes()).doesNotContain("MetricsServerRightsMissing"));
  }

  @Test
  void anApiServerThatIsNotSetUpForAggregationIsFound() {
    cluster
        .admin()
        .configMaps()
        .inNamespace("kube-system")
        .withName("extension-apiserver-authentication")
        .edit(map ->
            new ConfigMapBuilder(map).removeFromData("requestheader-client-ca-file").build());
    silentPod();

    soon(
        "it is named",
        () -> assertThat(findings().getFirst().code()).isEqualTo("AggregationDisabled"));
  }

  /** Logs want a right that the operator is not given by default; the rest is read all the same. */
  @Test
  void whatMayNotBeReadIsToldAndStopsNothing() throws Exception {
    silentPod();
    soon(
        "only the logs are told",
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
      soon(
          "the others are told",
          () -> {
            assertThat(findings().getFirst().code()).isEqualTo("KubeletsNotScraped");
            assertThat(findings())
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
  void nothingIsLookedUpWhileNothingIsWrong() throws Exception {
    var before = diagnosticReads().size();
    // Six times as long as it takes to look again, in the informers' memory.
    silentUntil(Instant.now().plusSeconds(20));

    assertThat(diagnosticReads()).hasSize(before);
  }

  private static void silentUntil(Instant time) {
    await()
        .pollInterval(Duration.ofSeconds(1))
        .atMost(SOON)
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

  private static List<FindingStatus> findings() {
    return cluster.config().getStatus().findings();
  }

  private static List<String> codes() {
    return findings().stream().map(FindingStatus::code).toList();
  }

  private static List<String> unreadable() {
    return findings().stream()
        .filter(f -> f.code().equals("EvidenceNotReadable"))
        .map(FindingStatus::remedy)
        .toList();
  }

  private static String ready() {
    return cluster.config().getStatus().condition(ConditionType.Ready).orElseThrow().getMessage();
  }

  private static void soon(String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(SOON)
        .ignoreExceptions()
        .untilAsserted(() -> {
          assertThat(operator.isAlive()).as(operator.log()).isTrue();
          try {
            assertion.run();
          } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + operator.log(), e);
          }
        });
  }
}
