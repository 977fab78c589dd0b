package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The flags of a metrics-server, read from its container's command and arguments as its own flag
 * library (Go's pflag) reads them: {@code --name=value}, {@code --name value}, {@code -l value},
 * {@code -lvalue}; of a repeated flag the last value counts, but lists grow; {@code --} ends the
 * flags.
 *
 * @param readable false where the container starts a shell or another program, so that its flags
 *     are not known; there are no values then
 * @param values by the flag's long name, in the order of the first occurrence; the values of a list
 *     are joined by commas, and a Boolean flag without a value has the value {@code true}
 * @param operands words that set no flag; metrics-server ignores them, or does not start
 */
public record MetricsServerFlags(
    boolean readable, Map<String, String> values, List<String> operands) {

  /** metrics-server neither verifies the kubelets' certificates nor sends its token. */
  public static final String PLAINTEXT = "deprecated-kubelet-completely-insecure";

  /** metrics-server does not verify the kubelets' certificates. */
  public static final String INSECURE = "kubelet-insecure-tls";

  /** The file with the CA of the kubelets' certificates. */
  public static final String KUBELET_CA = "kubelet-certificate-authority";

  /** The types of node addresses to connect to, in the order of preference. */
  public static final String ADDRESS_TYPES = "kubelet-preferred-address-types";

  private static final String NODE_SELECTOR = "node-selector";

  /**
   * Flags that take no further word as their value. Source: {@code metrics-server --help} of 0.6.0
   * to 0.9.0.
   */
  private static final Set<String> BOOLEAN =
      Set.of(
          "add_dir_header",
          "alsologtostderr",
          "audit-log-batch-throttle-enable",
          "audit-log-compress",
          "audit-log-truncate-enabled",
          "audit-webhook-batch-throttle-enable",
          "audit-webhook-truncate-enabled",
          "authentication-skip-lookup",
          "authentication-tolerate-lookup-failure",
          "contention-profiling",
          PLAINTEXT,
          "disable-http2-serving",
          "emulation-forward-compatible",
          "enable-priority-and-fairness",
          "help",
          INSECURE,
          "kubelet-use-node-status-port",
          "log-json-split-stream",
          "log-text-split-stream",
          "logtostderr",
          "one_output",
          "permit-address-sharing",
          "permit-port-sharing",
          "profiling",
          "runtime-config-emulation-forward-compatible",
          "shutdown-send-retry-after",
          "skip_headers",
          "skip_log_headers",
          "version");

  /** Flags whose repetition adds to their values. Source as above. */
  private static final Set<String> LISTS =
      Set.of(
          "authorization-always-allow-paths",
          "cors-allowed-origins",
          "emulated-version",
          "feature-gates",
          ADDRESS_TYPES,
          "min-compatibility-version",
          "requestheader-allowed-names",
          "requestheader-extra-headers-prefix",
          "requestheader-group-headers",
          "requestheader-uid-headers",
          "requestheader-username-headers",
          "strict-transport-security-directives",
          "tls-cipher-suites",
          "tls-curve-preferences");

  private static final Map<String, String> SHORT =
      Map.of("l", NODE_SELECTOR, "v", "v", "h", "help");

  /** The values that Go's strconv.ParseBool takes for true and for false. */
  private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");

  private static final Set<String> FALSE = Set.of("0", "f", "F", "false", "FALSE", "False");

  private static final int DEFAULT_PORT = 443;
  private static final Duration DEFAULT_RESOLUTION = Duration.ofMinutes(1);

  /** Reads the flags of metrics-server's container in this pod. */
  public static MetricsServerFlags of(PodSpec pod) {
    return of(MetricsServerContainer.of(pod));
  }

  /** Reads the flags of this container. */
  public static MetricsServerFlags of(Container container) {
    if (!MetricsServerContainer.runsMetricsServer(container).orElse(true)) {
      return new MetricsServerFlags(false, Map.of(), List.of());
    }
    var environment =
        requireNonNullElse(container.getEnv(), List.<EnvVar>of()).stream()
            .filter(variable -> variable.getValue() != null)
            .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue, (_, last) -> last));
    var values = new LinkedHashMap<String, String>();
    var operands = new ArrayList<String>();
    var words = words(container).map(word -> Expansion.of(word, environment)).toList();
    for (var token : tokens(words)) {
      if (token.value().isEmpty()) {
        operands.addAll(token.words());
      } else if (LISTS.contains(token.name())) {
        values.merge(token.name(), token.value().get(), (before, more) -> before + "," + more);
      } else {
        values.put(token.name(), token.value().get());
      }
    }
    return new MetricsServerFlags(true, Collections.unmodifiableMap(values), List.copyOf(operands));
  }

  private static Stream<String> words(Container container) {
    return Stream.concat(
            requireNonNullElse(container.getCommand(), List.<String>of()).stream().skip(1),
            requireNonNullElse(container.getArgs(), List.<String>of()).stream())
        .filter(Objects::nonNull);
  }

  /**
   * Returns the container's arguments where they are all its flags; empty where its command has
   * flags too, or is not metrics-server's.
   */
  public static List<String> inArguments(Container container) {
    return requireNonNullElse(container.getCommand(), List.<String>of()).size() <= 1
            && MetricsServerContainer.runsMetricsServer(container).orElse(true)
        ? List.copyOf(container.getArgs())
        : List.of();
  }

  /**
   * Removes flags from a container's arguments, with the words that are their values.
   *
   * @param names without the leading dashes
   */
  public static List<String> without(List<String> arguments, Collection<String> names) {
    return tokens(arguments).stream()
        .flatMap(token ->
            token.words().stream().skip(names.contains(token.name()) ? valueEnd(token) : 0))
        .toList();
  }

  /** Adds flags to a container's arguments, before the words that follow {@code --}. */
  public static List<String> with(List<String> arguments, List<String> added) {
    var tokens = tokens(arguments);
    var end = tokens.stream().map(Token::words).toList().indexOf(List.of("--"));
    var flags = end < 0 ? tokens : tokens.subList(0, end);
    var rest = tokens.subList(flags.size(), tokens.size());
    return Stream.of(words(flags), added.stream(), words(rest)).flatMap(words -> words).toList();
  }

  private static Stream<String> words(List<Token> tokens) {
    return tokens.stream().flatMap(token -> token.words().stream());
  }

  /** A flag that the program does not know takes no value that is a flag itself. */
  private static int valueEnd(Token token) {
    return token.words().getLast().startsWith("--") ? 1 : token.words().size();
  }

  // --------------------------------------------------------------------------- values by type

  /** Returns a flag's value as it is written; empty where the flag is not set. */
  public Optional<String> value(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** Returns a Boolean flag's value; empty where it is not set, or to what is no Boolean. */
  public Optional<Boolean> flag(String name) {
    return value(name)
        .flatMap(text ->
            TRUE.contains(text)
                ? Optional.of(true)
                : FALSE.contains(text) ? Optional.of(false) : Optional.empty());
  }

  /** Returns a flag's value as an integer; empty where it is not set, or to what is none. */
  public OptionalInt integer(String name) {
    try {
      return value(name).stream().mapToInt(Integer::parseInt).findFirst();
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }

  /** Returns a flag's values in their order, each once; empty where it is not set. */
  public List<String> list(String name) {
    return value(name).stream().flatMap(text -> Stream.of(text.split(",", -1))).distinct().toList();
  }

  // ------------------------------------------------------------------------------------ what they
  // say

  /**
   * Returns whether metrics-server verifies the kubelets' certificates: its default, unless a flag
   * turns it off. Unknown where a flag has no Boolean as its value, such as a reference to a
   * variable from a ConfigMap, or where such a reference takes the place of a flag.
   */
  public KubeletVerification kubeletVerification() {
    var off = Stream.of(INSECURE, PLAINTEXT).filter(values::containsKey).map(this::flag).toList();
    if (off.contains(Optional.of(true))) {
      return KubeletVerification.Unverified;
    }
    return readable
            && !off.contains(Optional.<Boolean>empty())
            && operands.stream().noneMatch(word -> word.startsWith("$("))
        ? KubeletVerification.Verified
        : KubeletVerification.Unknown;
  }

  /** Returns the types of node addresses to connect to; empty where the default applies. */
  public List<String> addressTypes() {
    return list(ADDRESS_TYPES);
  }

  /** Returns which nodes' kubelets are asked. */
  public NodeSelector nodeSelector() {
    return value(NODE_SELECTOR).map(NodeSelector::parse).orElse(NodeSelector.ALL);
  }

  /** Returns the port that metrics-server listens on. */
  public int port() {
    return integer("secure-port").orElse(DEFAULT_PORT);
  }

  /** Returns how often each kubelet is asked. */
  public Duration metricResolution() {
    return value("metric-resolution").flatMap(Durations::parse).orElse(DEFAULT_RESOLUTION);
  }

  // -------------------------------------------------------------------------------------------
  // words

  /**
   * A flag or an operand.
   *
   * @param words as they are written
   * @param name of the flag, long and without dashes; empty for an operand
   * @param value of the flag; empty for an operand, and for a flag that lacks its value
   */
  private record Token(List<String> words, String name, Optional<String> value) {

    static Token flag(List<String> words, String name, String value) {
      return new Token(words, name, Optional.of(value));
    }
  }

  private static List<Token> tokens(List<String> words) {
    var tokens = new ArrayList<Token>();
    for (var i = 0; i < words.size(); i += tokens.getLast().words().size()) {
      var word = words.get(i);
      if (word.equals("--")) {
        words.subList(i, words.size()).forEach(w -> tokens.add(operand(w)));
        break;
      }
      tokens.add(token(word, i + 1 < words.size() ? words.get(i + 1) : null));
    }
    return tokens;
  }

  private static Token token(String word, String next) {
    if (word.startsWith("--")) {
      return longFlag(word, next);
    }
    return word.startsWith("-") && word.length() > 1 ? shortFlag(word, next) : operand(word);
  }

  private static Token longFlag(String word, String next) {
    var equals = word.indexOf('=');
    var name = word.substring(2, equals < 0 ? word.length() : equals);
    if (name.isEmpty() || name.startsWith("-")) {
      return operand(word);
    }
    return equals < 0
        ? withoutValue(word, name, next)
        : Token.flag(List.of(word), name, word.substring(equals + 1));
  }

  private static Token shortFlag(String word, String next) {
    var name = SHORT.get(word.substring(1, 2));
    if (name == null) {
      return operand(word);
    }
    if (word.length() == 2) {
      return withoutValue(word, name, next);
    }
    return Token.flag(List.of(word), name, word.substring(word.charAt(2) == '=' ? 3 : 2));
  }

  private static Token withoutValue(String word, String name, String next) {
    if (BOOLEAN.contains(name)) {
      return Token.flag(List.of(word), name, "true");
    }
    return next == null
        ? new Token(List.of(word), name, Optional.empty())
        : Token.flag(List.of(word, next), name, next);
  }

  private static Token operand(String word) {
    return new Token(List.of(word), "", Optional.empty());
  }
}
