package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.plan.Plans;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rollbacks on a real API server. The test does the work of the Deployment controller. */
@IntegrationTest
class RollbackIT {

  @RegisterExtension final TestCluster cluster = new TestCluster();

  @Test
  void configuration_neverBecomesReady_isRolledBackOnce() {
    cluster.publishFrontProxy();
    cluster.startOperator();
    cluster
        .admin()
        .resource(
            new ControllerRevisionBuilder()
                .withNewMetadata()
                .withName("metrics-server-operator-last-ready")
                .withNamespace("kube-system")
                .endMetadata()
                .withRevision(1L)
                .withData(Plans.plan("version: 0.8.1").rollback().configuration().json())
                .build())
        .create();
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}}, image: {tag: nowhere}, logging: {verbosity: 2}}");
    cluster.eventually(
        "the new image is tried",
        () -> assertThat(cluster.container().getImage()).endsWith(":nowhere"));

    neverBecomesReady();
    cluster.eventually(
        "the operator waits",
        () -> assertThat(cluster.condition("Ready").getMessage()).contains("cannot pull"));
    cluster.killOperator();
    longAgo();
    waitsForOnePod();
    cluster.startOperator();

    cluster.eventually(
        "the last ready image is back",
        () -> assertThat(cluster.container().getImage()).endsWith(":v0.8.1"));
    assertThat(cluster.container().getArgs())
        .as("an argument that no rollback changes")
        .contains("--v=2");
    cluster.eventually(
        "the rollback is reported",
        () ->
            assertThat(cluster.condition("Ready"))
                .satisfies(
                    c -> assertThat(c.getStatus()).isEqualTo("False"),
                    c -> assertThat(c.getReason()).isEqualTo("RolledBack"),
                    c -> assertThat(c.getMessage()).contains("could not be pulled: no such tag")));
    assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("True");
    assertThat(cluster.condition("Reconciling").getStatus()).isEqualTo("False");
    assertThat(revision().getMetadata().getAnnotations())
        .containsEntry("metricsserver.dev/failed-reason", "ImagePullBackOff");

    cluster.killOperator();
    var generation = cluster.deployment().getMetadata().getGeneration();
    cluster.startOperator();
    cluster.eventually(
        "the restarted operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
    assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);

    cluster.admin().resource(cluster.deployment()).delete();
    cluster.eventually(
        "the Deployment exists again", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(cluster.container().getImage())
        .as("after a user deleted the Deployment")
        .endsWith(":v0.8.1");

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, image: {tag: elsewhere}}");
    cluster.eventually(
        "another spec is tried",
        () -> assertThat(cluster.container().getImage()).endsWith(":elsewhere"));
    cluster.eventually(
        "the rollout is in progress",
        () -> assertThat(cluster.condition("Ready").getReason()).isEqualTo("RolloutInProgress"));
  }

  /** One new pod cannot pull its image, for as long as the operator waits. */
  private void neverBecomesReady() {
    cluster
        .admin()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName("metrics-server-new")
                .withNamespace("kube-system")
                .addToLabels("k8s-app", "metrics-server")
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("metrics-server")
                .withAutomountServiceAccountToken(false)
                .withNodeName("node-1")
                .addNewContainer()
                .withName("metrics-server")
                .withImage("nowhere")
                .endContainer()
                .endSpec()
                .build())
        .create();
    cluster
        .admin()
        .pods()
        .inNamespace("kube-system")
        .withName("metrics-server-new")
        .editStatus(p ->
            new PodBuilder(p)
                .editOrNewStatus()
                .addNewContainerStatus()
                .withName("metrics-server")
                .withNewState()
                .withNewWaiting()
                .withReason("ImagePullBackOff")
                .withMessage("no such tag")
                .endWaiting()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build());
    waitsForOnePod();
  }

  /**
   * As the Deployment's controller has it, which looks again after each change of an annotation.
   */
  private void waitsForOnePod() {
    var deployment =
        cluster.admin().apps().deployments().inNamespace("kube-system").withName("metrics-server");
    deployment.editStatus(d ->
        new DeploymentBuilder(d)
            .withNewStatus()
            .withObservedGeneration(d.getMetadata().getGeneration())
            .withReplicas(2)
            .withUpdatedReplicas(1)
            .withReadyReplicas(1)
            .withAvailableReplicas(1)
            .endStatus()
            .build());
  }

  /** Lets the Deployment look as if it had its configuration for long. */
  private void longAgo() {
    cluster
        .admin()
        .resource(cluster.deployment())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"metricsserver.dev/configured-at\":\"%s\"}}}"
                .formatted(Instant.now().minus(Duration.ofMinutes(3))));
  }

  private ControllerRevision revision() {
    return cluster
        .admin()
        .apps()
        .controllerRevisions()
        .inNamespace("kube-system")
        .withName("metrics-server-operator-last-ready")
        .get();
  }
}
