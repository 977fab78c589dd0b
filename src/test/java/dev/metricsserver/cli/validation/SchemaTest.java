package dev.metricsserver.cli.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a real API server admits and refuses (the same files are tried on one) is so here too. */
class SchemaTest {

  private static final Path CORPUS = Path.of("src/test/resources/crd");
  private static final String EXPECT = "# expect: ";
  private static final ObjectMapper YAML = new YAMLMapper();

  @TestFactory
  Stream<DynamicTest> whatTheAPIServerAdmitsIsAdmitted() throws IOException {
    return files("accept")
        .map(file ->
            dynamicTest(
                file.getFileName().toString(),
                () ->
                    assertThat(documents(file))
                        .isNotEmpty()
                        .allSatisfy(d -> assertThat(ConfigFile.problems(d)).isEmpty())));
  }

  /** A second document is a change of the first; that it is one is nothing a file tells. */
  @TestFactory
  Stream<DynamicTest> whatTheAPIServerRefusesIsRefusedByFieldAndWay() throws IOException {
    return files("reject")
        .filter(file -> documents(file).size() == 1)
        .map(file -> dynamicTest(file.getFileName().toString(), () -> refused(file)));
  }

  private static void refused(Path file) throws IOException {
    var problems = String.join("\n", ConfigFile.problems(documents(file).getFirst()));
    var expected =
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith(EXPECT))
            .map(line -> line.substring(EXPECT.length()))
            .toList();
    assertThat(expected).isNotEmpty();
    assertThat(problems).isNotEmpty();
    assertThat(expected)
        .as(problems)
        // The field where the API server names one, else its sentence.
        .allSatisfy(line -> assertThat(problems).contains(said(line)));
  }

  private static String said(String line) {
    if (line.startsWith("strict decoding error: unknown field ")) {
      return line.replaceAll(".*\"(.*)\".*", "$1") + ": there is no such field";
    }
    return line.matches("spec[.:].*") ? line.replaceFirst(": .*", ": ") : line;
  }

  @Test
  void rules_ofTheDefinition_areValid() throws IOException {
    var definition =
        YAML.readValue(
            Path.of("crds/metricsserverconfigs.metricsserver.dev.yaml").toFile(),
            CustomResourceDefinition.class);
    var rules = new ArrayList<String>();
    collect(definition.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(), rules);
    assertThat(rules)
        .hasSizeGreaterThan(20)
        .allSatisfy(rule -> assertThat(Cel.compile(rule)).isNotNull());
  }

  private static void collect(JSONSchemaProps schema, List<String> rules) {
    schema.getXKubernetesValidations().forEach(rule -> rules.add(rule.getRule()));
    schema.getProperties().values().forEach(property -> collect(property, rules));
    if (schema.getItems() != null) {
      collect(schema.getItems().getSchema(), rules);
    }
    if (schema.getAdditionalProperties() != null) {
      collect(schema.getAdditionalProperties().getSchema(), rules);
    }
  }

  private static Stream<Path> files(String folder) throws IOException {
    try (var files = Files.list(CORPUS.resolve(folder))) {
      return files.sorted().toList().stream();
    }
  }

  private static List<Map<String, Object>> documents(Path file) {
    try (var documents = YAML.readerFor(Map.class).<Map<String, Object>>readValues(file.toFile())) {
      return documents.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
