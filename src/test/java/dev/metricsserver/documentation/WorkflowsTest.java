package dev.metricsserver.documentation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static Stream<JsonNode> elements(JsonNode list) {
    return list.valueStream();
  }
}
