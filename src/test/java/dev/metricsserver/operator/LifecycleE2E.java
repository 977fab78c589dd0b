package dev.metricsserver.operator;

import static dev.metricsserver.operator.LocalCluster.A_ROLLOUT;
import static dev.metricsserver.operator.LocalCluster.NAMESPACE;
import static dev.metricsserver.operator.LocalCluster.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes, failures and ends of an installation, with a client that asks ten times a second. */
class LifecycleE2E {

  /** Another version than the one that is chosen for this Kubernetes. */
  private static final String OTHER = "0.8.0";

  private static final Duration A_DELETION = Duration.ofSeconds(10);

  /** Two scrapes and 90 seconds without progress, and until the operator looks again. */
  private static final Duration A_ROLLBACK = Duration.ofMinutes(4);

  private static LocalCluster cluster;
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    cluster = new LocalCluster();
    client = cluster.client();
  }

  @AfterAll
  static void close() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void ready() {
    cluster.apply("");
    cluster.awaitReady();
  }

  // --------------------------------------------------------------------------------------- changes

  @Test
  void anotherVersionRollsOutWithoutAFailedRequest() {
    var archive = Shell.run("deploy/local/binaries", "--metrics-server", OTHER).lines().toList();
    Shell.run("deploy/local/load-image", archive.getLast());
    var version = cluster.status().version();
    try (var load = new MetricsLoad(client)) {
      cluster.apply("version: " + OTHER);
      awaitVersion(OTHER);
      cluster.apply("version: " + version);
      awaitVersion(version);
      assertThat(load.requests()).as("requests during both rollouts").isGreaterThan(100);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  @Test
  void aRestartOfTheOperatorIsNotNoticed() {
    var generation = cluster.deployment().getMetadata().getGeneration();
    try (var load = new MetricsLoad(client)) {
      restartOperator();
      assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
      assertThat(load.requests()).as("requests").isGreaterThan(20);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  // ------------------------------------------------------------------------------------- rollbacks

  @Test
  void aBadImageIsRolledBackAndMetricsAreNeverGone() {
    isRolledBack("image: {tag: v0.0.0-nowhere}", "its image could not be pulled");
  }

  /** The flag exists, so the operator takes it; what it is set to makes no sense. */
  @Test
  void aBadFlagIsRolledBackAndMetricsAreNeverGone() {
    isRolledBack(
        "extraArgs: [--authentication-token-webhook-cache-ttl=soon]",
        "metrics-server stopped right after its start");
  }

  private void isRolledBack(String change, String why) {
    var remembered = lastReady();
    assertThat(remembered.getMetadata().getOwnerReferences()).hasSize(1);
    var template = cluster.deployment().getSpec().getTemplate();
    try (var load = new MetricsLoad(client)) {
      cluster.apply(change);
      within(
          A_ROLLBACK,
          "it is rolled back",
          () -> {
            assertThat(cluster.condition("Ready").getReason()).isEqualTo("RolledBack");
            assertThat(cluster.condition("Ready").getMessage()).contains(why);
            assertThat(cluster.deployment().getStatus().getUpdatedReplicas()).isEqualTo(2);
            assertThat(cluster.deployment().getStatus().getAvailableReplicas()).isEqualTo(2);
          });
      assertThat(cluster.deployment().getSpec().getTemplate()).isEqualTo(template);
      assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("True");
      assertThat(cluster.condition("MetricsAvailable").getStatus()).isEqualTo("True");
      var generation = cluster.deployment().getMetadata().getGeneration();
      restartOperator();
      assertThat(cluster.deployment().getMetadata().getGeneration())
          .as("what failed is not tried again")
          .isEqualTo(generation);
      assertThat(cluster.condition("Ready").getReason()).isEqualTo("RolledBack");
      assertThat(lastReady().getData()).isEqualTo(remembered.getData());
      cluster.apply("");
      cluster.awaitReady();
      assertThat(load.requests()).as("requests").isGreaterThan(500);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  // ------------------------------------------------------------------------------------- deletions

  @Test
  void whatWasNeverReadyIsDeletedWithinTenSeconds() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
    cluster.apply("image: {tag: v0.0.0-nowhere}");
    within(
        A_ROLLOUT,
        "it says why it is not ready",
        () -> assertThat(cluster.condition("Ready").getMessage()).contains("cannot pull"));
    isGoneAfterDeletion();
  }

  @Test
  void whatIsHalfInstalledIsDeletedWithinTenSeconds() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
    cluster.apply("");
    within(
        A_ROLLOUT,
        "the first objects are there",
        () ->
            assertThat(cluster.objects().filter(o -> client.resource(o).get() != null))
                .isNotEmpty());
    isGoneAfterDeletion();
  }

  @Test
  void anAPIThatDoesNotAnswerIsDeletedWithinTenSecondsAlsoWithoutTheOperator() {
    operator().scale(0);
    within(A_ROLLOUT, "the operator is gone", () -> assertThat(operatorPods()).isZero());
    try {
      client.apps().deployments().inNamespace(NAMESPACE).withName("metrics-server").scale(0);
      within(
          A_ROLLOUT,
          "the metrics API does not answer",
          () ->
              assertThat(
                      Shell.succeeds(
                          "deploy/local/kubectl", "get", "--raw", "/apis/metrics.k8s.io/v1beta1"))
                  .isFalse());
      isGoneAfterDeletion();
    } finally {
      operator().scale(1);
    }
  }

  private static void isGoneAfterDeletion() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    isGone();
  }

  private static void isGone() {
    within(
        A_DELETION,
        "nothing is left",
        () -> {
          assertThat(cluster.objects().filter(o -> client.resource(o).get() != null)).isEmpty();
          assertThat(lastReady()).isNull();
        });
    namespacesCanBeDeleted();
  }

  /** They cannot while an APIService is registered that nobody answers for. */
  private static void namespacesCanBeDeleted() {
    var namespace =
        client
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withName("to-be-deleted")
                    .endMetadata()
                    .build())
            .serverSideApply();
    client.resource(namespace).delete();
    within(
        Duration.ofSeconds(30),
        "a namespace is deleted",
        () -> assertThat(client.resource(namespace).get()).isNull());
  }

  @Test
  void theOperatorGoesFirstAndMetricsGoOnUntilTheDefinitionGoes() {
    try (var load = new MetricsLoad(client)) {
      Shell.run("deploy/local/kubectl", "delete", "namespace", "metrics-server-operator");
      assertThat(load.failures()).as("requests that failed").isEmpty();
    } finally {
      deleteDefinition();
      isGone();
      cluster.installOperator();
    }
  }

  @Test
  void theDefinitionGoesFirst() {
    deleteDefinition();
    isGone();
    cluster.installOperator();
  }

  private static void deleteDefinition() {
    Shell.run(
        "deploy/local/kubectl",
        "delete",
        "--wait=true",
        "--timeout=30s",
        "crd/metricsserverconfigs.metricsserver.dev");
  }

  // -------------------------------------------------------------------------------------- the rest

  private static void awaitVersion(String version) {
    within(
        A_ROLLOUT,
        version + " is Ready",
        () -> {
          assertThat(cluster.status().version()).isEqualTo(version);
          assertThat(cluster.condition("Ready").getStatus()).isEqualTo("True");
          assertThat(cluster.condition("Ready").getObservedGeneration())
              .isEqualTo(cluster.config().getMetadata().getGeneration());
          assertThat(cluster.deployment().getStatus().getUpdatedReplicas()).isEqualTo(2);
          assertThat(cluster.deployment().getStatus().getAvailableReplicas()).isEqualTo(2);
        });
  }

  private static ControllerRevision lastReady() {
    return client
        .apps()
        .controllerRevisions()
        .inNamespace(NAMESPACE)
        .withName("metrics-server-operator-last-ready")
        .get();
  }

  private static RollableScalableResource<Deployment> operator() {
    return client
        .apps()
        .deployments()
        .inNamespace("metrics-server-operator")
        .withName("metrics-server-operator");
  }

  private static int operatorPods() {
    return client
        .pods()
        .inNamespace("metrics-server-operator")
        .withLabels(Map.of("app.kubernetes.io/name", "metrics-server-operator"))
        .list()
        .getItems()
        .size();
  }

  private static void restartOperator() {
    operator().scale(0);
    within(A_ROLLOUT, "the operator is gone", () -> assertThat(operatorPods()).isZero());
    operator().scale(1);
    within(
        A_ROLLOUT,
        "it is back, and has looked",
        () -> {
          assertThat(Optional.ofNullable(operator().get().getStatus().getAvailableReplicas()))
              .contains(1);
          assertThat(
                  client
                      .pods()
                      .inNamespace("metrics-server-operator")
                      .withLabels(Map.of("app.kubernetes.io/name", "metrics-server-operator"))
                      .resources()
                      .map(pod -> pod.getLog())
                      .toList())
              .anyMatch(log -> log.contains("Verified all objects"));
        });
  }
}
