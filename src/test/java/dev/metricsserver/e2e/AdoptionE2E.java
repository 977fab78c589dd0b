package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.Programs;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A running metrics-server becomes the operator's, with a client that asks ten times a second. */
@EndToEndTest(cluster = 1)
class AdoptionE2E {

  private static final Path MANIFEST = Path.of("deploy/local/upstream/components.yaml");
  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.9.0";

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @TempDir private Path directory;

  @BeforeAll
  static void install() {
    client = cluster.admin();
  }

  @AfterEach
  void remove() {
    cluster.delete(DeletionPropagation.BACKGROUND);
    cluster.awaitGone();
  }

  @Test
  void adopt_upstreamManifest_noRequestFails(TestReporter reporter) throws IOException {
    var file = directory.resolve("components.yaml");
    Files.writeString(file, Files.readString(MANIFEST).replace("IMAGE", IMAGE));
    cluster.kubectl("apply", "--filename", file.toString());
    isAdoptedWithoutAFailedRequest(reporter, "a user with kubectl");
  }

  @Test
  void adopt_helmRelease_noRequestFails(TestReporter reporter) {
    helm(GoModules.installMetricsServer("--kubelet-insecure-tls"));
    isAdoptedWithoutAFailedRequest(
        reporter, "Helm release metrics-server in namespace kube-system");
    assertThat(helm("list", "--short")).contains("metrics-server");
    cluster.kubectl(
        "--namespace=" + NAMESPACE,
        "delete",
        "secret",
        "--selector=owner=helm,name=metrics-server");
    assertThat(helm("list", "--short")).doesNotContain("metrics-server");
    cluster.kubectl("delete", "clusterrole", "system:metrics-server-aggregated-reader");
  }

  private void isAdoptedWithoutAFailedRequest(TestReporter reporter, String owner) {
    cluster.eventually(
        A_ROLLOUT,
        "theirs answers",
        () -> assertThat(client.top().nodes().metrics().getItems()).isNotEmpty());
    var before = cluster.deployment();
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.apply("");
      cluster.eventually(
          A_ROLLOUT,
          "it is refused, and seen to answer",
          () -> {
            assertThat(cluster.condition("Stalled").getReason()).isEqualTo("Conflict");
            assertThat(cluster.condition("MetricsAvailable").getStatus()).isEqualTo("True");
          });
      cluster.apply("conflictPolicy: Observe");
      cluster.eventually(
          A_ROLLOUT,
          "it is watched",
          () -> assertThat(cluster.condition("Ready").getReason()).isEqualTo("Observing"));
      assertThat(cluster.deployment().getMetadata().getGeneration())
          .isEqualTo(before.getMetadata().getGeneration());

      cluster.apply("conflictPolicy: Adopt");
      cluster.awaitReady();
      cluster.eventually(
          A_ROLLOUT,
          "nothing of the other one is left",
          () -> {
            assertThat(cluster.deployment().getSpec().getMinReadySeconds()).isNull();
            assertThat(cluster.deployment().getStatus().getReplicas()).isEqualTo(2);
            assertThat(adopted()).contains(owner);
          });
      var after = cluster.deployment();
      assertThat(after.getMetadata().getUid()).isEqualTo(before.getMetadata().getUid());
      assertThat(after.getSpec().getSelector()).isEqualTo(before.getSpec().getSelector());
      assertThat(load.requests()).as("requests").isGreaterThan(200);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }
  }

  private static String adopted() {
    return cluster.status().findings().stream()
        .filter(f -> f.code().equals("Adopted"))
        .map(FindingStatus::message)
        .findFirst()
        .orElseThrow();
  }

  private static String helm(String... arguments) {
    var command = new ArrayList<>(List.of(Programs.helm()));
    command.addAll(List.of(arguments));
    command.add("--namespace=" + NAMESPACE);
    return cluster.run(command.toArray(String[]::new));
  }
}
