package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.ClusterFixture;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.APIService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The MetricsServerConfig is deleted in a state that it can get stuck in: it is gone at once, all
 * objects go with it, and the operator makes none again. Here no controller deletes them; {@link
 * DeletionE2E} shows that one does.
 */
@IntegrationTest
class DeletionIT {

  private static final Path UPSTREAM = Path.of("deploy/local/upstream/components.yaml");
  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.8.1";

  /** Without a body, the client would read and not delete. */
  private static final String DELETE_OPTIONS = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}";

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() throws IOException {
    cluster.startOperator();
  }

  @AfterEach
  void removeEverything() {
    cluster.admin().discovery().v1().endpointSlices().inNamespace("kube-system").delete();
    written().forEach(path -> cluster.admin().raw(path, "DELETE", DELETE_OPTIONS));
  }

  @Test
  void delete_neverReady_ownsEverythingAndCreatesNothing() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, image: {tag: nowhere}}");
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.eventually(
        "the rollout is in progress",
        () -> assertThat(reason("Ready")).isEqualTo("RolloutInProgress"));
    assertDeleted();
  }

  @Test
  void delete_partlyInstalled_ownsEverythingAndCreatesNothing() throws IOException {
    var refusal =
        Files.writeString(
            cluster.directory().resolve("refusal.yaml"),
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: no-deployments}
            spec:
              matchConstraints:
                resourceRules:
                  - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
              validations: [{expression: "false", message: not here}]
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: no-deployments}
            spec: {policyName: no-deployments, validationActions: [Deny]}
            """);
    cluster.apply(refusal);
    try {
      await("it is in force").atMost(ClusterFixture.LIMIT).until(() -> isRefused());
      cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
      cluster.eventually(
          "the denial is reported",
          () -> assertThat(cluster.condition("Ready").getMessage()).contains("not here"));
      assertThat(cluster.deployment()).isNull();
      assertDeleted();
    } finally {
      cluster.admin().load(Files.newInputStream(refusal)).delete();
    }
  }

  private static boolean isRefused() {
    return Shell.print(
            Programs.kubectl(),
            "--kubeconfig=" + kubeconfig(),
            "create",
            "deployment",
            "probe",
            "--image=probe",
            "--dry-run=server")
        .contains("not here");
  }

  @Test
  void delete_apiNotAvailable_ownsEverythingAndCreatesNothing() {
    install();
    cluster.eventually(
        "the API is not available",
        () -> assertThat(cluster.condition("APIServiceAvailable").getStatus()).isEqualTo("False"));
    assertDeleted();
  }

  @Test
  void delete_invalidSpec_ownsEverythingAndCreatesNothing() {
    install();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, hostNetwork: true, port: 10250}");
    cluster.eventually(
        "the spec is rejected",
        () -> assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("True"));
    assertDeleted();
  }

  @Test
  void delete_paused_ownsEverythingAndCreatesNothing() {
    install();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, paused: true}");
    cluster.eventually(
        "the operator is paused", () -> assertThat(reason("Reconciling")).isEqualTo("Paused"));
    assertDeleted();
  }

  /** As an administrator does before the operator is removed. */
  @Test
  void paused_deletionPolicyChanged_ownerReferencesFollow() {
    install();
    cluster.eventually("all objects are owned", () -> assertThat(owners()).containsOnly(1));
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, paused: true, deletionPolicy: Retain}");
    cluster.eventually("no object is owned", () -> assertThat(owners()).containsOnly(0));
    cluster.awaitQuiet(Duration.ofSeconds(1));

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, paused: true}");
    cluster.eventually("all objects are owned again", () -> assertThat(owners()).containsOnly(1));

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    assertDeleted();
  }

  /** By object, how many owners it has. */
  private static List<Integer> owners() {
    return written().stream()
        .filter(path -> !path.contains("/metricsserverconfigs/"))
        .filter(path -> !path.contains("/controllerrevisions/"))
        .map(path -> cluster.admin().raw(path))
        .map(object -> object.split("\"kind\":\"MetricsServerConfig\"", -1).length - 1)
        .toList();
  }

  /** An object of another owner belongs to the operator then. */
  @Test
  void delete_adopted_ownsEverythingAndCreatesNothing() throws IOException {
    var file =
        Files.writeString(
            cluster.directory().resolve("components.yaml"),
            Files.readString(UPSTREAM).replace("IMAGE", IMAGE));
    Shell.run(Programs.kubectl(), "--kubeconfig=" + kubeconfig(), "apply", "--filename=" + file);
    cluster.addReadyEndpoint();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, conflictPolicy: Adopt}");
    cluster.eventually(
        "the installation is adopted", () -> assertThat(cluster.findings("Adopted")).isNotEmpty());
    assertDeleted();
  }

  private static void install() {
    cluster.addReadyEndpoint();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.eventually("the APIService exists", () -> assertThat(registration()).isNotNull());
    cluster.eventually(
        "the status exists", () -> assertThat(cluster.config().getStatus()).isNotNull());
  }

  private static void assertDeleted() {
    cluster.eventually(
        "the MetricsServerConfig owns all objects", cluster::assertNothingWouldBeLeft);
    // Requests that are on their way when the MetricsServerConfig is deleted still arrive.
    cluster.awaitQuiet(Duration.ofSeconds(1));
    cluster.admin().resources(MetricsServerConfig.class).withName("cluster").delete();
    assertThat(cluster.config()).isNull();
    var from = cluster.audit().end();
    written().forEach(path -> cluster.admin().raw(path, "DELETE", DELETE_OPTIONS));
    await("the operator makes nothing again")
        .during(Duration.ofSeconds(2))
        .atMost(ClusterFixture.LIMIT)
        .untilAsserted(() -> {
          assertThat(cluster.audit().objectsWritten(from)).isEmpty();
          assertThat(written()).isEmpty();
        });
    assertThat(cluster.operator().isAlive()).as(cluster.operator().log()).isTrue();
  }

  /** The paths of what the operator wrote and is there. */
  private static Set<String> written() {
    return cluster
        .audit()
        .objectsWritten(0)
        .map(AuditLog.Request::path)
        .filter(path -> cluster.admin().raw(path) != null)
        .collect(Collectors.toSet());
  }

  private static Path kubeconfig() {
    try {
      return cluster.adminKubeconfig();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static APIService registration() {
    return cluster.admin().apiServices().withName("v1beta1.metrics.k8s.io").get();
  }

  private static String reason(String type) {
    return cluster.condition(type).getReason();
  }
}
