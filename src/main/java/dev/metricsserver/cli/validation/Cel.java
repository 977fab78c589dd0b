package dev.metricsserver.cli.validation;

import dev.metricsserver.model.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A rule of the CustomResourceDefinition, for a command that has no API server to ask: as much of
 * the Common Expression Language as the definition uses. The library for all of it brings Protocol
 * Buffers and ANTLR along, six megabytes for thirty lines of rules.
 */
final class Cel {

  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:([A-Za-z_][A-Za-z0-9_]*)|([0-9]+)|'((?:[^'\\\\]|\\\\.)*)'"
              + "|\"((?:[^\"\\\\]|\\\\.)*)\"|(\\|\\||&&|[=!<>]=|[-!<>+*/%?:.,()\\[\\]]))");

  private static final Map<String, Predicate<Integer>> COMPARISONS =
      Map.of("<", c -> c < 0, "<=", c -> c <= 0, ">", c -> c > 0, ">=", c -> c >= 0);

  /** A part of a rule; variables are by name. */
  @FunctionalInterface
  private interface Node {
    Object in(Map<String, Object> variables);
  }

  /** The rule goes beyond what is known here. */
  static final class Unsupported extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Unsupported(String message) {
      super(message);
    }
  }

  private final List<String> tokens = new ArrayList<>();
  private int next;
  private final Node root;

  private Cel(String rule) {
    var matcher = TOKEN.matcher(rule);
    var end = 0;
    while (end < rule.stripTrailing().length()) {
      if (!matcher.find(end) || matcher.start() != end) {
        throw new Unsupported("'%s' at %d".formatted(rule, end));
      }
      // A text is told from a name by its quote.
      tokens.add(
          matcher.group(3) != null
              ? "'" + unescaped(matcher.group(3))
              : matcher.group(4) != null
                  ? "'" + unescaped(matcher.group(4))
                  : matcher.group().strip());
      end = matcher.end();
    }
    root = expression();
    if (next < tokens.size()) {
      throw new Unsupported("'%s' in %s".formatted(tokens.get(next), rule));
    }
  }

  /**
   * Whether a value keeps a rule; one without a field that the rule reads does not.
   *
   * @param self the value: a Map, a List, a String, a Boolean, an Integer or a Long
   * @throws Unsupported when that cannot be told
   */
  static boolean holds(String rule, Object self) {
    try {
      return truth(new Cel(rule).root.in(Map.of("self", self)));
    } catch (NoSuchElementException e) {
      return false;
    }
  }

  /**
   * Reads a rule and does nothing with it.
   *
   * @throws Unsupported when it goes beyond what is known here
   */
  static void read(String rule) {
    new Cel(rule);
  }

  private static String unescaped(String text) {
    return text.replaceAll("\\\\(.)", "$1");
  }

  // ------------------------------------------------------------------------------------- grammar

  private Node expression() {
    var condition = or();
    if (!accept("?")) {
      return condition;
    }
    var yes = expression();
    expect(":");
    var no = expression();
    return v -> truth(condition.in(v)) ? yes.in(v) : no.in(v);
  }

  private Node or() {
    var left = and();
    while (accept("||")) {
      var one = left;
      var other = and();
      left = v -> truth(one.in(v)) || truth(other.in(v));
    }
    return left;
  }

  private Node and() {
    var left = relation();
    while (accept("&&")) {
      var one = left;
      var other = relation();
      left = v -> truth(one.in(v)) && truth(other.in(v));
    }
    return left;
  }

  private Node relation() {
    var left = sum();
    if (accept("==")) {
      return binary(left, sum(), Cel::equal);
    }
    if (accept("!=")) {
      return binary(left, sum(), (a, b) -> !equal(a, b));
    }
    if (accept("in")) {
      return binary(left, sum(), (a, b) -> elements(b).stream().anyMatch(e -> equal(a, e)));
    }
    for (var comparison : COMPARISONS.entrySet()) {
      if (accept(comparison.getKey())) {
        return binary(
            left, sum(), (a, b) -> comparison.getValue().test(Long.compare(number(a), number(b))));
      }
    }
    return left;
  }

  private Node sum() {
    var left = product();
    while (peek("+") || peek("-")) {
      var plus = tokens.get(next++).equals("+");
      left =
          binary(left, product(), (a, b) -> plus ? number(a) + number(b) : number(a) - number(b));
    }
    return left;
  }

  private Node product() {
    var left = unary();
    while (accept("*")) {
      left = binary(left, unary(), (a, b) -> number(a) * number(b));
    }
    return left;
  }

  private Node unary() {
    if (accept("!")) {
      var operand = unary();
      return v -> !truth(operand.in(v));
    }
    return postfix();
  }

  private Node postfix() {
    var node = primary();
    while (true) {
      var target = node;
      if (accept("[")) {
        var key = expression();
        expect("]");
        node = v -> at(target.in(v), key.in(v));
      } else if (accept(".")) {
        var name = tokens.get(next++);
        node = accept("(") ? method(target, name) : v -> at(target.in(v), name);
      } else {
        return node;
      }
    }
  }

  private Node primary() {
    if (next == tokens.size()) {
      throw new Unsupported("the rule ends too early");
    }
    var token = tokens.get(next++);
    return switch (token) {
      case "(" -> {
        var inner = expression();
        expect(")");
        yield inner;
      }
      case "[" -> {
        var elements = list("]");
        yield v -> elements.stream().map(e -> e.in(v)).toList();
      }
      case "true", "false" -> v -> Boolean.valueOf(token);
      case "has" -> {
        expect("(");
        yield has();
      }
      default -> accept("(") ? function(token) : simple(token);
    };
  }

  private static Node simple(String token) {
    return switch (token.charAt(0)) {
      case '\'' -> v -> token.substring(1);
      case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> v -> Long.valueOf(token);
      default ->
          v -> {
            if (!v.containsKey(token)) {
              throw new Unsupported("unknown name " + token);
            }
            return v.get(token);
          };
    };
  }

  /** Whether a field is there; those on the way to it must be. */
  private Node has() {
    var path = new ArrayList<String>(List.of(tokens.get(next++)));
    while (accept(".")) {
      path.add(tokens.get(next++));
    }
    expect(")");
    return v -> {
      var value = v.get(path.getFirst());
      for (var name : path.subList(1, path.size() - 1)) {
        value = at(value, name);
      }
      return value instanceof Map<?, ?> map && map.containsKey(path.getLast());
    };
  }

  private Node function(String name) {
    var arguments = list(")");
    Function<Object, Object> function =
        switch (name) {
          case "string" -> String::valueOf;
          case "size" -> Cel::size;
          // In milliseconds, as the only thing that a rule can do with it.
          case "duration" ->
              value -> Durations.parse((String) value).orElse(Duration.ZERO).toMillis();
          default -> throw new Unsupported(name + "()");
        };
    return v -> function.apply(arguments.getFirst().in(v));
  }

  private Node method(Node target, String name) {
    if (List.of("all", "exists", "exists_one").contains(name)) {
      return macro(target, name);
    }
    var arguments = list(")");
    BiFunction<Object, Object, Object> text =
        switch (name) {
          case "matches" ->
              (value, pattern) ->
                  Pattern.compile(((String) pattern).replaceFirst("\\$$", "\\\\z"))
                      .matcher((String) value)
                      .find();
          case "startsWith" -> (value, start) -> ((String) value).startsWith((String) start);
          case "endsWith" -> (value, end) -> ((String) value).endsWith((String) end);
          case "contains" -> (value, part) -> ((String) value).contains((String) part);
          case "size" -> (value, _) -> size(value);
          case "getMilliseconds" -> (value, _) -> value;
          default -> throw new Unsupported("." + name + "()");
        };
    return v -> text.apply(target.in(v), arguments.isEmpty() ? null : arguments.getFirst().in(v));
  }

  private Node macro(Node target, String name) {
    var variable = tokens.get(next++);
    expect(",");
    var body = expression();
    expect(")");
    return v -> {
      var elements = elements(target.in(v));
      var holding =
          elements.stream()
              .filter(element -> {
                var inner = new HashMap<>(v);
                inner.put(variable, element);
                return truth(body.in(inner));
              })
              .count();
      return switch (name) {
        case "all" -> holding == elements.size();
        case "exists" -> holding > 0;
        default -> holding == 1;
      };
    };
  }

  private List<Node> list(String end) {
    var elements = new ArrayList<Node>();
    while (!accept(end)) {
      elements.add(expression());
      if (!peek(end)) {
        expect(",");
      }
    }
    return elements;
  }

  private boolean peek(String token) {
    return next < tokens.size() && tokens.get(next).equals(token);
  }

  private boolean accept(String token) {
    var there = peek(token);
    next += there ? 1 : 0;
    return there;
  }

  private void expect(String token) {
    if (!accept(token)) {
      throw new Unsupported("no '%s' at %d in %s".formatted(token, next, tokens));
    }
  }

  // ------------------------------------------------------------------------------------- values

  private static Node binary(Node one, Node other, BiFunction<Object, Object, Object> operator) {
    return v -> operator.apply(one.in(v), other.in(v));
  }

  private static boolean truth(Object value) {
    return (Boolean) value;
  }

  private static long number(Object value) {
    return ((Number) value).longValue();
  }

  private static boolean equal(Object one, Object other) {
    return (one instanceof Number && other instanceof Number)
        ? number(one) == number(other)
        : Objects.equals(one, other);
  }

  private static long size(Object value) {
    return value instanceof String text
        ? text.codePointCount(0, text.length())
        : elements(value).size();
  }

  /** Of a map, its keys. */
  private static Collection<?> elements(Object value) {
    return value instanceof Map<?, ?> map ? map.keySet() : (List<?>) value;
  }

  private static Object at(Object container, Object key) {
    return switch (container) {
      case Map<?, ?> map when map.containsKey(key) -> map.get(key);
      case List<?> list when number(key) < list.size() -> list.get((int) number(key));
      default -> throw new NoSuchElementException(key.toString());
    };
  }
}
