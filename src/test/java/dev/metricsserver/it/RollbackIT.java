package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Going back, and staying there, on a real API server; the test is the Deployment's controller. */
@IntegrationTest
class RollbackIT {

  private TestCluster cluster;
  private Path kubeconfig;
  private OperatorUnderTest operator;

  @BeforeEach
  void start() throws Exception {
    cluster = new TestCluster();
    cluster.publishFrontProxy();
    kubeconfig = cluster.operatorKubeconfig();
    operator = new OperatorUnderTest(kubeconfig, "rollback-it");
  }

  @AfterEach
  void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void whatNeverBecomesReadyIsGoneBackFromOnce() throws Exception {
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
    soon("it is tried", () -> assertThat(cluster.container().getImage()).endsWith(":nowhere"));

    neverBecomesReady();
    soon("it waits", () -> assertThat(condition("Ready").getMessage()).contains("cannot pull"));
    operator.kill();
    longAgo();
    waitsForOnePod();
    operator = new OperatorUnderTest(kubeconfig, "rollback-it", "rollback-it-late");

    soon(
        "the last one is back",
        () -> assertThat(cluster.container().getImage()).endsWith(":v0.8.1"));
    assertThat(cluster.container().getArgs()).as("what no rollback touches").contains("--v=2");
    soon(
        "it says so",
        () ->
            assertThat(condition("Ready"))
                .satisfies(
                    c -> assertThat(c.getStatus()).isEqualTo("False"),
                    c -> assertThat(c.getReason()).isEqualTo("RolledBack"),
                    c -> assertThat(c.getMessage()).contains("could not be pulled: no such tag")));
    assertThat(condition("Stalled").getStatus()).isEqualTo("True");
    assertThat(condition("Reconciling").getStatus()).isEqualTo("False");
    assertThat(revision().getMetadata().getAnnotations())
        .containsEntry("metricsserver.dev/failed-reason", "ImagePullBackOff");

    operator.kill();
    var generation = cluster.deployment().getMetadata().getGeneration();
    operator = new OperatorUnderTest(kubeconfig, "rollback-it", "rollback-it-2");
    soon("the next one looked", () -> assertThat(operator.log()).contains("Verified all objects"));
    assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);

    cluster.admin().resource(cluster.deployment()).delete();
    soon("it comes back", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(cluster.container().getImage())
        .as("after a user deleted the Deployment")
        .endsWith(":v0.8.1");

    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}, image: {tag: elsewhere}}");
    soon(
        "another spec is tried",
        () -> assertThat(cluster.container().getImage()).endsWith(":elsewhere"));
    soon(
        "it is on its way",
        () -> assertThat(condition("Ready").getReason()).isEqualTo("RolloutInProgress"));
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

  private Condition condition(String type) {
    return Optional.ofNullable(cluster.config().getStatus())
        .flatMap(s -> s.condition(ConditionType.valueOf(type)))
        .orElseGet(Condition::new);
  }

  private void soon(String what, ThrowingRunnable assertion) {
    try {
      await(what)
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .untilAsserted(assertion);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "%s\n%s\n%s\n%s"
              .formatted(
                  e.getMessage(),
                  operator.log(),
                  cluster.admin().getKubernetesSerialization().asYaml(cluster.deployment()),
                  cluster.admin().getKubernetesSerialization().asYaml(revision())),
          e);
    }
  }
}
