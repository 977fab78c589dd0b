package dev.metricsserver.cli.importer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.metricsserver.cli.common.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is left of an object when what is read elsewhere, and what is usual, is taken off. Both are
 * in a table beside this class: a path and a value in each line, so that nothing else is forgotten.
 * A value of {@code *} is any; a path that ends in {@code *} stands for all that begin like it.
 */
final class UnmappedOptions {

  private static final int LONGEST = 120;

  private final List<String> table;
  private final List<String> notes = new ArrayList<>();

  private UnmappedOptions(List<String> table) {
    this.table = table;
  }

  /** As path and value, each as high up in the object as there is nothing to take off. */
  static List<String> of(JsonNode object, String table) {
    var leftovers = new UnmappedOptions(lines(table));
    leftovers.walk(object, "");
    return leftovers.notes;
  }

  private void walk(JsonNode node, String path) {
    if (isNothing(node) || isUsual(node, path)) {
      return;
    }
    if (!path.isEmpty() && table.stream().noneMatch(line -> isBelow(line, path))) {
      var value = text(node).replace('\n', ' ');
      notes.add(
          path + ": " + (value.length() > LONGEST ? value.substring(0, LONGEST) + "…" : value));
    } else if (node.isArray()) {
      node.forEach(element -> walk(element, path + "[]"));
    } else {
      node.properties()
          .forEach(e -> walk(e.getValue(), path.isEmpty() ? e.getKey() : path + "." + e.getKey()));
    }
  }

  private static boolean isNothing(JsonNode node) {
    return node.isNull()
        || node.isMissingNode()
        || (node.isContainerNode() && node.isEmpty())
        || (node.isTextual() && node.asText().isEmpty());
  }

  private boolean isUsual(JsonNode node, String path) {
    var value = text(node);
    return table.stream()
        .map(line -> line.split(" ", 2))
        .anyMatch(line ->
            (line[0].endsWith("*")
                    ? path.startsWith(line[0].substring(0, line[0].length() - 1))
                    : path.equals(line[0]))
                && (line[1].equals("*") || line[1].equals(value)));
  }

  private static String text(JsonNode node) {
    return node.isValueNode() ? node.asText() : node.toString();
  }

  private static boolean isBelow(String line, String path) {
    return Stream.of(".", "[]").anyMatch(next -> line.startsWith(path + next));
  }

  private static List<String> lines(String table) {
    return Resources.read(table)
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .toList();
  }
}
