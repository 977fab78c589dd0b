package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import inet.ipaddr.IPAddressString;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The main job on a real cluster: real kubelets, the real metrics-server, and the operator as a pod
 * from its own image under its own RBAC. {@code deploy/local/up} has started the cluster before.
 */
class ClusterE2E {

  private static final String NAMESPACE = "kube-system";

  /** How an RSA key's PEM starts, in Base64; the client has to be told when it is another one. */
  private static final String RSA_KEY = "LS0tLS1CRUdJTiBSU0Eg";

  private static final Duration A_ROLLOUT = Duration.ofMinutes(2);

  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    var config = Config.fromKubeconfig(Path.of("target/local/kubeconfig").toFile());
    if (!config.getClientKeyData().startsWith(RSA_KEY)) {
      config.setClientKeyAlgo("EC");
    }
    client = new KubernetesClientBuilder().withConfig(config).build();
    Shell.run("deploy/local/load-image", "target/local/operator-image.tar");
    Shell.run("deploy/local/kubectl", "apply", "--kustomize", "deploy/base");
    Shell.run(
        "deploy/local/kubectl",
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/metricsserverconfigs.metricsserver.dev");
  }

  @AfterAll
  static void close() {
    if (client != null) {
      client.close();
    }
  }

  @BeforeEach
  void ready() {
    scaleOperator(1);
    apply("");
    awaitReady();
  }

  @Test
  void kubectlTopAnswersForEveryNodeAndPod() {
    var nodes =
        client.nodes().list().getItems().stream().map(n -> n.getMetadata().getName()).toList();
    assertThat(Shell.run("deploy/local/kubectl", "top", "nodes", "--no-headers").lines())
        .hasSameSizeAs(nodes)
        .allMatch(line -> nodes.contains(line.substring(0, line.indexOf(' '))), "is about a node");
    within(
        Duration.ofMinutes(1),
        "the operator's own pod has metrics",
        () ->
            assertThat(Shell.run("deploy/local/kubectl", "top", "pods", "--all-namespaces"))
                .contains("metrics-server-operator-"));
    assertThat(Shell.run("deploy/local/kubectl", "get", "msc", "--no-headers"))
        .containsPattern("cluster +True +[0-9.]+ +%d/%1$d +Insecure".formatted(nodes.size()));
  }

  @Test
  void anEditRollsOutWithoutAFailedRequest() {
    try (var load = new MetricsLoad(client)) {
      var before = deployment().getMetadata().getGeneration();
      apply("logging: {verbosity: 1}");
      within(
          A_ROLLOUT,
          "the new pods run",
          () -> {
            assertThat(deployment().getMetadata().getGeneration()).isGreaterThan(before);
            assertThat(args()).contains("--v=1");
            assertThat(condition("Ready").getObservedGeneration())
                .isEqualTo(config().getMetadata().getGeneration());
            assertThat(condition("Ready").getStatus()).isEqualTo("True");
          });
      assertThat(load.requests()).as("requests during the rollout").isGreaterThan(50);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  @Test
  void aDrainTakesNoMetricsAway() {
    var pod =
        client
            .pods()
            .inNamespace(NAMESPACE)
            .withLabel("k8s-app", "metrics-server")
            .list()
            .getItems()
            .getFirst();
    var node = pod.getSpec().getNodeName();
    try (var load = new MetricsLoad(client)) {
      Shell.run(
          "deploy/local/kubectl",
          "drain",
          node,
          "--ignore-daemonsets",
          "--delete-emptydir-data",
          "--pod-selector=k8s-app=metrics-server",
          "--timeout=90s");
      within(A_ROLLOUT, "the pod is gone", () -> assertThat(client.resource(pod).get()).isNull());
      assertThat(load.failures()).as("requests that failed").isEmpty();
    } finally {
      Shell.run("deploy/local/kubectl", "uncordon", node);
    }
    within(
        A_ROLLOUT,
        "both pods are ready again",
        () -> assertThat(deployment().getStatus().getAvailableReplicas()).isEqualTo(2));
  }

  @Test
  void aNodeThatJoinsHasMetricsAndOneThatLeavesIsForgotten() {
    assumeTrue(
        client.nodes().withName("node1").get() != null,
        "kind cannot add a node to a running cluster");
    Shell.run("deploy/local/node", "add", "3");
    try {
      within(
          Duration.ofMinutes(2),
          "three nodes report",
          () -> assertThat(status().nodes().coverage()).isEqualTo("3/3"));
      var address = new IPAddressString(addressOf("node3"));
      assertThat(policyCIDRs())
          .as("CIDRs the policy lets out to, for " + address)
          .anyMatch(cidr -> new IPAddressString(cidr).contains(address));
    } finally {
      Shell.run("deploy/local/node", "remove", "3");
    }
    within(
        Duration.ofMinutes(2),
        "two nodes report",
        () -> assertThat(status().nodes().coverage()).isEqualTo("2/2"));
    assertThat(condition("Ready").getStatus()).isEqualTo("True");
  }

  @Test
  void anOperatorKilledInTheMiddleOfAnInstallFinishesItAfterItsStart() {
    delete(DeletionPropagation.BACKGROUND);
    awaitGone();
    apply("");
    within(
        Duration.ofSeconds(30),
        "the first objects are there",
        () -> assertThat(objects().filter(o -> client.resource(o).get() != null)).isNotEmpty());
    operatorPods()
        .forEach(name ->
            client
                .pods()
                .inNamespace("metrics-server-operator")
                .withName(name)
                .withGracePeriod(0)
                .delete());
    awaitReady();
    assertThat(objects().filter(o -> client.resource(o).get() == null)).as("missing").isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = DeletionPropagation.class,
      names = {"BACKGROUND", "FOREGROUND"})
  void deletionLeavesNothing(DeletionPropagation propagation) {
    delete(propagation);
    awaitGone();
  }

  @Test
  void deletionLeavesNothingWithoutTheOperator() {
    scaleOperator(0);
    delete(DeletionPropagation.BACKGROUND);
    awaitGone();
  }

  @ParameterizedTest
  @EnumSource(
      value = DeletionPropagation.class,
      names = {"BACKGROUND", "FOREGROUND"})
  void retainedObjectsGoOnWorking(DeletionPropagation propagation) {
    apply("deletionPolicy: Retain");
    within(
        A_ROLLOUT,
        "they have no owner",
        () ->
            assertThat(objects().map(o -> client.resource(o).get()))
                .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).isEmpty()));
    var uid = deployment().getMetadata().getUid();
    delete(propagation);
    within(Duration.ofSeconds(30), "the resource is gone", () -> assertThat(config()).isNull());
    assertThat(deployment().getMetadata().getUid()).isEqualTo(uid);
    assertThat(Shell.run("deploy/local/kubectl", "top", "nodes", "--no-headers").lines())
        .isNotEmpty();
    apply("");
    awaitReady();
    assertThat(deployment().getMetadata().getUid()).as("the Deployment's UID").isEqualTo(uid);
  }

