package dev.metricsserver.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The reference of every field is what the definition says of it. */
class ReferenceTest {

  private static final Path FILE = Path.of("docs/reference.md");

  @Test
  void theReferenceIsTheDefinition() throws IOException {
    var reference =
        reference(CustomResourceDefinitions.schema(CustomResourceDefinitions.generate()));
    if ("update".equals(System.getProperty("golden"))) {
      Files.writeString(FILE, reference);
    }
    assertThat(FILE)
        .as("the fields changed; this writes their reference again: .ci/generated")
        .content(UTF_8)
        .isEqualTo(reference);
  }

  private static String reference(JSONSchemaProps resource) {
    var text =
        new StringBuilder(
            """
            # Every field of a MetricsServerConfig

            Generated from the CustomResourceDefinition; `kubectl explain msc.spec` says the same.

            | field | type | meaning |
            |---|---|---|
            """);
    var refused = new StringBuilder();
    walk(
        "spec",
        resource.getProperties().get("spec"),
        (path, field) -> {
          text.append("| `%s` | %s | %s |\n".formatted(path, type(field), cell(field)));
          rules(path, field, refused);
        });
    rules("", resource, refused);
    text.append("\n## What is refused\n\n").append(refused);
    text.append("\n## Status\n\n| field | type | meaning |\n|---|---|---|\n");
    walk(
        "status",
        resource.getProperties().get("status"),
        (path, field) ->
            text.append("| `%s` | %s | %s |\n".formatted(path, type(field), cell(field))));
    return text.toString();
  }

  private static void walk(
      String path, JSONSchemaProps field, BiConsumer<String, JSONSchemaProps> visitor) {
    Optional.ofNullable(field.getProperties())
        .orElse(Map.of())
        .forEach((name, child) -> {
          visitor.accept(path + "." + name, child);
          walk(path + "." + name, child, visitor);
          if (child.getItems() != null && child.getItems().getSchema() != null) {
            walk(path + "." + name + "[]", child.getItems().getSchema(), visitor);
          }
        });
  }

  private static void rules(String path, JSONSchemaProps field, StringBuilder refused) {
    for (ValidationRule rule :
        Optional.ofNullable(field.getXKubernetesValidations()).orElse(List.of())) {
      refused.append(
          "- %s%s\n".formatted(path.isEmpty() ? "" : "`" + path + "`: ", rule.getMessage()));
    }
  }

  private static String type(JSONSchemaProps field) {
    if (Boolean.TRUE.equals(field.getXKubernetesIntOrString())) {
      return "integer or string";
    }
    if (field.getEnum() != null && !field.getEnum().isEmpty()) {
      return field.getEnum().stream()
          .filter(value -> !value.isNull())
          .map(value -> "`" + value.asText() + "`")
          .collect(Collectors.joining(" "));
    }
    if ("array".equals(field.getType())) {
      return "list of " + type(field.getItems().getSchema());
    }
    return field.getType();
  }

  private static String cell(JSONSchemaProps field) {
    return Optional.ofNullable(field.getDescription())
        .orElse("")
        .replace("|", "\\|")
        .replace("\n- ", "<br>");
  }
}
