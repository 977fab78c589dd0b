package dev.metricsserver.model;

import dev.metricsserver.api.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which nodes a metrics-server asks, by their labels, in the words that Kubernetes has for it:
 * {@code a=b}, {@code a==b}, {@code a!=b}, {@code a in (b,c)}, {@code a notin (b,c)}, {@code a},
 * {@code !a}, {@code a>1} and {@code a<1}, several joined by commas.
 *
 * @param requirements a node has to meet all of them
 */
public record NodeSelector(List<Requirement> requirements) {

  /** Each node is asked. */
  public static final NodeSelector ALL = new NodeSelector(List.of());

  private static final Pattern COMMA = Pattern.compile(",(?![^(]*\\))");
  private static final String KEY = "([\\w./-]+)";
  private static final Pattern THERE = Pattern.compile("(!?)\\s*" + KEY);
  private static final Pattern AMONG =
      Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([\\w.,\\s-]*)\\)");
  private static final Pattern COMPARED = Pattern.compile(KEY + "\\s*(==?|!=|[<>])\\s*([\\w.-]*)");

  /** What a requirement demands of a label. */
  enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan
  }

  /** One of a label. */
  record Requirement(String key, Operator operator, Set<String> values) {

    @Override
    public String toString() {
      var sorted = values.stream().sorted().collect(Collectors.joining(","));
      return switch (operator) {
        case In -> values.size() == 1 ? key + "=" + sorted : key + " in (" + sorted + ")";
        case NotIn -> values.size() == 1 ? key + "!=" + sorted : key + " notin (" + sorted + ")";
        case Exists -> key;
        case DoesNotExist -> "!" + key;
        case GreaterThan -> key + ">" + sorted;
        case LessThan -> key + "<" + sorted;
      };
    }

    /** {@code NotIn} is met without the label too, as Kubernetes has it. */
    boolean met(Map<String, String> labels) {
      var value = labels.get(key);
      return switch (operator) {
        case In -> value != null && values.contains(value);
        case NotIn -> value == null || !values.contains(value);
        case Exists -> value != null;
        case DoesNotExist -> value == null;
        case GreaterThan -> value != null && compared(value) > 0;
        case LessThan -> value != null && compared(value) < 0;
      };
    }

    /** A label that is no number is neither more nor less: not met. */
    private int compared(String value) {
      try {
        return Long.compare(
            Long.parseLong(value), Long.parseLong(values.stream().findFirst().orElse("")));
      } catch (NumberFormatException _) {
        return 0;
      }
    }
  }

  /** Nodes that a selector of the spec selects. */
  public static NodeSelector of(LabelSelector selector) {
    var labels =
        selector.matchLabels().entrySet().stream()
            .map(e -> new Requirement(e.getKey(), Operator.In, Set.of(e.getValue())));
    var expressions =
        selector.matchExpressions().stream()
            .map(e ->
                new Requirement(
                    e.key(), Operator.valueOf(e.operator().name()), Set.copyOf(e.values())));
    return new NodeSelector(Stream.concat(labels, expressions).toList());
  }

  /** The same selector as the spec has it; empty if it compares numbers, which the spec cannot. */
  public Optional<LabelSelector> asSpec() {
    var labels = new TreeMap<String, String>();
    var expressions = new ArrayList<LabelSelector.Requirement>();
    for (var r : requirements) {
      var values = r.values().stream().sorted().toList();
      if (r.operator() == Operator.GreaterThan || r.operator() == Operator.LessThan) {
        return Optional.empty();
      }
      if (r.operator() != Operator.In
          || values.size() > 1
          || labels.putIfAbsent(r.key(), values.getFirst()) != null) {
        expressions.add(
            new LabelSelector.Requirement(
                r.key(), LabelSelector.Operator.valueOf(r.operator().name()), values));
      }
    }
    return Optional.of(new LabelSelector(labels, expressions));
  }

  /** Returns the words that {@link #parse} reads. */
  @Override
  public String toString() {
    return requirements.stream().map(Requirement::toString).collect(Collectors.joining(","));
  }

  /** By its words; all nodes where they are none, for metrics-server does not start with such. */
  public static NodeSelector parse(String words) {
    if (words.isBlank()) {
      return ALL;
    }
    var requirements = new ArrayList<Requirement>();
    for (var word : COMMA.split(words, -1)) {
      var requirement = requirement(word.strip());
      if (requirement.isEmpty()) {
        return ALL;
      }
      requirements.add(requirement.get());
    }
    return new NodeSelector(List.copyOf(requirements));
  }

  private static Optional<Requirement> requirement(String word) {
    var there = THERE.matcher(word);
    if (there.matches()) {
      return Optional.of(
          new Requirement(
              there.group(2),
              there.group(1).isEmpty() ? Operator.Exists : Operator.DoesNotExist,
              Set.of()));
    }
    var among = AMONG.matcher(word);
    if (among.matches()) {
      return Optional.of(
          new Requirement(
              among.group(1),
              among.group(2).equals("in") ? Operator.In : Operator.NotIn,
              Stream.of(among.group(3).split(",", -1))
                  .map(String::strip)
                  .collect(Collectors.toSet())));
    }
    var compared = COMPARED.matcher(word);
    return Optional.of(compared)
        .filter(Matcher::matches)
        .map(m -> new Requirement(m.group(1), operator(m.group(2)), Set.of(m.group(3))));
  }

  private static Operator operator(String sign) {
    return switch (sign) {
      case "!=" -> Operator.NotIn;
      case ">" -> Operator.GreaterThan;
      case "<" -> Operator.LessThan;
      default -> Operator.In;
    };
  }

  /** Whether the node is asked. */
  public boolean selects(NodeFacts node) {
    return requirements.stream().allMatch(r -> r.met(node.labels()));
  }
}