  @Test
  void theStandByTakesOverAtOnceWhenTheLeaderIsToldToStop() {
    scaleOperator(2);
    var lease =
        client.leases().inNamespace("metrics-server-operator").withName("metrics-server-operator");
    var leader = lease.get().getSpec().getHolderIdentity();
    client.pods().inNamespace("metrics-server-operator").withName(leader).delete();
    within(
        Duration.ofSeconds(10),
        "another one leads",
        () ->
            assertThat(lease.get().getSpec().getHolderIdentity())
                .isNotBlank()
                .isNotEqualTo(leader));
  }

  // ---------------------------------------------------------------------------------- the resource

  private static void apply(String more) {
    var spec =
        """
        apiVersion: metricsserver.dev/v1alpha1
        kind: MetricsServerConfig
        metadata: {name: cluster}
        spec:
          kubelet: {tls: {mode: Insecure}}
          networkPolicy: {controlPlaneCIDRs: [%s/32]}
          %s
        """
            .formatted(apiServerAddress(), more);
    client
        .genericKubernetesResources("metricsserver.dev/v1alpha1", "MetricsServerConfig")
        .load(new ByteArrayInputStream(spec.getBytes(StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }

  private static String apiServerAddress() {
    return client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace("default")
        .withName("kubernetes")
        .get()
        .getEndpoints()
        .getFirst()
        .getAddresses()
        .getFirst();
  }

  private static void delete(DeletionPropagation propagation) {
    client.resource(config()).withPropagationPolicy(propagation).delete();
  }

  private static MetricsServerConfig config() {
    return client.resources(MetricsServerConfig.class).withName("cluster").get();
  }

  private static MetricsServerConfigStatus status() {
    return config().getStatus();
  }

  private static Condition condition(String type) {
    return Optional.ofNullable(config())
        .map(MetricsServerConfig::getStatus)
        .flatMap(s -> s.condition(type))
        .orElseGet(Condition::new);
  }

  private static void awaitReady() {
    within(
        A_ROLLOUT,
        "the MetricsServerConfig is Ready",
        () -> {
          assertThat(condition("Ready"))
              .satisfies(
                  c -> assertThat(c.getStatus()).as(c.getMessage()).isEqualTo("True"),
                  c ->
                      assertThat(c.getObservedGeneration())
                          .isEqualTo(config().getMetadata().getGeneration()));
          assertThat(deployment().getStatus().getAvailableReplicas()).isEqualTo(2);
        });
  }

  private static void awaitGone() {
    within(
        Duration.ofMinutes(1),
        "nothing is left",
        () -> {
          assertThat(config()).isNull();
          assertThat(objects().filter(o -> client.resource(o).get() != null)).isEmpty();
        });
  }

  // ---------------------------------------------------------------------------------- the objects

  /** Every object the operator makes, by kind and name. */
  private static Stream<HasMetadata> objects() {
    return Stream.of(
        named(new ServiceAccount(), NAMESPACE, "metrics-server"),
        named(new ClusterRole(), null, "system:metrics-server"),
        named(new ClusterRole(), null, "system:aggregated-metrics-reader"),
        named(new ClusterRoleBinding(), null, "system:metrics-server"),
        named(new ClusterRoleBinding(), null, "metrics-server:system:auth-delegator"),
        named(new RoleBinding(), NAMESPACE, "metrics-server-auth-reader"),
        named(new Service(), NAMESPACE, "metrics-server"),
        named(new Deployment(), NAMESPACE, "metrics-server"),
        named(new PodDisruptionBudget(), NAMESPACE, "metrics-server"),
        named(new NetworkPolicy(), NAMESPACE, "metrics-server-netpol"),
        named(new APIService(), null, "v1beta1.metrics.k8s.io"));
  }

  private static HasMetadata named(HasMetadata object, String namespace, String name) {
    object.setMetadata(
        new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(name)
            .build());
    return object;
  }

  private static Deployment deployment() {
    return client.apps().deployments().inNamespace(NAMESPACE).withName("metrics-server").get();
  }

  private static List<String> args() {
    return deployment().getSpec().getTemplate().getSpec().getContainers().getFirst().getArgs();
  }

  private static List<String> policyCIDRs() {
    return client
        .network()
        .v1()
        .networkPolicies()
        .inNamespace(NAMESPACE)
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
    within(
        A_ROLLOUT,
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

  private static void within(Duration time, String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(time)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .untilAsserted(assertion);
  }
}
