package dev.metricsserver.it;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A misuse of the operator's token: a change of an object that the operator writes.
 *
 * @param object kind and name of the object
 * @param hole the property of the object that is misused
 * @param changes values by JSON pointer; null removes a field
 */
record WayOut(String object, String hole, Map<String, JsonNode> changes) {

  private static final Path FILE = Path.of("src/test/resources/fence/ways-out.yaml");

  /** All of {@code src/test/resources/fence/ways-out.yaml}. */
  static List<WayOut> all() throws IOException {
    var objects =
        new YAMLMapper()
            .readValue(
                FILE.toFile(),
                new TypeReference<
                    Map<String, Map<String, List<LinkedHashMap<String, JsonNode>>>>>() {});
    return objects.entrySet().stream()
        .flatMap(object ->
            object.getValue().entrySet().stream()
                .flatMap(hole ->
                    hole.getValue().stream()
                        .map(way -> new WayOut(object.getKey(), hole.getKey(), way))))
        .toList();
  }

  /** The object with these changes. */
  ObjectNode of(ObjectNode original) {
    var changed = original.deepCopy();
    changes.forEach((pointer, value) -> set(changed, pointer.substring(1).split("/"), value));
    return changed;
  }

  private static void set(JsonNode object, String[] path, JsonNode value) {
    var node = object;
    for (var step : List.of(path).subList(0, path.length - 1)) {
      node =
          switch (node) {
            case ArrayNode list -> list.required(Integer.parseInt(step));
            case ObjectNode fields when fields.has(name(step)) -> fields.get(name(step));
            default -> ((ObjectNode) node).putObject(name(step));
          };
    }
    var last = name(path[path.length - 1]);
    if (node instanceof ArrayNode list) {
      list.add(value);
    } else if (value == null || value.isNull()) {
      ((ObjectNode) node).remove(last);
    } else {
      ((ObjectNode) node).set(last, value);
    }
  }

  private static String name(String step) {
    return step.replace("~1", "/").replace("~0", "~");
  }

  @Override
  public String toString() {
    return hole + " " + changes;
  }
}
