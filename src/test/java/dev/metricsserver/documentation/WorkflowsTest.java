package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What others' code may do in the project's name: the workflows take little and trust nobody. */
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
    var name = module.getFileName().toString().toUpperCase(Locale.ROOT).replace('-', '_');
    assertThat(Files.readAllLines(module.resolve("go.mod")))
        .filteredOn(line -> line.matches("require \\S+ v\\S+"))
        .hasSize(Files.exists(module.resolve("go.sum")) ? 1 : 0)
        .extracting(line -> name + "_VERSION=" + line.replaceAll(".* v", ""))
        .isSubsetOf(Files.readAllLines(Path.of("deploy/local/versions.env")));
  }

  private static Stream<JsonNode> elements(JsonNode list) {
    return list.valueStream();
  }
}
