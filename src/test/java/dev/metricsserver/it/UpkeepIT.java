package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.HygieneData.Budget;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Right;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.HygieneReader;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.rendering.Access;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Hygiene checks, with the operator's own rights and real reviews of them. */
@IntegrationTest
class UpkeepIT {

  private static final MetricsServerPlan PLAN = Plans.plan("{}", SampleCluster.ofNodes(2));

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static KubernetesClient operator;

  @BeforeAll
  static void start() throws Exception {
    operator =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.operatorKubeconfig().toFile()))
            .build();
    cluster.admin().resource(Access.clusterRole()).serverSideApply();
    cluster.admin().resource(Access.clusterRoleBinding(PLAN)).serverSideApply();
    cluster.admin().resource(Access.authDelegator(PLAN)).serverSideApply();
    cluster.admin().resource(Access.authReader(PLAN)).serverSideApply();
  }

  @AfterAll
  static void closeClient() {
    if (operator != null) {
      operator.close();
    }
  }

  private static HygieneData read(Endpoint... endpoints) {
    return new HygieneReader(operator).read(PLAN, List.of(endpoints));
  }

  /** As the operator examines an external one. */
  private static HygieneData theirs() {
    return new HygieneReader(operator).read(Installation.of(PLAN, false).keptBy(Keeper.Other));
  }

  /** The operator's installation has exactly the rights that it needs. */
  @Test
  void hygiene_ownInstallation_hasNoFinding() {
    cluster.eventually("nothing is found", () -> assertThat(read()).isEqualTo(HygieneData.NONE));
    assertThat(theirs()).isEqualTo(HygieneData.NONE);
    assertThat(new HygieneReader(cluster.admin()).unused(Installation.of(PLAN, false))).isEmpty();
  }

  @Test
  void operator_mayApprove_isFound() throws Exception {
    cluster.apply(Path.of("deploy/csr-approval/rbac.yaml"));
    try {
      cluster.eventually("the right is found", () -> assertThat(read().approvalAllowed()).isTrue());
    } finally {
      cluster
          .admin()
          .rbac()
          .clusterRoleBindings()
          .withName("metrics-server-operator-csr-approval")
          .delete();
    }
  }

  @Test
  void metricsServer_unusedRights_areFound() {
    try (var _ = bound("metrics-server", "kube-system", "system:aggregate-to-view")) {
      cluster.eventually(
          "the unused rights are found",
          () ->
              assertThat(read().excessRights())
                  .extracting(Right::words)
                  .containsExactly("list namespaces", "list configmaps", "get pods/log"));
      assertThat(theirs().excessRights()).isEqualTo(read().excessRights());
    }
    try (var _ = bound("metrics-server", "kube-system", "cluster-admin")) {
      cluster.eventually(
          "cluster-admin is found",
          () ->
              assertThat(read().everythingAllowed())
                  .containsExactly(
                      new ObjectName("ServiceAccount", "kube-system", "metrics-server")));
    }
    try (var _ = bound("metrics-server-operator", "metrics-server-operator", "cluster-admin")) {
      cluster.eventually(
          "cluster-admin is found",
          () ->
              assertThat(read().everythingAllowed())
                  .containsExactly(
                      new ObjectName("ServiceAccount", "", "metrics-server-operator")));
    }
  }

  private static AutoCloseableBinding bound(String account, String namespace, String role) {
    var binding =
        new ClusterRoleBindingBuilder()
            .withNewMetadata()
            .withName("too-much")
            .endMetadata()
            .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", role)
            .addNewSubject(null, "ServiceAccount", account, namespace)
            .build();
    cluster.admin().resource(binding).create();
    return () -> cluster.admin().resource(binding).delete();
  }

  private interface AutoCloseableBinding extends AutoCloseable {
    @Override
    void close();
  }

  /** 127.0.0.1 is not among those whom the policy admits, and gets through. */
  @Test
  void networkPolicy_notEnforced_isReported() throws Exception {
    Endpoint endpoint;
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      endpoint = new Endpoint("127.0.0.1", server.getLocalPort());
      assertThat(read(endpoint).openTo()).contains("127.0.0.1");
    }
    assertThat(read(endpoint).openTo()).isEmpty();
  }

  /** The operator may read one by its name, whichever client made it; doctor all that exist. */
  @Test
  void podDisruptionBudget_allowsNoEviction_isFound() {
    var theirs = Installation.of(PLAN, false).keptBy(Keeper.Other);
    for (var name : List.of("metrics-server", "own")) {
      budget(name, 1, 1);
    }
    budget("wider", 1, 2);
    var strict =
        Stream.of("metrics-server", "own")
            .map(name -> new Budget("kube-system", name, 1, 1))
            .toList();
    try {
      assertThat(theirs().budgets()).containsExactly(strict.getFirst());
      assertThat(new HygieneReader(cluster.admin()).budgets(theirs, Optional.empty()))
          .isEqualTo(strict);
    } finally {
      cluster.admin().policy().v1().podDisruptionBudget().inNamespace("kube-system").delete();
    }
  }

  /** As the budgets' controller counts. */
  private static void budget(String name, int wanted, int pods) {
    cluster
        .admin()
        .resource(
            new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("kube-system")
                .endMetadata()
                .withNewSpec()
                .withMinAvailable(new IntOrString(wanted))
                .withNewSelector()
                .addToMatchLabels("k8s-app", "metrics-server")
                .endSelector()
                .endSpec()
                .build())
        .create();
    cluster
        .admin()
        .policy()
        .v1()
        .podDisruptionBudget()
        .inNamespace("kube-system")
        .withName(name)
        .editStatus(budget ->
            new PodDisruptionBudgetBuilder(budget)
                .withNewStatus()
                .withCurrentHealthy(pods)
                .withDesiredHealthy(wanted)
                .withDisruptionsAllowed(pods - wanted)
                .withExpectedPods(pods)
                .endStatus()
                .build());
  }

  @Test
  void secondMetricsServer_anyLabels_isFound() {
    for (var labels :
        List.of(
            Map.of("app.kubernetes.io/name", "metrics-server", "app.kubernetes.io/instance", "my"),
            Map.of("k8s-app", "metrics-server"))) {
      var pod =
          new PodBuilder()
              .withNewMetadata()
              .withName("my-metrics-server-6b7c8d-x2x4z")
              .withNamespace("default")
              .withLabels(labels)
              .addNewOwnerReference()
              .withApiVersion("apps/v1")
              .withKind("ReplicaSet")
              .withName("my-metrics-server-6b7c8d")
              .withUid("u")
              .endOwnerReference()
              .endMetadata()
              .withNewSpec()
              .withAutomountServiceAccountToken(false)
              .addNewContainer()
              .withName("c")
              .withImage("i")
              .endContainer()
              .endSpec()
              .build();
      cluster.admin().resource(pod).create();
      try {
        var other = new ObjectName("Deployment", "default", "my-metrics-server");
        assertThat(read().others()).containsExactly(other);
        assertThat(theirs().others()).containsExactly(other);
      } finally {
        cluster.admin().resource(pod).withGracePeriod(0).delete();
      }
    }
  }
}
