package dev.metricsserver.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.Skip;
import inet.ipaddr.IPAddressString;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The main job on a real cluster: real kubelets, the real metrics-server, and the operator as a pod
 * from its own image under its own RBAC. {@code deploy/local/up} has started the cluster before.
 */
@EndToEndTest(cluster = 1)
class ClusterE2E {

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    client = cluster.admin();
  }

  @BeforeEach
  void ready() {
    scaleOperator(1);
    cluster.apply("");
    cluster.awaitReady();
  }

  @Test
  void kubectlTop_installed_listsEveryNodeAndPod() {
    var nodes =
        client.nodes().list().getItems().stream().map(n -> n.getMetadata().getName()).toList();
    assertThat(cluster.kubectl("top", "nodes", "--no-headers").lines())
        .hasSameSizeAs(nodes)
        .allMatch(line -> nodes.contains(line.substring(0, line.indexOf(' '))), "is about a node");
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "the operator's own pod has metrics",
        () ->
            assertThat(cluster.kubectl("top", "pods", "--all-namespaces"))
                .contains("metrics-server-operator-"));
    assertThat(cluster.kubectl("get", "msc", "--no-headers"))
        .containsPattern("cluster +True +[0-9.]+ +%d/%1$d +Insecure".formatted(nodes.size()));
  }

  @Test
  void edit_rollout_noRequestFails(TestReporter reporter) {
    try (var load = new MetricsLoad(client, reporter)) {
      var before = cluster.deployment().getMetadata().getGeneration();
      cluster.apply("logging: {verbosity: 1}");
      cluster.eventually(
          LocalCluster.A_ROLLOUT,
          "the new pods run",
          () -> {
            assertThat(cluster.deployment().getMetadata().getGeneration()).isGreaterThan(before);
            assertThat(cluster.args()).contains("--v=1");
            assertThat(cluster.condition("Ready").getObservedGeneration())
                .isEqualTo(cluster.config().getMetadata().getGeneration());
            assertThat(cluster.condition("Ready").getStatus()).isEqualTo("True");
          });
      assertThat(load.requests()).as("requests during the rollout").isGreaterThan(50);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  @Test
  void drain_oneNode_noRequestFails(TestReporter reporter) {
    var pod =
        client
            .pods()
            .inNamespace(LocalCluster.NAMESPACE)
            .withLabel("k8s-app", "metrics-server")
            .list()
            .getItems()
            .getFirst();
    var node = pod.getSpec().getNodeName();
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.kubectl(
          "drain",
          node,
          "--ignore-daemonsets",
          "--delete-emptydir-data",
          "--pod-selector=k8s-app=metrics-server",
          "--timeout=90s");
      cluster.eventually(
          LocalCluster.A_ROLLOUT,
          "the pod is gone",
          () -> assertThat(client.resource(pod).get()).isNull());
      assertThat(load.failures()).as("requests that failed").isEmpty();
    } finally {
      cluster.kubectl("uncordon", node);
    }
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "both pods are ready again",
        () -> assertThat(cluster.deployment().getStatus().getAvailableReplicas()).isEqualTo(2));
  }

  @Test
  void node_joinsAndLeaves_metricsFollow() {
    Skip.unless(
        client.nodes().withName("node1").get() != null,
        "kind cannot add a node to a running cluster");
    cluster.run("deploy/local/node", "add", "3");
    try {
      cluster.eventually(
          LocalCluster.A_ROLLOUT,
          "three nodes report",
          () -> assertThat(cluster.status().nodes().coverage()).isEqualTo("3/3"));
      var address = new IPAddressString(addressOf("node3"));
      assertThat(policyCIDRs())
          .as("CIDRs the policy lets out to, for " + address)
          .anyMatch(cidr -> new IPAddressString(cidr).contains(address));
    } finally {
      cluster.run("deploy/local/node", "remove", "3");
    }
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "two nodes report",
        () -> assertThat(cluster.status().nodes().coverage()).isEqualTo("2/2"));
    assertThat(cluster.condition("Ready").getStatus()).isEqualTo("True");
  }

  @Test
  void operator_killedDuringInstall_finishesAfterStart() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
    cluster.apply("");
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "the first objects are there",
        () ->
            assertThat(cluster.objects().filter(o -> client.resource(o).get() != null))
                .isNotEmpty());
    operatorPods()
        .forEach(name ->
            client
                .pods()
                .inNamespace("metrics-server-operator")
                .withName(name)
                .withGracePeriod(0)
                .delete());
    cluster.awaitReady();
    assertThat(cluster.objects().filter(o -> client.resource(o).get() == null))
        .as("missing")
        .isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = DeletionPropagation.class,
      names = {"BACKGROUND", "FOREGROUND"})
  void deletion_anyPropagation_leavesNothing(DeletionPropagation propagation) {
    cluster.delete(propagation);
    cluster.awaitGone();
  }

  @Test
  void deletion_withoutOperator_leavesNothing() {
    scaleOperator(0);
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
  }

  @ParameterizedTest
  @EnumSource(
      value = DeletionPropagation.class,
      names = {"BACKGROUND", "FOREGROUND"})
  void deletion_retain_objectsContinueToWork(DeletionPropagation propagation) {
    cluster.apply("deletionPolicy: Retain");
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "they have no owner",
        () ->
            assertThat(cluster.objects().map(o -> client.resource(o).get()))
                .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).isEmpty()));
    var uid = cluster.deployment().getMetadata().getUid();
    cluster.delete(propagation);
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "the resource is gone",
        () -> assertThat(cluster.config()).isNull());
    assertThat(cluster.deployment().getMetadata().getUid()).isEqualTo(uid);
    assertThat(cluster.kubectl("top", "nodes", "--no-headers").lines()).isNotEmpty();
    cluster.apply("");
    cluster.awaitReady();
    assertThat(cluster.deployment().getMetadata().getUid())
        .as("the Deployment's UID")
        .isEqualTo(uid);
  }

  @Test
  void standby_leaderStops_takesOverAtOnce() {
    scaleOperator(2);
    var lease =
        client.leases().inNamespace("metrics-server-operator").withName("metrics-server-operator");
    var leader = lease.get().getSpec().getHolderIdentity();
    client.pods().inNamespace("metrics-server-operator").withName(leader).delete();
    cluster.eventually(
        Duration.ofSeconds(10),
        "another one leads",
        () ->
            assertThat(lease.get().getSpec().getHolderIdentity())
                .isNotBlank()
                .isNotEqualTo(leader));
  }

  private static List<String> policyCIDRs() {
    return client
        .network()
        .v1()
        .networkPolicies()
        .inNamespace(LocalCluster.NAMESPACE)
        .withName("metrics-server-netpol")
        .get()
        .getSpec()
        .getEgress()
        .stream()
        .flatMap(rule -> rule.getTo().stream())
        .map(peer -> peer.getIpBlock().getCidr())
        .toList();
  }

  private static String addressOf(String node) {
    return client.nodes().withName(node).get().getStatus().getAddresses().stream()
        .filter(a -> a.getType().equals("InternalIP"))
        .findFirst()
        .orElseThrow()
        .getAddress();
  }

  // ---------------------------------------------------------------------------------- the operator

  private static void scaleOperator(int replicas) {
    client
        .apps()
        .deployments()
        .inNamespace("metrics-server-operator")
        .withName("metrics-server-operator")
        .scale(replicas);
    cluster.eventually(
        LocalCluster.A_ROLLOUT,
        "%d operators run".formatted(replicas),
        () -> {
          assertThat(operatorPods()).hasSize(replicas);
          var status =
              client
                  .apps()
                  .deployments()
                  .inNamespace("metrics-server-operator")
                  .withName("metrics-server-operator")
                  .get()
                  .getStatus();
          assertThat(Optional.ofNullable(status.getAvailableReplicas()).orElse(0))
              .isEqualTo(replicas);
        });
  }

  private static List<String> operatorPods() {
    return client
        .pods()
        .inNamespace("metrics-server-operator")
        .withLabels(Map.of("app.kubernetes.io/name", "metrics-server-operator"))
        .list()
        .getItems()
        .stream()
        .map(p -> p.getMetadata().getName())
        .toList();
  }
}
