package dev.metricsserver.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The Kubernetes API conventions, as far as a schema shows whether they are kept. The names of the
 * rules are those of kube-api-linter where it has them.
 */
class ConventionsTest {

  /** One exception per line: the rule, the field, and the reason. */
  private static final Path EXCEPTIONS = Path.of("src/test/resources/crd/exceptions.txt");

  private static final Pattern FIELD = Pattern.compile("[a-z][a-zA-Z0-9]*");
  private static final Pattern VALUE = Pattern.compile("[A-Z][A-Za-z0-9]*");
  private static final Pattern TIME = Pattern.compile("time|.*Time|notAfter|notBefore");
  private static final Set<String> LIST_TYPES = Set.of("atomic", "map", "set");
  private static final int MAX_WORDS = 100;

  private final List<String> deviations = new ArrayList<>();

  @Test
  void definition_everyField_keepsTheConventions() throws IOException {
    var definition = CustomResourceDefinitions.generate();
    var resource = CustomResourceDefinitions.schema(definition);
    CustomResourceDefinitions.fields(resource).forEach((path, field) -> check(path, field));
    descriptions(resource);
    if (definition.getSpec().getVersions().getFirst().getSubresources().getStatus() == null) {
      deviations.add("statussubresource .status");
    }
    if (definition.getSpec().getNames().getCategories().isEmpty()) {
      deviations.add("categories .spec");
    }
    var exceptions = exceptions();

    assertThat(deviations)
        .as("deviations from the API conventions that %s does not list", EXCEPTIONS)
        .isSubsetOf(exceptions.keySet());
    assertThat(exceptions.keySet()).as("exceptions that nothing needs").isSubsetOf(deviations);
    assertThat(exceptions.values()).as("reasons").allMatch(reason -> reason.length() > 20);
  }

  private static Map<String, String> exceptions() throws IOException {
    var exceptions = new TreeMap<String, String>();
    for (var line : Files.readAllLines(EXCEPTIONS)) {
      if (!line.isBlank() && !line.startsWith("#")) {
        var columns = line.split("\\s+", 3);
        exceptions.put(columns[0] + " " + columns[1], columns[2]);
      }
    }
    return exceptions;
  }

  private void check(String path, JSONSchemaProps field) {
    var name = path.substring(path.lastIndexOf('.') + 1);
    deviates(
        "jsontags",
        path,
        !name.endsWith("]") && !name.equals("KEY"),
        FIELD.matcher(name).matches());
    numbers(path, field);
    lists(path, field);
    references(path, name, field);
    deviates(
        "fieldpath",
        path,
        "object".equals(field.getType()) && field.getAdditionalProperties() == null,
        field.getXKubernetesValidations().stream().allMatch(rule -> rule.getFieldPath() != null));
    deviates("nobools", path, "boolean".equals(field.getType()), false);
    deviates("nomaps", path, field.getAdditionalProperties() != null, false);
    deviates("nonullable", path, Boolean.TRUE.equals(field.getNullable()), false);
    deviates("nophase", path, name.equals("phase"), false);
    deviates("notimestamp", path, name.toLowerCase(Locale.ROOT).contains("timestamp"), false);
    deviates("statusoptional", path, path.equals(".status"), field.getRequired().isEmpty());
    deviates(
        "date-time", path, TIME.matcher(name).matches(), "date-time".equals(field.getFormat()));
    deviates(
        "nodurations",
        path,
        field.getXKubernetesValidations().stream()
            .anyMatch(rule -> rule.getRule().contains("duration(self)")),
        false);
    var values = field.getEnum().stream().map(v -> v.asText()).toList();
    deviates(
        "enums",
        path,
        !values.isEmpty(),
        values.stream().allMatch(value -> VALUE.matcher(value).matches()));
  }

  private void numbers(String path, JSONSchemaProps field) {
    deviates(
        "integers",
        path,
        "integer".equals(field.getType()),
        Set.of("int32", "int64").contains(String.valueOf(field.getFormat())));
    deviates(
        "numericbounds",
        path,
        "integer".equals(field.getType()) && path.startsWith(".spec"),
        field.getMinimum() != null && field.getMaximum() != null);
    deviates("nofloats", path, "number".equals(field.getType()), false);
  }

  private void lists(String path, JSONSchemaProps field) {
    var list = "array".equals(field.getType());
    var type = String.valueOf(field.getXKubernetesListType());
    deviates("ssatags", path, list, LIST_TYPES.contains(type));
    deviates(
        "ssatags-keys", path, type.equals("map"), !field.getXKubernetesListMapKeys().isEmpty());
  }

  /** An object that names another one ends in Ref; a string that names one ends in Name. */
  private void references(String path, String name, JSONSchemaProps field) {
    var fields = Optional.ofNullable(field.getProperties()).orElse(Map.of()).keySet();
    deviates(
        "references",
        path,
        fields.contains("name")
            && Set.of("name", "key", "kind", "group", "namespace").containsAll(fields)
            && !name.endsWith("]"),
        name.endsWith("Ref"));
    deviates(
        "references",
        path,
        "string".equals(field.getType()) && name.matches("(?i).*(secret|configMap|account|class)"),
        false);
  }

  private void descriptions(JSONSchemaProps resource) {
    var fields = CustomResourceDefinitions.fields(resource);
    var required =
        fields.entrySet().stream()
            .flatMap(e -> e.getValue().getRequired().stream().map(name -> e.getKey() + "." + name))
            .collect(Collectors.toSet());
    fields.forEach((path, field) -> {
      var text = Optional.ofNullable(field.getDescription()).orElse("");
      var values = new ArrayList<>(field.getEnum());
      if (field.getItems() != null) {
        values.addAll(field.getItems().getSchema().getEnum());
      }
      deviates(
          "enumlines",
          path,
          !path.endsWith("]") && !path.contains(".conditions["),
          values.stream().allMatch(value -> text.contains("\n- " + value.asText() + ": ")));
      deviates("words", path, true, text.split("\\s+").length <= MAX_WORDS);
      deviates(
          "default",
          path,
          path.startsWith(".spec.")
              && !"object".equals(field.getType())
              && !path.endsWith("]")
              && !path.endsWith(".KEY")
              && !required.contains(path),
          text.contains("Default: "));
      deviates("description", path, !path.endsWith("]") && !path.endsWith(".KEY"), !text.isBlank());
    });
  }

  private void deviates(String rule, String path, boolean applies, boolean kept) {
    if (applies && !kept) {
      deviations.add(rule + " " + path);
    }
  }
}
