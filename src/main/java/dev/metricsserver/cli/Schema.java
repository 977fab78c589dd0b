package dev.metricsserver.cli;

import dev.metricsserver.cli.Cel.Unsupported;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The CustomResourceDefinition's schema, applied to a resource as the API server does when it is
 * created: defaults, unknown fields, types and bounds, and then the rules.
 */
final class Schema {

  /** What every object has; the API server has other rules for it. */
  private static final List<String> ENVELOPE = List.of("apiVersion", "kind", "metadata");

  private final List<String> problems = new ArrayList<>();

  private Schema() {}

  /**
   * What is wrong with a resource, each with the field, what it has, and what it must be. Fills in
   * the defaults.
   */
  static List<String> problems(JSONSchemaProps schema, Map<String, Object> resource) {
    var check = new Schema();
    check.object("", schema, resource);
    if (check.problems.isEmpty()) {
      check.rules("", schema, resource);
    }
    return check.problems;
  }

  // -------------------------------------------------------------------------------- types, bounds

  private void value(String path, JSONSchemaProps schema, Object value) {
    if (Boolean.TRUE.equals(schema.getXKubernetesIntOrString())) {
      if (!(value instanceof String || value instanceof Integer || value instanceof Long)) {
        wrong(path, value, "must be a whole number, or a text in quotes");
        return;
      }
    } else if (!fits(schema.getType(), value)) {
      wrong(path, value, "must be " + inWords(schema.getType()));
      return;
    }
    switch (value) {
      case Map<?, ?> map -> object(path, schema, cast(map));
      case List<?> list -> list(path, schema, list);
      case String text -> text(path, schema, text);
      case Number number -> number(path, schema, number);
      default -> {}
    }
    if (!schema.getEnum().isEmpty()
        && schema.getEnum().stream().noneMatch(e -> e.asText().equals(value))) {
      wrong(
          path,
          value,
          "must be one of "
              + String.join(", ", schema.getEnum().stream().map(e -> e.asText()).toList()));
    }
  }

  private void object(String path, JSONSchemaProps schema, Map<String, Object> object) {
    // The API server takes a null for a field that was left out.
    object.values().removeIf(value -> value == null);
    if (schema.getMaxProperties() != null && object.size() > schema.getMaxProperties()) {
      problems.add(
          "%s: has %d entries, at most %d are possible"
              .formatted(name(path), object.size(), schema.getMaxProperties()));
    }
    if (schema.getAdditionalProperties() != null) {
      object.forEach(
          (key, v) -> value(path + "." + key, schema.getAdditionalProperties().getSchema(), v));
      return;
    }
    var properties = schema.getProperties();
    properties.forEach((name, property) -> {
      if (property.getDefault() != null && !object.containsKey(name)) {
        object.put(name, ConfigFile.plain(property.getDefault()));
      }
    });
    schema.getRequired().stream()
        .filter(name -> !object.containsKey(name))
        .forEach(name ->
            problems.add(
                "%s: is missing. %s"
                    .formatted(name(path + "." + name), properties.get(name).getDescription())));
    object.forEach((name, v) -> {
      if (properties.containsKey(name)) {
        value(path + "." + name, properties.get(name), v);
      } else if (!path.isEmpty() || !ENVELOPE.contains(name)) {
        problems.add(
            "%s: there is no such field; here are %s"
                .formatted(name(path + "." + name), String.join(", ", properties.keySet())));
      }
    });
  }

  private void list(String path, JSONSchemaProps schema, List<?> list) {
    if (schema.getMaxItems() != null && list.size() > schema.getMaxItems()) {
      problems.add(
          "%s: has %d items, at most %d are possible"
              .formatted(name(path), list.size(), schema.getMaxItems()));
    }
    if (schema.getMinItems() != null && list.size() < schema.getMinItems()) {
      problems.add(
          "%s: has %d items, at least %d are needed"
              .formatted(name(path), list.size(), schema.getMinItems()));
    }
    for (var i = 0; i < list.size(); i++) {
      value("%s[%d]".formatted(path, i), schema.getItems().getSchema(), list.get(i));
    }
  }

  private void text(String path, JSONSchemaProps schema, String text) {
    var length = text.codePointCount(0, text.length());
    if (schema.getMaxLength() != null && length > schema.getMaxLength()) {
      wrong(
          path,
          text.substring(0, 20) + "…",
          "must have at most %d characters".formatted(schema.getMaxLength()));
    }
    if (schema.getMinLength() != null && length < schema.getMinLength()) {
      wrong(path, text, "must have at least %d characters".formatted(schema.getMinLength()));
    }
  }

  private void number(String path, JSONSchemaProps schema, Number number) {
    if (schema.getMinimum() != null && number.doubleValue() < schema.getMinimum()) {
      wrong(path, number, "must be at least " + schema.getMinimum().longValue());
    }
    if (schema.getMaximum() != null && number.doubleValue() > schema.getMaximum()) {
      wrong(path, number, "must be at most " + schema.getMaximum().longValue());
    }
  }

  private static boolean fits(String type, Object value) {
    return switch (type) {
      case "object" -> value instanceof Map;
      case "array" -> value instanceof List;
      case "string" -> value instanceof String;
      case "boolean" -> value instanceof Boolean;
      case "integer" -> value instanceof Integer || value instanceof Long;
      default -> value instanceof Number;
    };
  }

  private static String inWords(String type) {
    return switch (type) {
      case "object" -> "a block of fields";
      case "array" -> "a list";
      case "string" -> "a text; quotes make a number one";
      case "boolean" -> "true or false, without quotes";
      case "integer" -> "a whole number, without quotes";
      default -> "a number";
    };
  }

  // ------------------------------------------------------------------------------------- rules

  /** The rules of a value and of all below it. */
  private void rules(String path, JSONSchemaProps schema, Object value) {
    for (var rule : schema.getXKubernetesValidations()) {
      // What compares with the resource as it was does not apply to a new one.
      if (!rule.getRule().contains("oldSelf") && !holds(rule.getRule(), value)) {
        problems.add(
            value instanceof Map || value instanceof List
                ? "%s: %s".formatted(name(path), rule.getMessage())
                : "%s: \"%s\": %s".formatted(name(path), value, rule.getMessage()));
      }
    }
    switch (value) {
      case Map<?, ?> map when schema.getAdditionalProperties() == null ->
          schema
              .getProperties()
              .forEach((name, property) -> {
                if (map.containsKey(name)) {
                  rules(path + "." + name, property, map.get(name));
                }
              });
      case List<?> list -> {
        for (var i = 0; i < list.size(); i++) {
          rules("%s[%d]".formatted(path, i), schema.getItems().getSchema(), list.get(i));
        }
      }
      default -> {}
    }
  }

  /** What cannot be told here is left to the API server. */
  private static boolean holds(String rule, Object value) {
    try {
      return Cel.holds(rule, value);
    } catch (Unsupported e) {
      return true;
    }
  }

  // ------------------------------------------------------------------------------------- words

  private void wrong(String path, Object value, String what) {
    problems.add(
        value instanceof Map || value instanceof List
            ? "%s: %s".formatted(name(path), what)
            : value instanceof String
                ? "%s: \"%s\" %s".formatted(name(path), value, what)
                : "%s: %s %s".formatted(name(path), value, what));
  }

  private static String name(String path) {
    return path.isEmpty() ? "the resource" : path.substring(1);
  }

  private static Map<String, Object> cast(Map<?, ?> map) {
    @SuppressWarnings("unchecked")
    var fields = (Map<String, Object>) map;
    return fields;
  }
}
