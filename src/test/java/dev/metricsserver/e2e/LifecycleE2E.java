package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.Shell;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Restarts, changes of version and failed changes, with a client that asks ten times a second. */
@EndToEndTest(cluster = 3)
class LifecycleE2E {

  /** Two scrapes and 90 seconds without progress, and until the operator looks again. */
  private static final Duration A_ROLLBACK = Duration.ofMinutes(8);

  private static final String OLD = "0.8.0";
  private static final String NEW = "0.9.0";

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    client = cluster.admin();
  }

  @BeforeEach
  void ready() {
    cluster.apply("");
    cluster.awaitReady();
  }

  @Test
  void operator_restarted_noRequestFails(TestReporter reporter) {
    var generation = cluster.deployment().getMetadata().getGeneration();
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.restartOperator();
      assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
      assertThat(load.requests()).as("requests").isGreaterThan(20);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  @Test
  void version_changedTwice_noRequestFails(TestReporter reporter) {
    cluster.run(
        "deploy/local/load-image",
        Shell.run("deploy/local/binaries", "--metrics-server", OLD).lines().toList().getLast());
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.apply("version: " + OLD);
      runs(OLD);
      cluster.apply("version: " + NEW);
      runs(NEW);
      assertThat(load.requests()).as("requests").isGreaterThan(200);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  private static void runs(String version) {
    cluster.awaitReady();
    assertThat(cluster.status().version()).isEqualTo(version);
    assertThat(
            client
                .pods()
                .inNamespace(NAMESPACE)
                .withLabel("k8s-app", "metrics-server")
                .list()
                .getItems())
        .flatExtracting(pod -> pod.getSpec().getContainers())
        .extracting(Container::getImage)
        .contains("registry.k8s.io/metrics-server/metrics-server:v" + version);
  }

  // ------------------------------------------------------------------------------------- rollbacks

  @Test
  void image_bad_isRolledBackWithoutOutage(TestReporter reporter) {
    isRolledBack(
        reporter,
        "image: {tag: v0.0.0-nowhere}",
        "its image could not be pulled",
        () -> {
          cluster.apply("");
          cluster.awaitReady();
        });
  }

  /** The flag exists, so the operator takes it; what it is set to makes no sense. */
  @Test
  void flag_bad_isRolledBackWithoutOutage(TestReporter reporter) {
    isRolledBack(
        reporter,
        "extraArgs: [--authentication-token-webhook-cache-ttl=soon]",
        "metrics-server exited at startup",
        () -> {});
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
  }

  /**
   * @param then what happens next, and is not noticed either
   */
  private static void isRolledBack(
      TestReporter reporter, String change, String why, Runnable then) {
    var remembered = lastReady();
    assertThat(remembered.getMetadata().getOwnerReferences()).hasSize(1);
    var template = cluster.deployment().getSpec().getTemplate();
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.apply(change);
      cluster.eventually(
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
      cluster.restartOperator();
      assertThat(cluster.deployment().getMetadata().getGeneration())
          .as("what failed is not tried again")
          .isEqualTo(generation);
      assertThat(cluster.condition("Ready").getReason()).isEqualTo("RolledBack");
      assertThat(lastReady().getData()).isEqualTo(remembered.getData());
      then.run();
      assertThat(load.requests()).as("requests").isGreaterThan(500);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  private static ControllerRevision lastReady() {
    return client
        .apps()
        .controllerRevisions()
        .inNamespace(NAMESPACE)
        .withName("metrics-server-operator-last-ready")
        .get();
  }
}
