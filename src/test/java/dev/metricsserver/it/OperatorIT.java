package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.Chart;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator as a process with a token of its own ServiceAccount, on a real API server. There are
 * no controllers: pods never run, and each test says what would make the API server's view of them.
 */
@IntegrationTest
class OperatorIT {

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  /** A managed object, and a change to it that a user could make. */
  private record Managed(
      Class<? extends HasMetadata> type, String namespace, String name, String change) {

    HasMetadata get() {
      var resources = cluster.admin().resources(type);
      return (namespace == null
              ? resources.withName(name)
              : resources.inNamespace(namespace).withName(name))
          .get();
    }

    @Override
    public String toString() {
      return type.getSimpleName() + " " + name;
    }
  }

  private static final List<Managed> MANAGED =
      List.of(
          new Managed(
              ServiceAccount.class,
              "kube-system",
              "metrics-server",
              "{\"automountServiceAccountToken\":true}"),
          new Managed(ClusterRole.class, null, "system:metrics-server", "{\"rules\":[]}"),
          new Managed(
              ClusterRole.class,
              null,
              "system:aggregated-metrics-reader",
              "{\"metadata\":{\"labels\":{\"rbac.authorization.k8s.io/aggregate-to-view\":null}}}"),
          new Managed(ClusterRoleBinding.class, null, "system:metrics-server", "{\"subjects\":[]}"),
          new Managed(
              ClusterRoleBinding.class,
              null,
              "metrics-server:system:auth-delegator",
              "{\"subjects\":[]}"),
          new Managed(
              RoleBinding.class, "kube-system", "metrics-server-auth-reader", "{\"subjects\":[]}"),
          new Managed(
              Service.class,
              "kube-system",
              "metrics-server",
              "{\"spec\":{\"selector\":{\"k8s-app\":\"other\"}}}"),
          new Managed(
              Secret.class,
              "kube-system",
              "metrics-server-serving-ca",
              "{\"metadata\":{\"labels\":{\"k8s-app\":\"other\"}}}"),
          new Managed(
              Secret.class,
              "kube-system",
              "metrics-server-serving-cert",
              "{\"metadata\":{\"labels\":{\"k8s-app\":\"other\"}}}"),
          new Managed(
              Deployment.class, "kube-system", "metrics-server", "{\"spec\":{\"replicas\":5}}"),
          new Managed(
              PodDisruptionBudget.class,
              "kube-system",
              "metrics-server",
              "{\"spec\":{\"maxUnavailable\":0}}"),
          new Managed(
              NetworkPolicy.class,
              "kube-system",
              "metrics-server-netpol",
              "{\"spec\":{\"ingress\":[]}}"),
          new Managed(
              APIService.class,
              null,
              "v1beta1.metrics.k8s.io",
              "{\"spec\":{\"versionPriority\":7}}"));

  @BeforeAll
  static void start() {
    cluster.startOperator();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(apiService()).as("the APIService, while no endpoint is ready").isNull();
    cluster.addReadyEndpoint();
    cluster.eventually(
        "all objects exist",
        () -> assertThat(MANAGED).allSatisfy(m -> assertThat(m.get()).isNotNull()));
  }

