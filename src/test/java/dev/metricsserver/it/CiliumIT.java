package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Network policies for Cilium, with the CustomResourceDefinitions of Cilium's Go module, by which
 * the API server validates them.
 */
@IntegrationTest
class CiliumIT {

  private static final String POLICIES = "ciliumnetworkpolicies";
  private static final String VERSION = "v1.18.4";
  private static final String UNVERIFIED = "kubelet: {tls: {mode: Insecure}}";
  private static final String POLICY =
      "networkPolicy: {mode: Cilium, controlPlaneCIDRs: [10.0.0.0/28]}";
  private static final String CILIUM = "{%s, %s}".formatted(UNVERIFIED, POLICY);

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() {
    cluster.startOperator();
  }

  @BeforeEach
  void installCiliumPolicy() throws IOException {
    cluster.apply(definition(POLICIES));
    cluster.applyConfig(CILIUM);
    cluster.eventually(
        "the policy for Cilium exists", () -> assertThat(ciliumPolicy()).isPresent());
  }

  @Test
  void ciliumMode_kindMissingAtFirst_isReportedUntilPolicyIsCreated() throws Exception {
    cluster.killOperator();
    cluster.deleteDefinition(POLICIES + ".cilium.io");
    cluster.admin().resource(cluster.deployment()).delete();
    cluster.startOperator();
    cluster.eventually(
        "the Deployment exists again", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.eventually(
        "the missing kind is reported",
        () ->
            assertThat(cluster.findings("NetworkPolicyNotApplied"))
                .anySatisfy(f ->
                    assertThat(f.message()).contains("this cluster has no CiliumNetworkPolicy")));
    assertThat(networkPolicy()).isEmpty();

    cluster.apply(definition(POLICIES));

    cluster.eventually(
        "the policy for Cilium exists", () -> assertThat(ciliumPolicy()).isPresent());
    var spec = ciliumPolicy().orElseThrow().<Map<String, Object>>get("spec");
    assertThat(spec)
        .extracting("ingress")
        .asString()
        .contains("host", "remote-node", "kube-apiserver", "10.0.0.0/28", "10250");
    assertThat(ciliumPolicy().orElseThrow().getMetadata().getOwnerReferences()).hasSize(1);
    cluster.eventually(
        "the finding is cleared",
        () -> assertThat(cluster.findings("NetworkPolicyNotApplied")).isEmpty());
  }

  @Test
  void policy_otherFieldsChange_isNotWritten() throws Exception {
    // The operator may repeat a write whose event it has not received yet.
    cluster.awaitQuiet(Duration.ofSeconds(1));
    var before = writes();
    // Each makes the operator compare all objects.
    cluster.applyConfig("{%s, %s, paused: true}".formatted(UNVERIFIED, POLICY));
    cluster.applyConfig(CILIUM);
    cluster.applyConfig("{%s, %s, metricResolution: 20s}".formatted(UNVERIFIED, POLICY));
    cluster.eventually(
        "the Deployment has the new resolution",
        () -> assertThat(cluster.container().getArgs()).contains("--metric-resolution=20s"));

    assertThat(writes()).as("writes of an unchanged policy").isEqualTo(before);
  }

  @Test
  void policy_changedOrDeletedByUser_isRestored() throws Exception {
    var uid = ciliumPolicy().orElseThrow().getMetadata().getUid();

    ciliumPolicies()
        .withName(Names.NETWORK_POLICY)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"ingress\":[]}}");
    cluster.eventually(
        "the policy is repaired",
        () ->
            assertThat(ciliumPolicy().orElseThrow().<Map<String, Object>>get("spec"))
                .extracting("ingress")
                .asString()
                .contains("kube-apiserver"));

    ciliumPolicies().withName(Names.NETWORK_POLICY).delete();
    cluster.eventually(
        "the policy is created again",
        () ->
            assertThat(ciliumPolicy())
                .hasValueSatisfying(p -> assertThat(p.getMetadata().getUid()).isNotEqualTo(uid)));
  }

  @Test
  void mode_changed_replacesPolicy() throws Exception {
    cluster.applyConfig("{%s, networkPolicy: {mode: Kubernetes}}".formatted(UNVERIFIED));
    cluster.eventually("the NetworkPolicy exists", () -> assertThat(networkPolicy()).isPresent());
    cluster.eventually(
        "the policy for Cilium is deleted", () -> assertThat(ciliumPolicy()).isEmpty());

    cluster.applyConfig(CILIUM);
    cluster.eventually(
        "the policy for Cilium exists", () -> assertThat(ciliumPolicy()).isPresent());
    cluster.eventually("the NetworkPolicy is deleted", () -> assertThat(networkPolicy()).isEmpty());
  }

  /** The definitions alone, and the CiliumNode of a deleted Node, do not mean that Cilium runs. */
  @Test
  void autoMode_ciliumNodeOfExistingNodeAppears_changesToCiliumPolicy() throws Exception {
    cluster.apply(definition("ciliumnodes"));
    cluster.eventually("CiliumNodes are served", () -> addCiliumNode("a-node-that-is-gone"));
    cluster.applyConfig("{%s}".formatted(UNVERIFIED));
    cluster.eventually("a NetworkPolicy exists", () -> assertThat(networkPolicy()).isPresent());
    cluster.eventually(
        "the policy for Cilium is deleted", () -> assertThat(ciliumPolicy()).isEmpty());

    addCiliumNode("node-1");
    cluster.restartOperator();

    cluster.eventually(
        "the policy for Cilium exists", () -> assertThat(ciliumPolicy()).isPresent());
    cluster.eventually("the NetworkPolicy is deleted", () -> assertThat(networkPolicy()).isEmpty());
  }

  // -------------------------------------------------------------------------------------- helpers

  private void addCiliumNode(String name) {
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

  private Optional<NetworkPolicy> networkPolicy() {
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

  private NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      ciliumPolicies() {
    return cluster
        .admin()
        .genericKubernetesResources(kind("CiliumNetworkPolicy", POLICIES, true))
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

  private Optional<GenericKubernetesResource> ciliumPolicy() {
    return Optional.ofNullable(ciliumPolicies().withName(Names.NETWORK_POLICY).get());
  }

  private long writes() {
    return cluster.audit().operatorWrites().stream()
        .filter(r -> r.resource().equals(POLICIES))
        .count();
  }

  private static Path definition(String plural) {
    return GoModules.file(
        "github.com/cilium/cilium",
        VERSION,
        "pkg/k8s/apis/cilium.io/client/crds/v2/" + plural + ".yaml");
  }
}
