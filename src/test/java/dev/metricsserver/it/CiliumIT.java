package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Policies for Cilium, by its own definitions, which come from its Go module: before they are
 * there, when they come, and where Cilium runs the nodes' network. The API server refuses what the
 * definitions do not allow.
 */
@IntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CiliumIT {

  private static final String VERSION = "v1.18.4";
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final String UNVERIFIED = "kubelet: {tls: {mode: Insecure}}";
  private static final String POLICY =
      "networkPolicy: {mode: Cilium, controlPlaneCIDRs: [10.0.0.0/28]}";
  private static final String CILIUM = "{%s, %s}".formatted(UNVERIFIED, POLICY);

  private static TestCluster cluster;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestCluster();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "cilium-it");
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
  void withoutTheKindThereIsNoPolicyButAFinding() {
    cluster.applyConfig(CILIUM);

    soon("the Deployment is there", () -> assertThat(cluster.deployment()).isNotNull());
    soon(
        "the finding is there",
        () ->
            assertThat(cluster.config().getStatus().findings())
                .anySatisfy(f -> {
                  assertThat(f.code()).isEqualTo("NetworkPolicyNotApplied");
                  assertThat(f.message()).contains("this cluster has no CiliumNetworkPolicy");
                }));
    assertThat(networkPolicy()).isEmpty();
  }

  @Test
  @Order(2)
  void thePolicyComesWithItsKind() throws Exception {
    cluster.apply(definition("ciliumnetworkpolicies"));

    soon("the policy is there", () -> assertThat(ciliumPolicy()).isPresent());
    var spec = ciliumPolicy().orElseThrow().<Map<String, Object>>get("spec");
    assertThat(spec)
        .extracting("ingress")
        .asString()
        .contains("host", "remote-node", "kube-apiserver", "10.0.0.0/28", "10250");
    assertThat(ciliumPolicy().orElseThrow().getMetadata().getOwnerReferences()).hasSize(1);
    soon(
        "the finding is gone",
        () ->
            assertThat(cluster.config().getStatus().findings())
                .noneMatch(f -> f.code().equals("NetworkPolicyNotApplied")));
  }

  @Test
  @Order(3)
  void itIsKeptAsItIsAndOtherwiseLeftAlone() {
    var uid = ciliumPolicy().orElseThrow().getMetadata().getUid();
    var before = writes();
    // Each makes the operator look at everything.
    cluster.applyConfig("{%s, %s, paused: true}".formatted(UNVERIFIED, POLICY));
    cluster.applyConfig(CILIUM);
    cluster.applyConfig("{%s, %s, metricResolution: 20s}".formatted(UNVERIFIED, POLICY));
    soon(
        "the change is seen",
        () ->
            assertThat(cluster.deployment().getSpec().getTemplate().getSpec().getContainers())
                .first()
                .satisfies(c -> assertThat(c.getArgs()).contains("--metric-resolution=20s")));
    assertThat(writes()).as("writes of an unchanged policy").isEqualTo(before);

    ciliumPolicies()
        .withName(Names.NETWORK_POLICY)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"ingress\":[]}}");
    soon(
        "it is repaired",
        () ->
            assertThat(ciliumPolicy().orElseThrow().<Map<String, Object>>get("spec"))
                .extracting("ingress")
                .asString()
                .contains("kube-apiserver"));
    ciliumPolicies().withName(Names.NETWORK_POLICY).delete();
    soon(
        "it is back",
        () ->
            assertThat(ciliumPolicy())
                .hasValueSatisfying(p -> assertThat(p.getMetadata().getUid()).isNotEqualTo(uid)));
  }

  @Test
  @Order(4)
  void anotherModeTakesItAway() {
    cluster.applyConfig("{%s, networkPolicy: {mode: Kubernetes}}".formatted(UNVERIFIED));
    soon("the other policy is there", () -> assertThat(networkPolicy()).isPresent());
    soon("this one is gone", () -> assertThat(ciliumPolicy()).isEmpty());

    cluster.applyConfig(CILIUM);
    soon("this one is there", () -> assertThat(ciliumPolicy()).isPresent());
    soon("the other one is gone", () -> assertThat(networkPolicy()).isEmpty());
  }

  /** Of the definitions alone, and of Cilium's view of a node that is gone, nothing follows. */
  @Test
  @Order(5)
  void autoLooksForCiliumOnTodaysNodes() throws Exception {
    cluster.apply(definition("ciliumnodes"));
    await("the definition is served")
        .atMost(SOON)
        .ignoreExceptions()
        .untilAsserted(() -> addCiliumNode("a-node-that-is-gone"));
    cluster.applyConfig("{%s}".formatted(UNVERIFIED));
    soon("a NetworkPolicy is there", () -> assertThat(networkPolicy()).isPresent());
    soon("none of Cilium is", () -> assertThat(ciliumPolicy()).isEmpty());

    addCiliumNode("node-1");
    operator.close();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "cilium-it-2");

    soon("a policy of Cilium is there", () -> assertThat(ciliumPolicy()).isPresent());
    soon("no NetworkPolicy is", () -> assertThat(networkPolicy()).isEmpty());
  }

  // -------------------------------------------------------------------------------------- helpers

  private static void addCiliumNode(String name) {
    cluster
        .admin()
        .genericKubernetesResources(kind("CiliumNode", "ciliumnodes", false))
        .load(
            new ByteArrayInputStream(
                """
                apiVersion: cilium.io/v2
                kind: CiliumNode
                metadata: {name: %s}
                spec: {}
                """
                    .formatted(name)
                    .getBytes(StandardCharsets.UTF_8)))
        .create();
  }

  private static Optional<NetworkPolicy> networkPolicy() {
    return Optional.ofNullable(
        cluster
            .admin()
            .network()
            .v1()
            .networkPolicies()
            .inNamespace("kube-system")
            .withName(Names.NETWORK_POLICY)
            .get());
  }

  private static NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      ciliumPolicies() {
    return cluster
        .admin()
        .genericKubernetesResources(kind("CiliumNetworkPolicy", "ciliumnetworkpolicies", true))
        .inNamespace("kube-system");
  }

  /** Given in full: the client may have asked what kinds there are before these came. */
  private static ResourceDefinitionContext kind(String kind, String plural, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup("cilium.io")
        .withVersion("v2")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(namespaced)
        .build();
  }

  private static Optional<GenericKubernetesResource> ciliumPolicy() {
    return Optional.ofNullable(ciliumPolicies().withName(Names.NETWORK_POLICY).get());
  }

  private static long writes() {
    return cluster.audit().operatorWrites().stream()
        .filter(r -> r.resource().equals("ciliumnetworkpolicies"))
        .count();
  }

  private static Path definition(String plural) {
    return GoModules.file(
        "github.com/cilium/cilium",
        VERSION,
        "pkg/k8s/apis/cilium.io/client/crds/v2/" + plural + ".yaml");
  }

  private static void soon(String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(SOON)
        .failFast(operator.isAlive() ? what : operator.log(), () -> !operator.isAlive())
        .untilAsserted(assertion);
  }
}
