package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_DELETION;
import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.LocalCluster;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whatever goes wrong before: a deletion ends within ten seconds and leaves nothing, by the real
 * garbage collector. In whatever order things are removed, no namespace waits for a metrics API
 * without a server.
 */
@EndToEndTest(cluster = 3)
class DeletionE2E {

  private static final String OPERATOR = "metrics-server-operator";
  private static final String DEFINITION = "metricsserverconfigs.metricsserver.dev";

  /** As a policy of a company, or a quota, would. */
  private static final String NO_DEPLOYMENT =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: no-metrics-server}
      spec:
        matchConstraints:
          resourceRules:
            - apiGroups: [apps]
              apiVersions: [v1]
              operations: [CREATE]
              resources: [deployments]
              resourceNames: [metrics-server]
        validations: [{expression: "false", message: not here}]
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: no-metrics-server}
      spec: {policyName: no-metrics-server, validationActions: [Deny]}
      """;

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    client = cluster.admin();
  }

  /** As the next class expects it. */
  @AfterAll
  static void close() {
    cluster.installOperator();
  }

  @Test
  void deletion_neverReady_leavesNothing() {
    cluster.apply("image: {tag: v0.0.0-nowhere}");
    cluster.eventually(
        A_ROLLOUT,
        "its image is not there",
        () -> assertThat(cluster.condition("Ready").getMessage()).contains("cannot pull"));
    isDeleted();
  }

  @Test
  void deletion_halfInstalled_leavesNothing() {
    client.load(stream()).serverSideApply();
    try {
      cluster.eventually(
          A_ROLLOUT,
          "it is in force",
          () ->
              assertThat(
                      cluster.print(
                          "deploy/local/kubectl",
                          "--namespace=kube-system",
                          "create",
                          "deployment",
                          "metrics-server",
                          "--image=probe",
                          "--dry-run=server"))
                  .contains("not here"));
      cluster.apply("");
      cluster.eventually(
          A_ROLLOUT,
          "it says so",
          () -> assertThat(cluster.condition("Ready").getMessage()).contains("not here"));
      assertThat(cluster.deployment()).isNull();
      isDeleted();
    } finally {
      client.load(stream()).delete();
    }
  }

  private static ByteArrayInputStream stream() {
    return new ByteArrayInputStream(NO_DEPLOYMENT.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void deletion_invalidWithoutOperator_leavesNothing() {
    cluster.apply("");
    cluster.awaitReady();
    cluster.apply("version: 9.9.9");
    cluster.eventually(
        A_ROLLOUT,
        "it is refused",
        () -> assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("True"));
    cluster.stopOperator();
    client
        .apps()
        .deployments()
        .inNamespace(LocalCluster.NAMESPACE)
        .withName("metrics-server")
        .scale(0);
    cluster.eventually(
        A_ROLLOUT,
        "no client gets metrics",
        () ->
            assertThat(cluster.print("deploy/local/kubectl", "top", "nodes"))
                .contains("Metrics API not available"));
    isDeleted();
    cluster.installOperator();
  }

  @Test
  void operator_removedFirst_metricsContinue() {
    cluster.apply("");
    cluster.awaitReady();
    cluster.kubectl("delete", "namespace", OPERATOR, "--timeout=60s");
    assertThat(cluster.kubectl("top", "nodes", "--no-headers").lines()).hasSize(2);
    definitionIsDeleted();
    cluster.installOperator();
  }

  @Test
  void definition_removedFirst_leavesNothing() {
    cluster.apply("");
    cluster.eventually(
        A_ROLLOUT,
        "it is registered",
        () ->
            assertThat(client.apiServices().withName("v1beta1.metrics.k8s.io").get()).isNotNull());
    definitionIsDeleted();
    cluster.kubectl(
        "delete", "--filename=" + InstallFiles.INSTALL, "--ignore-not-found", "--timeout=60s");
    cluster.installOperator();
  }

  private static void definitionIsDeleted() {
    cluster.kubectl("delete", "crd", DEFINITION, "--timeout=%ds".formatted(A_DELETION.toSeconds()));
    cluster.awaitGone();
    namespacesGo();
  }

  private static void isDeleted() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
    namespacesGo();
  }

  /** What a registration that leads nowhere would stop. */
  private static void namespacesGo() {
    var namespace =
        client
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withGenerateName("goes-")
                    .endMetadata()
                    .build())
            .create();
    cluster.kubectl("delete", "namespace", namespace.getMetadata().getName(), "--timeout=30s");
  }
}
