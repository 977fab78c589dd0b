package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Tools that apply the same again and again, with kubectl's own two ways, on a real API server:
 * nothing may come of it, and no field may have two owners.
 */
class GitOpsIT {

  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Path EXAMPLE = Path.of("deploy/examples/air-gap/metricsserverconfig.yaml");

  private static TestCluster cluster;
  private static OperatorUnderTest operator;
  private static Path kubeconfig;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestCluster();
    kubeconfig = cluster.adminKubeconfig();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "gitops-it");
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
  void whatIsAppliedAgainChangesNothing() throws Exception {
    var insecure =
        Files.writeString(
            cluster.directory().resolve("config.yaml"),
            Files.readString(EXAMPLE) + "  kubelet:\n    tls: {mode: Insecure}\n");
    kubectl("apply", "-f", insecure.toString());
    await("the Deployment is there and seen")
        .atMost(SOON)
        .untilAsserted(() -> {
          assertThat(cluster.deployment()).isNotNull();
          assertThat(cluster.config().getStatus().observedGeneration())
              .isEqualTo(cluster.config().getMetadata().getGeneration());
        });
    settled();
    var generation = cluster.config().getMetadata().getGeneration();
    var deployment = cluster.deployment().getMetadata().getResourceVersion();
    var writes = cluster.audit().operatorWrites().size();

    assertThat(kubectl("apply", "-f", insecure.toString())).contains("unchanged");
    kubectl("apply", "--server-side", "-f", insecure.toString());
    kubectl("apply", "--server-side", "-f", insecure.toString());
    kubectl("apply", "-f", insecure.toString());
    assertThat(kubectl("diff", "-f", insecure.toString())).isEmpty();
    settled();

    assertThat(cluster.config().getMetadata().getGeneration()).isEqualTo(generation);
    assertThat(cluster.deployment().getMetadata().getResourceVersion()).isEqualTo(deployment);
    assertThat(cluster.audit().operatorWrites()).hasSize(writes);
  }

  /** So nobody has to be told to ignore a difference. */
  @Test
  void theOperatorOwnsNothingOfTheResourceButItsStatus() throws Exception {
    kubectl("apply", "-f", EXAMPLE.toString());
    await("a status is there")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(cluster.config().getMetadata().getManagedFields())
                .anyMatch(m -> "status".equals(m.getSubresource())));
    assertThat(cluster.config().getMetadata().getManagedFields())
        .filteredOn(m -> m.getManager().equals("metrics-server-operator"))
        .extracting(ManagedFieldsEntry::getSubresource)
        .containsOnly("status");
  }

  @TestFactory
  Stream<DynamicTest> theAPIServerTakesEveryExample() throws IOException {
    try (var files = Files.walk(Path.of("deploy/examples"))) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(GitOpsIT::isOfKubernetes)
          .sorted()
          .toList()
          .stream()
          .map(file ->
              dynamicTest(
                  file.toString(),
                  () ->
                      kubectl(
                          "apply",
                          "--server-side",
                          "--force-conflicts",
                          "--dry-run=server",
                          "--validate=strict",
                          "-f",
                          file.toString())));
    }
  }

  private static boolean isOfKubernetes(Path file) {
    try {
      return Files.readString(file).contains("\napiVersion: ")
          || Files.readString(file).startsWith("apiVersion: ");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Until the operator has written nothing for three seconds. */
  private static void settled() {
    var last = new long[] {-1};
    await("the operator is quiet")
        .atMost(SOON)
        .during(Duration.ofSeconds(3))
        .until(() -> {
          var now = cluster.audit().operatorWrites().size();
          var same = now == last[0];
          last[0] = now;
          return same;
        });
  }

  /** Runs the kubectl of the API server under test; fails when it fails. */
  private static String kubectl(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(Programs.kubectl(), "--kubeconfig=" + kubeconfig));
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s\n%s", command, output).isZero();
    return output;
  }
}
