package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Recognises the words of another program, such as a log line or a condition's message.
 *
 * @param pattern found anywhere in the words
 * @param message as {@link Context#fill} takes it
 * @param remedy for the installation of the context
 */
record Rule(FindingCode code, Pattern pattern, String message, Function<Context, Remedy> remedy) {

  static Rule of(
      FindingCode code, String pattern, String message, Function<Context, Remedy> remedy) {
    return new Rule(code, Pattern.compile(pattern), message, remedy);
  }

  /**
   * A rule with one remedy for the operator's installation, and another for an existing one.
   *
   * @param ours where the operator installed metrics-server
   * @param other for an installation that the operator does not manage
   */
  static Rule of(
      FindingCode code,
      String pattern,
      String message,
      Function<Context, Remedy> ours,
      Function<Context, Remedy> other) {
    return of(code, pattern, message, c -> (c.installation().ours() ? ours : other).apply(c));
  }

  /** The finding of the first rule that recognises the words. */
  static Optional<Finding> first(
      List<Rule> rules,
      String words,
      Installation installation,
      Severity severity,
      ObjectName object) {
    return rules.stream()
        .flatMap(rule -> rule.of(words, installation, severity, object).stream())
        .findFirst();
  }

  private Optional<Finding> of(
      String words, Installation installation, Severity severity, ObjectName object) {
    var found = pattern.matcher(words);
    if (!found.find()) {
      return Optional.empty();
    }
    var groups =
        IntStream.rangeClosed(1, found.groupCount())
            .mapToObj(i -> Optional.ofNullable(found.group(i)).orElse(""))
            .toList();
    var context = new Context(installation, groups);
    return Optional.of(
        new Finding(code, severity, context.fill(message), remedy.apply(context), object));
  }
}