  @BeforeEach
  void alive() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    assertThat(cluster.operator().isAlive()).as(cluster.operator().log()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> object_deleted_isCreatedAgain() {
    return MANAGED.stream()
        .map(m ->
            DynamicTest.dynamicTest(
                m.toString(),
                () -> {
                  var before = m.get();
                  cluster.admin().resource(before).withGracePeriod(0).delete();
                  cluster.eventually(
                      "the object exists again",
                      () ->
                          assertThat(m.get())
                              .isNotNull()
                              .satisfies(o ->
                                  assertThat(o.getMetadata().getUid())
                                      .isNotEqualTo(before.getMetadata().getUid())));
                }));
  }

  @TestFactory
  Stream<DynamicTest> object_changed_isRepaired() {
    return MANAGED.stream()
        .map(m ->
            DynamicTest.dynamicTest(
                m.toString(),
                () -> {
                  var before = content(m.get());
                  var changed =
                      cluster
                          .admin()
                          .resource(m.get())
                          .patch(PatchContext.of(PatchType.JSON_MERGE), m.change());
                  assertThat(content(changed)).as("the change").isNotEqualTo(before);
                  cluster.eventually(
                      "it is repaired", () -> assertThat(content(m.get())).isEqualTo(before));
                }));
  }

  @TestFactory
  Stream<DynamicTest> object_ownerReferenceRemoved_isRestored() {
    return MANAGED.stream()
        .map(m ->
            DynamicTest.dynamicTest(
                m.toString(),
                () -> {
                  cluster
                      .admin()
                      .resource(m.get())
                      .patch(
                          PatchContext.of(PatchType.JSON_MERGE),
                          "{\"metadata\":{\"ownerReferences\":null,\"labels\":null}}");
                  cluster.eventually(
                      "the object has its owner and labels",
                      () ->
                          assertThat(m.get().getMetadata())
                              .satisfies(
                                  meta -> assertThat(meta.getOwnerReferences()).hasSize(1),
                                  meta ->
                                      assertThat(meta.getLabels())
                                          .containsEntry(
                                              "app.kubernetes.io/managed-by",
                                              "metrics-server-operator")));
                }));
  }

  /** For a second more the API server sends to watches what the older definition knows. */
  @Test
  void field_definitionUpgraded_isNotLost(@TempDir Path folder) throws IOException {
    Chart.olderBase(folder);
    cluster.apply(folder.resolve(Chart.DEFINITION));
    cluster.eventually(
        "the field is rejected",
        () -> assertThatThrownBy(() -> verbosity(3)).hasMessageContaining("not declared"));

    cluster.apply(Chart.DEFINITION);
    cluster.eventually(
        "the field is accepted",
        () -> assertThatCode(() -> verbosity(4)).doesNotThrowAnyException());
    cluster.eventually(
        "the Deployment has the argument",
        () -> assertThat(cluster.container().getArgs()).contains("--v=4"));
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
  }

  private static void verbosity(int verbosity) {
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}}, logging: {verbosity: %d}}".formatted(verbosity));
  }

  @Test
  void serviceAccount_deleted_podsAreReplaced() {
    var account =
        cluster.admin().serviceAccounts().inNamespace("kube-system").withName("metrics-server");
    account.delete();
    cluster.eventually(
        "the pod template names the new one",
        () -> {
          assertThat(account.get()).isNotNull();
          assertThat(cluster.deployment().getSpec().getTemplate().getMetadata().getAnnotations())
              .containsEntry(
                  "metricsserver.dev/service-account-uid", account.get().getMetadata().getUid());
        });
  }

  @Test
  void operator_restarted_writesNothing() throws Exception {
    cluster.awaitQuiet(Duration.ofSeconds(2));
    assertThat(cluster.stopOperator()).isZero();
    var before = cluster.audit().operatorWrites().size();
    cluster.startOperator();
    cluster.eventually(
        "the restarted operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
    cluster.awaitQuiet(Duration.ofSeconds(2));
    var writes = cluster.audit().operatorWrites();
    assertThat(writes.subList(before, writes.size()))
        // No server answers the metrics API here, so the operator makes the API server check it
        // from
        // time to time, and the status repeats the answer.
        .filteredOn(r -> !AuditLog.isLookAgain(r))
        .filteredOn(r -> !r.resource().equals("metricsserverconfigs/status"))
        .as("writes of an operator that found everything in place")
        .isEmpty();
  }

  @Test
  void operator_terminated_releasesLease() throws Exception {
    assertThat(cluster.stopOperator()).isZero();
    var lease =
        cluster
            .admin()
            .leases()
            .inNamespace("metrics-server-operator")
            .withName("metrics-server-operator")
            .get();
    assertThat(lease.getSpec().getHolderIdentity()).isNullOrEmpty();
    cluster.startOperator();
    cluster.eventually(
        "the restarted operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
  }

  @Test
  void spec_invalid_changesNothing() {
    cluster.awaitQuiet(Duration.ofSeconds(2));
    var before = MANAGED.stream().map(m -> m.get().getMetadata().getResourceVersion()).toList();
    cluster.applyConfig(
        "{version: 0.1.0, kubelet: {tls: {mode: Insecure}}, extraArgs:"
            + " [--kubelet-insecure-tls=true]}");
    cluster.eventually(
        "the rejection is reported",
        () ->
            assertThat(cluster.condition("Stalled"))
                .satisfies(
                    c -> assertThat(c.getStatus()).isEqualTo("True"),
                    c -> assertThat(c.getReason()).isEqualTo("InvalidSpec"),
                    c ->
                        assertThat(c.getMessage())
                            .contains(
                                "spec.version", "0.1.0 is not known", "set version to one of")));
    assertThat(cluster.condition("Ready").getStatus()).isEqualTo("False");
    assertThat(MANAGED.stream().map(m -> m.get().getMetadata().getResourceVersion()).toList())
        .as("resource versions")
        .isEqualTo(before);
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the operator continues",
        () -> assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("False"));
  }

  @Test
  void optionalObjects_disabledAndEnabled_areDeletedAndCreatedAgain() {
    var kept =
        MANAGED.stream()
            .filter(m -> m.type() != NetworkPolicy.class && m.type() != PodDisruptionBudget.class)
            .toList();
    var uids = kept.stream().map(m -> m.get().getMetadata().getUid()).toList();
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}}, replicas: 1, networkPolicy: {mode: Disabled}}");
    var optional =
        MANAGED.stream()
            .filter(m -> m.type() == NetworkPolicy.class || m.type() == PodDisruptionBudget.class)
            .toList();
    cluster.eventually(
        "they are deleted",
        () -> assertThat(optional).allSatisfy(m -> assertThat(m.get()).isNull()));
    cluster.awaitQuiet(Duration.ofSeconds(2));
    assertThat(kept.stream().map(m -> m.get().getMetadata().getUid()).toList())
        .as("the other objects")
        .isEqualTo(uids);
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "they exist again",
        () -> assertThat(optional).allSatisfy(m -> assertThat(m.get()).isNotNull()));
  }

  @Test
  void delete_objectOfAnotherOwnerWithTheSameName_isKept() {
    var policy =
        cluster
            .admin()
            .network()
            .v1()
            .networkPolicies()
            .inNamespace("kube-system")
            .withName("metrics-server-netpol");
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, networkPolicy: {mode: Disabled}}");
    cluster.eventually("the operator's policy is deleted", () -> assertThat(policy.get()).isNull());
    var theirs =
        cluster
            .admin()
            .resource(
                new NetworkPolicyBuilder()
                    .withNewMetadata()
                    .withName("metrics-server-netpol")
                    .withNamespace("kube-system")
                    .endMetadata()
                    .withNewSpec()
                    .withNewPodSelector()
                    .addToMatchLabels("app", "theirs")
                    .endPodSelector()
                    .endSpec()
                    .build())
            .create();
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}}, replicas: 1, networkPolicy: {mode: Disabled}}");
    cluster.eventually(
        "the Deployment has one replica",
        () -> assertThat(cluster.deployment().getSpec().getReplicas()).isOne());
    cluster.awaitQuiet(Duration.ofSeconds(2));
    assertThat(policy.get())
        .isNotNull()
        .extracting(p -> p.getMetadata().getUid())
        .isEqualTo(theirs.getMetadata().getUid());
    policy.delete();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the operator's policy exists again", () -> assertThat(policy.get()).isNotNull());
  }

  @Test
  void auditPolicy_enabledChangedAndDisabled_isFollowed() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, audit: {profile: Metadata}}");
    cluster.eventually(
        "the ConfigMap exists", () -> assertThat(auditPolicy()).contains("level: Metadata"));
    cluster.eventually(
        "the pod template has its digest", () -> assertThat(auditDigest()).isPresent());
    var digest = auditDigest();

    auditConfigMap()
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"policy.yaml\":\"\"}}");
    cluster.eventually(
        "it is repaired", () -> assertThat(auditPolicy()).contains("level: Metadata"));

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, audit: {profile: Request}}");
    cluster.eventually(
        "the ConfigMap has the other profile",
        () -> assertThat(auditPolicy()).contains("level: Request"));
    cluster.eventually(
        "the pod template has another digest",
        () -> assertThat(auditDigest()).isPresent().isNotEqualTo(digest));

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the ConfigMap is deleted", () -> assertThat(auditConfigMap().get()).isNull());
    cluster.eventually("the pod template has no digest", () -> assertThat(auditDigest()).isEmpty());
  }

  @Test
  void deletionPolicy_retain_removesOwnerReferences() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, deletionPolicy: Retain}");
    cluster.eventually(
        "the objects have no owner",
        () ->
            assertThat(MANAGED)
                .allSatisfy(m -> assertThat(m.get().getMetadata().getOwnerReferences()).isEmpty()));
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the objects have an owner again",
        () ->
            assertThat(MANAGED)
                .allSatisfy(
                    m -> assertThat(m.get().getMetadata().getOwnerReferences()).hasSize(1)));
  }

  @Test
  void paused_objectChanged_isNotRepaired() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, paused: true}");
    cluster.eventually(
        "the operator is paused",
        () -> assertThat(cluster.condition("Reconciling").getReason()).isEqualTo("Paused"));
    cluster
        .admin()
        .apps()
        .deployments()
        .inNamespace("kube-system")
        .withName("metrics-server")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":4}}");
    // The event of a Node makes the operator compare all objects; the status shows when it has.
    cluster.addNode("node-paused", "192.168.7.50");
    cluster.eventually(
        "the operator has counted the new Node",
        () -> assertThat(cluster.config().getStatus().nodes().total()).isEqualTo(3));
    assertThat(cluster.deployment().getSpec().getReplicas()).isEqualTo(4);
    cluster.admin().nodes().withName("node-paused").delete();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually(
        "the operator repairs the change",
        () -> assertThat(cluster.deployment().getSpec().getReplicas()).isEqualTo(2));
  }

  @Test
  void networkPolicy_nodeAddedAndDeleted_isFollowed() {
    cluster.addNode("node-3", "192.168.8.3");
    cluster.eventually(
        "the new node may be reached", () -> assertThat(egress()).contains("192.168.8.3/32"));
    cluster.admin().nodes().withName("node-3").delete();
    cluster.eventually(
        "the deleted node may not be reached",
        () -> assertThat(egress()).doesNotContain("192.168.8.3/32"));
  }

  @Test
  void pods_restrictedNamespace_areAdmitted() {
    cluster
        .admin()
        .resource(
            new io.fabric8.kubernetes.api.model.NamespaceBuilder()
                .withMetadata(
                    new ObjectMetaBuilder()
                        .withName("restricted")
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .build())
                .build())
        .serverSideApply();
    var template = cluster.deployment().getSpec().getTemplate();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("metrics-server")
            .withNamespace("restricted")
            .endMetadata()
            .withSpec(template.getSpec())
            .editSpec()
            .withPriorityClassName(null)
            .endSpec()
            .build();
    assertThat(cluster.admin().resource(pod).dryRun(true).create()).isNotNull();
  }

  @Test
  void operator_ownRights_sendsNoForbiddenRequest() {
    cluster.awaitQuiet(Duration.ofSeconds(2));
    assertThat(cluster.audit().operatorRequests())
        .filteredOn(r -> r.code() == 403)
        .as("refused requests of the operator")
        .isEmpty();
  }

  private static List<String> egress() {
    return cluster
        .admin()
        .network()
        .v1()
        .networkPolicies()
        .inNamespace("kube-system")
        .withName("metrics-server-netpol")
        .get()
        .getSpec()
        .getEgress()
        .stream()
        .flatMap(rule -> rule.getTo().stream())
        .map(peer -> peer.getIpBlock().getCidr())
        .toList();
  }

  private static APIService apiService() {
    return cluster.admin().apiServices().withName("v1beta1.metrics.k8s.io").get();
  }

  /** An object without what the API server writes. */
  private static String content(HasMetadata object) {
    var serialization = cluster.admin().getKubernetesSerialization();
    var copy = serialization.clone(object);
    copy.getMetadata().setManagedFields(null);
    copy.getMetadata().setResourceVersion(null);
    copy.getMetadata().setGeneration(null);
    var json = serialization.convertValue(copy, java.util.TreeMap.class);
    json.remove("status");
    return serialization.asYaml(json);
  }

  private static Resource<ConfigMap> auditConfigMap() {
    return cluster.admin().configMaps().inNamespace("kube-system").withName("metrics-server-audit");
  }

  private static String auditPolicy() {
    return Optional.ofNullable(auditConfigMap().get())
        .map(map -> map.getData().get("policy.yaml"))
        .orElse("");
  }

  private static Optional<String> auditDigest() {
    return Optional.ofNullable(
        cluster
            .deployment()
            .getSpec()
            .getTemplate()
            .getMetadata()
            .getAnnotations()
            .get("metricsserver.dev/audit-policy"));
  }
}
