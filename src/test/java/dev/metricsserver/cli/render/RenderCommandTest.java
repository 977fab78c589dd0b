package dev.metricsserver.cli.render;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.cli.common.Resources;
import dev.metricsserver.model.Platform;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code render} prints, byte by byte, and what it refuses. */
class RenderCommandTest {

  private static final Path GOLDEN = Path.of("src/test/resources/cli/render.yaml");
  private static final String UPDATE = "./mvnw -q test -Dtest=RenderCommandTest -Dgolden=update";

  @TempDir private Path directory;

  @Test
  void itPrintsTheSameBytesEveryTime() throws IOException {
    var once = render("{}", "--kubernetes", "1.35", "--nodes", "3", "--platform", "talos");
    assertThat(once.status()).as(once.err()).isZero();
    // What changes with a release and not with the code.
    var printed = once.out().replace(Resources.version(), "VERSION");
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(GOLDEN, printed);
    }
    assertThat(GOLDEN).as("this writes it again: %s", UPDATE).content(UTF_8).isEqualTo(printed);
    assertThat(render("{}", "--kubernetes", "1.35", "--nodes", "3", "--platform", "talos"))
        .isEqualTo(once);
  }

  @Test
  void theObjectsAreInTheOrderOfTheirNeed() throws IOException {
    assertThat(kinds(render("{}", "--kubernetes", "1.35")))
        .containsExactly(
            "NetworkPolicy",
            "ServiceAccount",
            "ClusterRole",
            "ClusterRole",
            "ClusterRoleBinding",
            "ClusterRoleBinding",
            "RoleBinding",
            "Service",
            "PodDisruptionBudget",
            "Deployment",
            "APIService");
  }

  @Test
  void nodesAndVersionDecide() throws IOException {
    assertThat(render("{}", "--kubernetes", "1.28", "--nodes", "1").out())
        .contains("replicas: 1", ":v0.7.2")
        .doesNotContain("PodDisruptionBudget");
    assertThat(render("{}", "--kubernetes", "1.35", "--nodes", "400").out())
        .contains("replicas: 2", "metricsserver.dev/sized-for-nodes: \"500\"");
    assertThat(render("{}", "--kubernetes", "1.35", "--platform", "fargate").out())
        .contains("--secure-port=10251");
    assertThat(render("{}", "--kubernetes", "1.35", "--api-server", "10.0.0.1:8443").out())
        .contains("10.0.0.1/32", "port: 8443")
        .doesNotContain("port: 6443");
  }

  @Test
  void whatIsWeakerThanWithAnOperatorIsSaidBesideTheObjects() throws IOException {
    var rendered = render("{}", "--kubernetes", "1.35", "--platform", "talos");
    assertThat(rendered.err())
        .contains("certificates cannot be seen from here", "on Talos", "mode: Insecure")
        .contains("serving certificate:");
    assertThat(rendered.out()).doesNotContain("--kubelet-insecure-tls");
    assertThat(render("{kubelet: {tls: {mode: Insecure}}}", "--kubernetes", "1.35").out())
        .contains("--kubelet-insecure-tls");
    assertThat(render("{}", "--kubernetes", "1.35", "--platform", "k3s").err())
        .doesNotContain("certificates cannot be seen");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{replica: 2}            | spec.replica: there is no such field; here are audit,"
            + " conflictPolicy",
        "{replicas: two}         | spec.replicas: \"two\" must be a whole number",
        "{replicas: 11}          | spec.replicas: 11 must be at most 10",
        "{metricResolution: 5s}  | spec.metricResolution: \"5s\": metricResolution must be a",
        "{deletionPolicy: keep}  | spec.deletionPolicy: \"keep\" must be one of Delete, Retain",
        "{extraArgs: [--foo=1]}  | spec.extraArgs: metrics-server 0.9.0 has no flag --foo; remove",
        "{version: 0.5.0}        | spec.version: metrics-server 0.5.0 is not known",
        "{replicas: 1, replicas: 2} | Duplicate field 'replicas'",
      })
  void whatTheClusterWouldRefuseIsRefused(String spec, String message) throws IOException {
    var refused = render(spec, "--kubernetes", "1.35");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains(message).doesNotContain("\tat ");
  }

  /** By whom to verify only the cluster knows. */
  @ParameterizedTest
  @ValueSource(
      strings = {"{source: CertManager}", "{source: Secret, secretRef: {name: corporate}}"})
  void certificate_ofAnotherIssuer_isRenderedAsSelfSigned(String tls) throws IOException {
    var run = render("{serving: {tls: %s}}".formatted(tls), "--kubernetes", "1.35");
    assertThat(run.status()).isZero();
    assertThat(run.out()).isEqualTo(render("{}", "--kubernetes", "1.35").out());
    assertThat(run.err())
        .contains("only the Secret tells the CA of its certificate")
        .contains("insecureSkipTLSVerify");
  }

  @ParameterizedTest
  @CsvSource({
    "--nodes=0, --nodes: 0 nodes are no cluster",
    "--platform=plan9, --platform",
    "--api-server=here, --api-server: 'here' is no address and port",
  })
  void wrongOptionsAreNamed(String option, String message) throws IOException {
    var refused = render("{}", "--kubernetes", "1.35", option);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.err()).contains(message);
  }

  @Test
  void aVersionThatIsNoneIsSaidToBe() throws IOException {
    assertThat(render("{}", "--kubernetes", "new").err())
        .contains("--kubernetes: 'new' is no version such as 1.35");
  }

  @ParameterizedTest
  @EnumSource
  void aPlatformIsRecognisedByWhatItsNodesAreGiven(Platform platform) {
    assertThat(Platform.of(OfflineCluster.node("node", platform))).isEqualTo(platform);
  }

  private CommandLineRun render(String spec, String... options) throws IOException {
    var file =
        Files.writeString(
            directory.resolve("cr.yaml"),
            """
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata: {name: cluster}
            spec: %s
            """
                .formatted(spec));
    var arguments = new java.util.ArrayList<>(List.of("render", "-f", file.toString()));
    arguments.addAll(List.of(options));
    return CommandLineRun.of(arguments.toArray(String[]::new));
  }

  private static List<String> kinds(CommandLineRun run) {
    var objects = (List<?>) new KubernetesSerialization().unmarshal(run.out());
    return objects.stream().map(o -> ((HasMetadata) o).getKind()).toList();
  }
}
