package dev.metricsserver.api;

import static java.util.regex.Pattern.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Nothing in the schema is untried: a new rule, enum or bound needs a resource that breaks it. */
class CorpusTest {

  @Test
  void constraint_any_isBrokenByARejectedResource() throws IOException {
    var expected = CorpusCase.in("reject").stream().flatMap(c -> c.expected().stream()).toList();
    var refusals = new ArrayList<String>();
    var resource = CustomResourceDefinitions.schema(CustomResourceDefinitions.generate());
    resource.getXKubernetesValidations().forEach(rule -> refusals.add(quote(rule.getMessage())));
    CustomResourceDefinitions.fields(resource)
        .forEach((path, field) -> {
          if (path.startsWith(".spec")) {
            refusals.addAll(refusals(path.substring(1), field));
          }
        });
    assertThat(refusals).hasSizeGreaterThan(80);
    assertThat(refusals)
        .as(
            "constraints that no file in src/test/resources/crd/reject breaks and says so with '#"
                + " expect: '")
        .filteredOn(refusal -> expected.stream().noneMatch(line -> line.matches(refusal)))
        .isEmpty();
  }

  @Test
  void field_any_isSetByAnAcceptedResource() throws IOException {
    var set = new TreeSet<String>();
    var resource = CustomResourceDefinitions.schema(CustomResourceDefinitions.generate());
    var spec = resource.getProperties().get("spec");
    for (var accepted : CorpusCase.in("accept")) {
      accepted.documents().forEach(document -> collect(".spec", spec, document.get("spec"), set));
    }
    var fields =
        CustomResourceDefinitions.fields(resource).keySet().stream()
            .filter(path -> path.startsWith(".spec"))
            .toList();
    assertThat(fields).hasSizeGreaterThan(80);
    assertThat(fields)
        .as("fields that no file in src/test/resources/crd/accept sets")
        .filteredOn(path -> !set.contains(path))
        .isEmpty();
  }

  /** Adds the path of a value and those of all values in it. */
  private static void collect(String path, JSONSchemaProps schema, Object value, Set<String> set) {
    if (value == null) {
      return;
    }
    set.add(path);
    if (value instanceof List<?> list) {
      list.forEach(v -> collect(path + "[0]", schema.getItems().getSchema(), v, set));
    } else if (value instanceof Map<?, ?> map && schema.getAdditionalProperties() != null) {
      map.values()
          .forEach(
              v -> collect(path + ".KEY", schema.getAdditionalProperties().getSchema(), v, set));
    } else if (value instanceof Map<?, ?> map) {
      map.forEach(
          (name, v) -> collect(path + "." + name, schema.getProperties().get(name), v, set));
    }
  }

  /** How the API server refuses what breaks a constraint of a field, as regular expressions. */
  private static List<String> refusals(String path, JSONSchemaProps field) {
    var refusals = new ArrayList<String>();
    field.getXKubernetesValidations().forEach(rule -> refusals.add(quote(rule.getMessage())));
    if (!field.getEnum().isEmpty()) {
      refusals.add(quote(path) + ": Unsupported value: .*");
    }
    if (field.getMinimum() != null) {
      refusals.add(
          quote(path)
              + ": Invalid value: .* greater than or equal to "
              + field.getMinimum().longValue());
    }
    if (field.getMaximum() != null) {
      refusals.add(
          quote(path)
              + ": Invalid value: .* less than or equal to "
              + field.getMaximum().longValue());
    }
    if (field.getMinLength() != null) {
      refusals.add(
          quote(path) + ": Invalid value: .* at least " + field.getMinLength() + " chars long");
    }
    if (field.getMaxLength() != null) {
      refusals.add(
          quote(path) + ": Too long: may not be more than " + field.getMaxLength() + " bytes");
    }
    if (field.getMinItems() != null) {
      refusals.add(quote(path) + ": Invalid value: .* at least " + field.getMinItems() + " items");
    }
    if (field.getMaxItems() != null) {
      refusals.add(
          quote(path) + ": Too many: .*: must have at most " + field.getMaxItems() + " items");
    }
    if (field.getMaxProperties() != null) {
      refusals.add(
          quote(path) + ": Too many: .*: must have at most " + field.getMaxProperties() + " items");
    }
    if ("set".equals(field.getXKubernetesListType())
        || "map".equals(field.getXKubernetesListType())) {
      refusals.add(quote(path + "[1]: Duplicate value"));
    }
    field
        .getRequired()
        .forEach(name -> refusals.add(quote(path + "." + name) + ": Required value"));
    return refusals;
  }
}
