package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * GitOps tools that apply the same configuration repeatedly, with kubectl and Helm on a real API
 * server: it changes nothing, and no field has two owners.
 */
@IntegrationTest
class GitOpsIT {

  private static final Path EXAMPLE = Path.of("deploy/examples/air-gap/metricsserverconfig.yaml");
  private static final String DEFINITION = "crd/metricsserverconfigs.metricsserver.dev";
  private static final Path CONFIG = Path.of("templates/config.yaml");

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static Path kubeconfig;

  @BeforeAll
  static void start() throws Exception {
    kubeconfig = cluster.adminKubeconfig();
    cluster.startOperator();
  }

  @BeforeEach
  void nothingIsThere() {
    kubectl("delete", "msc", "cluster", "--ignore-not-found");
  }

  /** As users apply it, and apply it again. */
  enum Tool {
    CLIENT_SIDE {
      @Override
      void apply(Path folder) {
        kubectl("apply", "--filename=" + folder.resolve(CONFIG));
      }
    },
    SERVER_SIDE {
      @Override
      void apply(Path folder) {
        kubectl("apply", "--server-side", "--filename=" + folder.resolve(CONFIG));
      }
    },
    HELM {
      @Override
      void apply(Path folder) {
        helm("upgrade", "--install", "config", folder.toString());
      }
    };

    abstract void apply(Path folder);
  }

  @ParameterizedTest
  @EnumSource
  void configuration_appliedAgain_changesNothing(Tool tool, @TempDir Path folder)
      throws IOException {
    var chart = chart(folder);
    tool.apply(chart);
    awaitDeployment();
    cluster.awaitQuiet(Duration.ofSeconds(3));
    var config = cluster.config().getMetadata().getResourceVersion();
    var deployment = cluster.deployment().getMetadata().getResourceVersion();
    var writes = cluster.audit().operatorWrites().size();

    tool.apply(chart);
    cluster.awaitQuiet(Duration.ofSeconds(3));

    assertThat(cluster.config().getMetadata().getResourceVersion()).isEqualTo(config);
    assertThat(cluster.deployment().getMetadata().getResourceVersion()).isEqualTo(deployment);
    assertThat(cluster.audit().operatorWrites()).hasSize(writes);
  }

  /** By kstatus, by which Helm and Flux wait. */
  @Test
  void configuration_operatorDown_isInProgress(@TempDir Path folder) throws IOException {
    var chart = chart(folder);
    Tool.HELM.apply(chart);
    awaitDeployment();
    cluster.killOperator();
    try {
      Files.writeString(
          chart.resolve(CONFIG), "  metricResolution: 20s\n", StandardOpenOption.APPEND);
      assertIsInProgress(chart);
      kubectl("delete", "msc", "cluster");
      assertIsInProgress(chart);
    } finally {
      cluster.startOperator();
    }
  }

  private static void assertIsInProgress(Path chart) {
    assertThatThrownBy(() -> helm("upgrade", "config", chart.toString(), "--wait", "--timeout=3s"))
        .hasMessageContaining("MetricsServerConfig//cluster not ready. status: InProgress");
  }

  private static void awaitDeployment() {
    awaitObserved();
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
  }

  private static void awaitObserved() {
    cluster.eventually(
        "the generation is observed",
        () ->
            assertThat(cluster.config().getStatus().observedGeneration())
                .isEqualTo(cluster.config().getMetadata().getGeneration()));
  }

