package dev.metricsserver.diagnosis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A shell command: words of the program, and arguments from the cluster. An argument that is no
 * plain word is replaced by a placeholder, which {@link #notes} explains.
 *
 * @param template the command, with {@code %s} for each argument
 * @param arguments in the order of the template: text, or a {@link Json} value
 */
public record Command(String template, List<Object> arguments) {

  /**
   * A value that a command takes as JSON.
   *
   * @param quoted whether it stands in single quotes of its own
   */
  record Json(Object value, boolean quoted) {
    Json(Object value) {
      this(value, true);
    }
  }

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  /** A command with these arguments. */
  static Command of(String template, Object... arguments) {
    return new Command(template, Arrays.asList(arguments));
  }

  /** Several commands, each run only when the one before it succeeded. */
  static Command all(List<Command> commands) {
    return new Command(
        commands.stream().map(Command::template).collect(Collectors.joining(" && ")),
        commands.stream().flatMap(command -> command.arguments().stream()).toList());
  }

  /** The command as it is typed. */
  String text() {
    return render(new ArrayList<>());
  }

  /** What the placeholders stand for, as a clause; empty when there are none. */
  String notes() {
    var replaced = new ArrayList<String>();
    render(replaced);
    return IntStream.range(0, replaced.size())
        .mapToObj(i -> "%s is %s".formatted(placeholder(i), Words.quoted(replaced.get(i))))
        .collect(Collectors.joining(", "));
  }

  private String render(List<String> replaced) {
    return template.formatted(
        arguments.stream()
            .map(argument ->
                argument instanceof Json(var value, var quoted)
                    ? (quoted ? "'%s'" : "%s").formatted(json(safe(value, replaced)))
                    : word(argument.toString(), Words.plain(argument.toString()), replaced))
            .toArray());
  }

  private static String word(String text, boolean plain, List<String> replaced) {
    if (plain) {
      return text;
    }
    if (!replaced.contains(text)) {
      replaced.add(text);
    }
    return placeholder(replaced.indexOf(text));
  }

  private static String placeholder(int index) {
    return "TEXT" + (index + 1);
  }

  private static Object safe(Object value, List<String> replaced) {
    return switch (value) {
      case String text -> word(text, Words.plainInJson(text), replaced);
      case List<?> list -> list.stream().map(element -> safe(element, replaced)).toList();
      case Map<?, ?> map -> {
        var safe = new TreeMap<String, Object>();
        map.forEach(
            (k, v) -> safe.put((String) safe(k, replaced), v == null ? null : safe(v, replaced)));
        yield safe;
      }
      default -> value;
    };
  }

  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
