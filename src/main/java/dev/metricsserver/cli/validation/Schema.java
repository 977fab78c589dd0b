package dev.metricsserver.cli.validation;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * The CustomResourceDefinition's schema, applied to a resource as the API server does when it is
 * created: defaults, unknown fields, types and bounds, and then the rules.
 */
final class Schema {

  /** What every object has; the API server has other rules for it. */
  private static final List<String> ENVELOPE = List.of("apiVersion", "kind", "metadata");

  private static final String FIELDS = "properties";
  private static final String ENTRIES = "additionalProperties";

  private final List<String> problems = new ArrayList<>();

  private Schema() {}

  /**
   * What is wrong with a resource, each with the field, what it has, and what it must be. Fills in
   * the defaults.
   */
  static List<String> problems(JsonNode schema, Map<String, Object> resource) {
    var check = new Schema();
    check.object("", schema, resource);
    if (check.problems.isEmpty()) {
      check.rules("", schema, resource);
    }
    return check.problems;
  }

  // -------------------------------------------------------------------------------- types, bounds

  private void value(String path, JsonNode schema, Object value) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      if (!(value instanceof String || value instanceof Integer || value instanceof Long)) {
        wrong(path, value, "must be a whole number, or a text in quotes");
        return;
      }
    } else if (!fits(schema.path("type").asText(), value)) {
      wrong(path, value, "must be " + inWords(schema.path("type").asText()));
      return;
    }
    switch (value) {
      case Map<?, ?> map -> object(path, schema, cast(map));
      case List<?> list -> list(path, schema, list);
      case String text -> text(path, schema, text);
      case Number number -> number(path, schema, number);
      default -> {}
    }
    var possible = schema.path("enum").valueStream().map(JsonNode::asText).toList();
    if (!possible.isEmpty() && possible.stream().noneMatch(value::equals)) {
      wrong(path, value, "must be one of " + String.join(", ", possible));
    }
  }

  private void object(String path, JsonNode schema, Map<String, Object> object) {
    // The API server takes a null for a field that was left out.
    object.values().removeIf(value -> value == null);
    if (schema.has("maxProperties") && object.size() > schema.get("maxProperties").asInt()) {
      problems.add(
          "%s: has %d entries, at most %d are possible"
              .formatted(name(path), object.size(), schema.get("maxProperties").asInt()));
    }
    if (schema.has(ENTRIES)) {
      object.forEach((key, v) -> value(path + "." + key, schema.get(ENTRIES), v));
      return;
    }
    var properties = schema.path(FIELDS);
    addDefaults(properties, object);
    schema
        .path("required")
        .valueStream()
        .map(JsonNode::asText)
        .filter(name -> !object.containsKey(name))
        .forEach(name ->
            problems.add(
                "%s: is missing. %s"
                    .formatted(
                        name(path + "." + name),
                        properties.path(name).path("description").asText())));
    object.forEach((name, v) -> {
      if (properties.has(name)) {
        value(path + "." + name, properties.get(name), v);
      } else if (!path.isEmpty() || !ENVELOPE.contains(name)) {
        problems.add(
            "%s: there is no such field; here are %s"
                .formatted(
                    name(path + "." + name),
                    properties.propertyStream().map(Map.Entry::getKey).collect(joining(", "))));
      }
    });
  }

  private static void addDefaults(JsonNode properties, Map<String, Object> object) {
    properties
        .properties()
        .forEach(field -> {
          if (field.getValue().has("default") && !object.containsKey(field.getKey())) {
            object.put(field.getKey(), ConfigFile.plain(field.getValue().get("default")));
          }
        });
  }

  private void list(String path, JsonNode schema, List<?> list) {
    if (schema.has("maxItems") && list.size() > schema.get("maxItems").asInt()) {
      problems.add(
          "%s: has %d items, at most %d are possible"
              .formatted(name(path), list.size(), schema.get("maxItems").asInt()));
    }
    if (schema.has("minItems") && list.size() < schema.get("minItems").asInt()) {
      problems.add(
          "%s: has %d items, at least %d are needed"
              .formatted(name(path), list.size(), schema.get("minItems").asInt()));
    }
    for (var i = 0; i < list.size(); i++) {
      value("%s[%d]".formatted(path, i), schema.get("items"), list.get(i));
    }
    duplicates(path, schema, list);
  }

  /** Equal elements of a set, and elements of a map with equal keys. */
  private void duplicates(String path, JsonNode schema, List<?> list) {
    var type = schema.path("x-kubernetes-list-type").asText();
    if (!type.equals("set") && !type.equals("map")) {
      return;
    }
    var keys =
        schema.path("x-kubernetes-list-map-keys").valueStream().map(JsonNode::asText).toList();
    var seen = new HashSet<Object>();
    for (var i = 0; i < list.size(); i++) {
      var element = list.get(i);
      var key =
          element instanceof Map<?, ?> map
              ? keys.stream().map(k -> k + ": " + map.get(k)).collect(joining(", "))
              : element;
      if (!seen.add(key)) {
        problems.add("%s[%d]: %s is there twice: leave one out".formatted(name(path), i, key));
      }
    }
  }

  private void text(String path, JsonNode schema, String text) {
    var length = text.codePointCount(0, text.length());
    if (schema.has("maxLength") && length > schema.get("maxLength").asInt()) {
      wrong(
          path,
          text.substring(0, 20) + "…",
          "must have at most %d characters".formatted(schema.get("maxLength").asInt()));
    }
    if (schema.has("minLength") && length < schema.get("minLength").asInt()) {
      wrong(
          path,
          text,
          "must have at least %d characters".formatted(schema.get("minLength").asInt()));
    }
  }

  private void number(String path, JsonNode schema, Number number) {
    if (schema.has("minimum") && number.doubleValue() < schema.get("minimum").asDouble()) {
      wrong(path, number, "must be at least " + schema.get("minimum").asLong());
    }
    if (schema.has("maximum") && number.doubleValue() > schema.get("maximum").asDouble()) {
      wrong(path, number, "must be at most " + schema.get("maximum").asLong());
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
  private void rules(String path, JsonNode schema, Object value) {
    for (var validation : schema.path("x-kubernetes-validations")) {
      var rule = validation.path("rule").asText();
      var message = validation.path("message").asText();
      // What compares with the resource as it was does not apply to a new one.
      if (!rule.contains("oldSelf") && !Cel.holds(rule, value)) {
        problems.add(
            value instanceof Map || value instanceof List
                ? "%s: %s".formatted(name(path), message)
                : "%s: \"%s\": %s".formatted(name(path), value, message));
      }
    }
    switch (value) {
      case Map<?, ?> map when !schema.has(ENTRIES) ->
          schema
              .path(FIELDS)
              .properties()
              .forEach(field -> {
                if (map.containsKey(field.getKey())) {
                  rules(path + "." + field.getKey(), field.getValue(), map.get(field.getKey()));
                }
              });
      case List<?> list -> {
        for (var i = 0; i < list.size(); i++) {
          rules("%s[%d]".formatted(path, i), schema.get("items"), list.get(i));
        }
      }
      default -> {}
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
