package dev.metricsserver.documentation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.NarrowRights;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is installed has one source: the plain files of {@code deploy/base}. The chart reads copies
 * of those that have no values, and {@code install.yaml} is all of them in one.
 */
class InstallFilesTest {

  private static final String REGENERATE = "./mvnw -q test -Dtest=InstallFilesTest -Dgolden=update";
  private static final Path CHART = Path.of("deploy/helm/metrics-server-operator");
  private static final Path DEFINITION =
      Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml");

  /** What the chart has, and where it comes from: Helm reads nothing outside a chart. */
  private static final Map<Path, Path> COPIES =
      Map.of(
          CHART.resolve("crds/metricsserverconfigs.metricsserver.dev.yaml"), DEFINITION,
          CHART.resolve("files/rbac.yaml"), Path.of("deploy/base/rbac.yaml"),
          CHART.resolve("files/admission.yaml"), Path.of("deploy/base/admission.yaml"),
          CHART.resolve("files/csr-approval.yaml"), Path.of("deploy/csr-approval/rbac.yaml"),
          CHART.resolve("files/diagnosis.yaml"), Path.of("deploy/diagnosis/rbac.yaml"));

  private static final Path ALERTS = Path.of("deploy/monitoring/alerts.yaml");

  static Stream<Path> copies() {
    return COPIES.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("copies")
  void theChartHasTheSameFiles(Path copy) throws IOException {
    assertIsGenerated(copy, Files.readString(COPIES.get(copy)));
  }

  @Test
  void oneFileHasEverything() throws IOException {
    var text =
        new StringBuilder("# Generated from deploy/base. After a change there:\n# " + REGENERATE);
    for (var file :
        List.of(
            DEFINITION,
            Path.of("deploy/base/namespace.yaml"),
            Path.of("deploy/base/rbac.yaml"),
            Path.of("deploy/base/admission.yaml"),
            Path.of("deploy/base/network-policy.yaml"),
            Path.of("deploy/base/deployment.yaml"))) {
      text.append("\n---\n").append(Files.readString(file).strip());
    }
    assertIsGenerated(InstallFiles.INSTALL, text.append('\n').toString());
  }

  /** The operator makes none where it only observes. */
  @Test
  void theAlertsAreInAFileToo() throws IOException {
    var rule =
        Monitoring.rule(Plans.plan("{}", SampleCluster.ofNodes(2).prometheusOperator()))
            .orElseThrow();
    rule.setMetadata(
        new ObjectMetaBuilder()
            .withName("metrics-server-operator")
            .withNamespace("metrics-server-operator")
            .addToLabels("release", "prometheus")
            .build());
    assertIsGenerated(
        ALERTS,
        """
        # The alerts of docs/monitoring.md, for a metrics-server that is only observed; of any other the operator makes them.
        #
        #   kubectl apply -f deploy/monitoring/alerts.yaml
        #
        # Generated. After a change of the alerts:
        # %s
        """
                .formatted(REGENERATE)
            + new KubernetesSerialization().asYaml(rule));
  }

  private static void assertIsGenerated(Path file, String text) throws IOException {
    if ("update".equals(System.getProperty("golden"))) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
    assertThat(file)
        .as("its source changed; this writes it: %s", REGENERATE)
        .content(UTF_8)
        .isEqualTo(text);
  }

  @Test
  void theProjectsVersionIsEverywhere() throws IOException {
    var version =
        Files.readAllLines(Path.of("pom.xml")).stream()
            .filter(line -> line.startsWith("  <version>"))
            .map(line -> line.replaceAll("</?version>", "").strip())
            .findFirst()
            .orElseThrow();
    assertThat(CHART.resolve("Chart.yaml"))
        .content(UTF_8)
        .contains("\nversion: " + version + "\n", "\nappVersion: " + version + "\n");
    assertThat(InstallFiles.INSTALL)
        .content(UTF_8)
        .contains("metrics-server-operator:" + version + "\n");
  }

  static Stream<PolicyRule> rules() {
    return Stream.of(
            InstallFiles.INSTALL, InstallFiles.CSR_APPROVAL, Path.of("deploy/diagnosis/rbac.yaml"))
        .flatMap(file -> InstallFiles.rules(file).values().stream())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void rightsAreNarrow(PolicyRule rule) {
    NarrowRights.assertNarrow(rule);
    assertThat(rule.getNonResourceURLs()).isEmpty();
  }
}
