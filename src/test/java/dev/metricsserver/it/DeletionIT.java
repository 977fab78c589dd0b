package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Condition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The MetricsServerConfig is deleted in a state that it can get stuck in: it is gone at once, all
 * objects go with it, and the operator makes none again. Here no controller deletes them; {@link
 * DeletionE2E} shows that one does.
 */
@IntegrationTest
class DeletionIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Path UPSTREAM = Path.of("deploy/local/upstream/components.yaml");
  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.8.1";

  /** Without a body, the client would read and not delete. */
  private static final String DELETE_OPTIONS = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}";

  private static TestCluster cluster;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws IOException {
    cluster = TestCluster.start();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "deletion-it");
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

  @AfterEach
  void removeEverything() {
    cluster.admin().discovery().v1().endpointSlices().inNamespace("kube-system").delete();
    written().forEach(path -> cluster.admin().raw(path, "DELETE", DELETE_OPTIONS));
  }

  @Test
  void whatWasNeverReadyGoes() {
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, image: {tag: nowhere}}");
    soon("it is waited for", () -> assertThat(cluster.deployment()).isNotNull());
    soon("it says so", () -> assertThat(reason("Ready")).isEqualTo("RolloutInProgress"));
    goes();
  }

  @Test
  void whatIsHalfInstalledGoes() throws IOException {
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
      await("it is in force").atMost(SOON).until(() -> isRefused());
      cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
      soon("it says so", () -> assertThat(condition("Ready").getMessage()).contains("not here"));
      assertThat(cluster.deployment()).isNull();
      goes();
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
  void whatIsRegisteredAndDoesNotAnswerGoes() {
    install();
    soon(
        "it says so",
        () -> assertThat(condition("APIServiceAvailable").getStatus()).isEqualTo("False"));
    goes();
  }

  @Test
  void whatIsRefusedGoes() {
    install();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, hostNetwork: true, port: 10250}");
    soon("it is refused", () -> assertThat(condition("Stalled").getStatus()).isEqualTo("True"));
    goes();
  }

  @Test
  void whatIsPausedGoes() {
    install();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, paused: true}");
    soon("it says so", () -> assertThat(reason("Reconciling")).isEqualTo("Paused"));
    goes();
  }

  /** An object of another owner belongs to the operator then. */
  @Test
  void whatWasAdoptedGoes() throws IOException {
    var file =
        Files.writeString(
            cluster.directory().resolve("components.yaml"),
            Files.readString(UPSTREAM).replace("IMAGE", IMAGE));
    Shell.run(Programs.kubectl(), "--kubeconfig=" + kubeconfig(), "apply", "--filename=" + file);
    cluster.addReadyEndpoint();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, conflictPolicy: Adopt}");
    soon(
        "it is taken over",
        () ->
            assertThat(cluster.config().getStatus().findings())
                .anyMatch(f -> f.code().equals("Adopted")));
    goes();
  }

  private static void install() {
    cluster.addReadyEndpoint();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    soon("it is registered", () -> assertThat(registration()).isNotNull());
    soon("it is observed", () -> assertThat(cluster.config().getStatus()).isNotNull());
  }

  private static void goes() {
    soon("it owns everything", cluster::assertNothingWouldBeLeft);
    quiet();
    cluster.admin().resources(MetricsServerConfig.class).withName("cluster").delete();
    assertThat(cluster.config()).isNull();
    var from = cluster.audit().end();
    written().forEach(path -> cluster.admin().raw(path, "DELETE", DELETE_OPTIONS));
    await("the operator makes nothing again")
        .during(Duration.ofSeconds(2))
        .atMost(SOON)
        .untilAsserted(() -> {
          assertThat(cluster.audit().objectsWritten(from)).isEmpty();
          assertThat(written()).isEmpty();
        });
    assertThat(operator.isAlive()).as(operator.log()).isTrue();
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

  /** What is on its way when the MetricsServerConfig is deleted still comes. */
  private static void quiet() {
    var from = new long[] {cluster.audit().end()};
    await("it writes no more")
        .during(Duration.ofSeconds(1))
        .atMost(SOON)
        .until(() -> {
          var none = cluster.audit().objectsWritten(from[0]).findAny().isEmpty();
          from[0] = cluster.audit().end();
          return none;
        });
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
    return condition(type).getReason();
  }

  private static Condition condition(String type) {
    return Optional.ofNullable(cluster.config().getStatus())
        .flatMap(s -> s.condition(ConditionType.valueOf(type)))
        .orElseGet(Condition::new);
  }

  private static void soon(String what, ThrowingRunnable assertion) {
    try {
      await(what).atMost(SOON).ignoreExceptions().untilAsserted(assertion);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(operator.log() + cluster.audit().operatorWrites(), e);
    }
  }
}