  /** A chart with nothing but a MetricsServerConfig. */
  private static Path chart(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("Chart.yaml"), "{apiVersion: v2, name: config, version: 1.0.0}");
    Files.createDirectory(folder.resolve("templates"));
    Files.writeString(
        folder.resolve(CONFIG),
        Files.readString(EXAMPLE) + "  kubelet:\n    tls: {mode: Insecure}\n");
    return folder;
  }

  /** As where the operator is upgraded and the definition is not. */
  @Test
  void definition_olderRelease_acceptsStatus() {
    kubectl(
        "patch",
        DEFINITION,
        "--type=json",
        "--patch=[{\"op\": \"remove\", \"path\":"
            + " \"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/logging\"}]");
    try {
      cluster.eventually(
          "the field is not described",
          () ->
              assertThat(
                      Shell.print(
                          Programs.kubectl(),
                          "--kubeconfig=" + kubeconfig,
                          "explain",
                          "msc.spec.logging"))
                  .contains("does not exist"));
      kubectl("apply", "--filename=" + EXAMPLE);
      awaitObserved();
    } finally {
      kubectl("replace", "--filename=crds/metricsserverconfigs.metricsserver.dev.yaml");
    }
  }

  /** So that no GitOps tool needs a rule to ignore a difference. */
  @Test
  void configuration_reconciled_operatorOwnsOnlyStatus() {
    kubectl("apply", "-f", EXAMPLE.toString());
    cluster.eventually(
        "the status exists",
        () ->
            assertThat(cluster.config().getMetadata().getManagedFields())
                .anyMatch(m -> "status".equals(m.getSubresource())));
    assertThat(cluster.config().getMetadata().getManagedFields())
        .filteredOn(m -> m.getManager().equals("metrics-server-operator"))
        .extracting(ManagedFieldsEntry::getSubresource)
        .containsOnly("status");
    assertThat(kubectl("diff", "--filename=" + EXAMPLE)).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> examples_applied_areReconciled() throws IOException {
    // No server answers there, and each would be waited for.
    cluster.admin().nodes().delete();
    try (var files = Files.walk(Path.of("deploy/examples"))) {
      return files
          .filter(file -> file.toString().endsWith(".yaml"))
          .filter(GitOpsIT::isOfKubernetes)
          .sorted()
          .toList()
          .stream()
          .map(file -> dynamicTest(file.toString(), () -> assertReconciled(file)));
    }
  }

  /** By the definitions that come with them. */
  @Test
  void gitops_manifests_areAcceptedByFluxAndArgo() throws IOException {
    cluster.apply(
        GoModules.file(
            "github.com/fluxcd/kustomize-controller",
            "v1.9.0",
            "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"));
    cluster.apply(
        GoModules.file(
            "github.com/argoproj/argo-cd/v3", "v3.3.0", "manifests/crds/application-crd.yaml"));
    kubectl("create", "namespace", "flux-system");
    kubectl("create", "namespace", "argocd");

    cluster.eventually(
        "the kinds are served and the manifests accepted",
        () ->
            assertThat(
                    kubectl(
                        "apply",
                        "--dry-run=server",
                        "--server-side",
                        "--validate=strict",
                        "--recursive",
                        "--filename=deploy/gitops"))
                .contains(
                    "application.argoproj.io/metrics-server-operator",
                    "configmap/argocd-cm",
                    "kustomization.kustomize.toolkit.fluxcd.io/metrics-server-operator",
                    "kustomization.kustomize.toolkit.fluxcd.io/metrics-server ")
                .doesNotContain("Warning"));
  }

  private static void assertReconciled(Path file) {
    kubectl("delete", "msc", "cluster", "--ignore-not-found");
    var answer =
        kubectl("apply", "--server-side", "--validate=strict", "--filename=" + file.toString());
    if (answer.contains("metricsserverconfig.")) {
      awaitObserved();
      // There is nothing here that could be observed, and no cert-manager.
      var spec = cluster.config().getSpec();
      var stalls =
          spec.conflictPolicy() == ConflictPolicy.Observe
              || spec.serving().tls().source() == Source.CertManager;
      assertThat(cluster.config().getStatus().condition(ConditionType.Stalled))
          .get()
          .satisfies(c ->
              assertThat(c.getStatus()).as(c.getMessage()).isEqualTo(stalls ? "True" : "False"));
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

  private static String kubectl(String... arguments) {
    return run(Programs.kubectl(), arguments);
  }

  private static String helm(String... arguments) {
    return run(Programs.helm(), arguments);
  }

  private static String run(String program, String... arguments) {
    return Shell.run(
        Stream.concat(Stream.of(program, "--kubeconfig=" + kubeconfig), Arrays.stream(arguments))
            .toArray(String[]::new));
  }
}
