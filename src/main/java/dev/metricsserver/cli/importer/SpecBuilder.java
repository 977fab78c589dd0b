package dev.metricsserver.cli.importer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects the fields of a spec, in the order in which they are set, and notes. */
final class SpecBuilder {

  private final Map<String, Object> fields = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();

  /** Returns the fields that are set. */
  Map<String, Object> fields() {
    return fields;
  }

  /** Returns what has no equal, a sentence each. */
  List<String> notes() {
    return notes;
  }

  /** Adds a sentence about what has no equal. */
  void note(String note) {
    notes.add(note);
  }

  /** Sets a field; dots separate the names of its path. */
  void set(String path, Object value) {
    var parts = path.split("\\.", -1);
    var map = fields;
    for (var i = 0; i < parts.length - 1; i++) {
      @SuppressWarnings("unchecked")
      var child =
          (Map<String, Object>)
              map.computeIfAbsent(parts[i], _ -> new LinkedHashMap<String, Object>());
      map = child;
    }
    map.put(parts[parts.length - 1], value);
  }

  /** Sets a field unless the value is the default. */
  void setUnless(String path, Object value, Object usual) {
    if (value != null && !value.equals(usual)) {
      set(path, value);
    }
  }
}
