package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The workflows need few rights, and third-party code in them is pinned. */
class WorkflowsTest {

  static Stream<Path> workflows() throws IOException {
    try (var files = Files.list(Path.of(".github/workflows"))) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("workflows")
  void actionsArePinnedByDigest(Path workflow) throws IOException {
    assertThat(Files.readAllLines(workflow).stream().filter(line -> line.contains("uses: ")))
        .isNotEmpty()
        .allMatch(line -> line.matches(".* uses: [\\w/-]+@[0-9a-f]{40} # v[0-9.]+"));
  }

  @ParameterizedTest
  @MethodSource("workflows")
  void eachJobHasOnlyTheRightsThatItNames(Path workflow) throws IOException {
    var yaml = new YAMLMapper().readTree(workflow.toFile());

    assertThat(yaml.get("permissions")).isEmpty();
    assertThat(yaml.get("jobs"))
        .isNotEmpty()
        .allSatisfy(job -> {
          assertThat(job.at("/permissions/contents").asText()).isIn("read", "write");
          assertThat(job.get("timeout-minutes")).isNotNull();
        });
    assertThat(yaml.findValues("steps").stream().flatMap(WorkflowsTest::elements))
        .filteredOn(step -> step.path("uses").asText().startsWith("actions/checkout@"))
        .isNotEmpty()
        .allSatisfy(
            step -> assertThat(step.at("/with/persist-credentials").asText()).isEqualTo("false"));
  }

  /** A compromised action or dependency gets no more than these. */
  @Test
  void onlyTheReleaseWritesAndCodeQlItsFindings() throws IOException {
    var written = new TreeSet<String>();
    for (var workflow : workflows().toList()) {
      for (var job : new YAMLMapper().readTree(workflow.toFile()).get("jobs").properties()) {
        job.getValue().get("permissions").properties().stream()
            .filter(p -> p.getValue().asText().equals("write"))
            .forEach(p ->
                written.add(
                    "%s %s %s".formatted(workflow.getFileName(), job.getKey(), p.getKey())));
      }
    }
    assertThat(written)
        .containsExactly(
            "codeql.yaml analyze security-events",
            "release.yaml image packages",
            "release.yaml release attestations",
            "release.yaml release contents",
            "release.yaml release id-token",
            "release.yaml release packages");
  }

  /** What users verify and install from. */
  @Test
  void aReleaseHasAllItsParts() throws IOException {
    var text = Files.readString(Path.of(".github/workflows/release.yaml"));
    assertThat(text)
        .contains("tags: [\"v*\"]", "run: .ci/run")
        .contains("architecture: amd64", "architecture: arm64", "imagetools create")
        .contains("sbom-path: target/bom.json", ".cdx.json", "push-to-registry: true")
        .contains("subject-path: dist/*", "sign --yes \"$IMAGE@$IMAGE_DIGEST\"")
        .contains("helm push", "sign --yes \"$CHARTS/metrics-server-operator@$CHART_DIGEST\"")
        .contains("dist/install.yaml", "dist/images.txt", "checksums.txt", "--generate-notes");
  }

  /** A tag in the registry can be moved between two jobs. */
  @Test
  void aReleaseJoinsWhatItsJobsBuilt() throws IOException {
    var text = Files.readString(Path.of(".github/workflows/release.yaml"));
    assertThat(text)
        .contains("name: digest-${{ matrix.architecture }}")
        .contains("\"$IMAGE@$(<digest-amd64/digest.txt)\" \"$IMAGE@$(<digest-arm64/digest.txt)\"")
        .doesNotContain("\"$IMAGE:$VERSION-amd64\" \"$IMAGE:$VERSION-arm64\"")
        .contains("  digest: $DIGEST|\" deploy/helm/metrics-server-operator/values.yaml");
    assertThat(text.lines().filter(line -> line.contains("gh attestation verify")))
        .hasSize(3)
        .allMatch(line -> line.contains("--signer-workflow"));
    assertThat(Path.of("SECURITY.md"))
        .content()
        .contains(
            "workflow=$repository/.github/workflows/release.yaml", "--signer-workflow $workflow");
  }

  /** The chart refuses an older one. */
  @Test
  void theOldestKubernetesIsTested() throws IOException {
    var oldest =
        new YAMLMapper()
            .readTree(Path.of("deploy/helm/metrics-server-operator/Chart.yaml").toFile())
            .get("kubeVersion")
            .asText()
            .replaceAll(">=(\\d+\\.\\d+)\\..*", "$1");
    assertThat(
            new YAMLMapper()
                .readTree(Path.of(".github/workflows/ci.yaml").toFile())
                .at("/jobs/kubernetes/strategy/matrix/version/0")
                .asText())
        .startsWith(oldest + ".");
  }

  /** A text of others, such as a branch's name, would be part of the command. */
  @ParameterizedTest
  @MethodSource("workflows")
  void commandsTakeTextsOfOthersFromTheEnvironment(Path workflow) throws IOException {
    assertThat(new YAMLMapper().readTree(workflow.toFile()).findValuesAsText("run"))
        .isNotEmpty()
        .noneMatch(command -> command.contains("${{"));
  }

  static Stream<Path> modules() throws IOException {
    try (var files = Files.list(Path.of("deploy/local/build"))) {
      return files.sorted().toList().stream();
    }
  }

  /** Otherwise the scripts would quietly compile the other version, from a module in the cache. */
  @ParameterizedTest
  @MethodSource("modules")
  void dependabotsVersionIsTheOneThatIsCompiled(Path module) throws IOException {
    var versions =
        Files.readAllLines(Path.of("deploy/local/versions.env")).stream()
            .map(line -> line.replaceAll("^[A-Z_]+_VERSION=", ""))
            .toList();
    var required =
        Files.readAllLines(module.resolve("go.mod")).stream()
            .filter(line -> line.matches("require \\S+ v\\S+"))
            .map(line -> line.replaceAll(".* v", ""))
            .toList();
    assertThat(required.isEmpty()).isNotEqualTo(Files.exists(module.resolve("go.sum")));
    assertThat(versions).containsAll(required);
  }

  private static Stream<JsonNode> elements(JsonNode list) {
    return list.valueStream();
  }
}
