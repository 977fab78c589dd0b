package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.reading.Packaging;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What somebody's words say is wrong. In message and remedies {@code $1} is what the pattern's
 * first group matched, and {@code {namespace}}, {@code {deployment}}, {@code {service}}, {@code
 * {account}}, {@code {image}}, {@code {limit}}, {@code {port}}, {@code {container}}, {@code {name}}
 * are the installation's; for flags see {@link PackagingRemedy}.
 *
 * @param pattern found anywhere in the words
 * @param ours the remedy where the operator installed it; {@code {restore}} is how the operator
 *     makes its objects as they were
 * @param other the remedy for somebody else's installation
 * @param helm values of upstream's Helm chart that mend it, as options of {@code helm upgrade}; may
 *     be empty
 */
record Rule(
    FindingCode code, Pattern pattern, String message, String ours, String other, String helm) {

  private static final Pattern GROUP = Pattern.compile("\\$([1-9])");

  static Rule of(FindingCode code, String pattern, String message, String ours, String other) {
    return new Rule(code, Pattern.compile(pattern), message, ours, other, "");
  }

  /** The same, which a Helm release is mended of by other values. */
  Rule helm(String values) {
    return new Rule(code, pattern, message, ours, other, values);
  }

  /** What the first rule that knows the words says of them. */
  static Optional<Finding> first(
      List<Rule> rules, String words, Installation installation, Severity severity, String object) {
    return rules.stream()
        .flatMap(rule -> rule.of(words, installation, severity, object).stream())
        .findFirst();
  }

  private Optional<Finding> of(
      String words, Installation installation, Severity severity, String object) {
    var found = pattern.matcher(words);
    return found.find()
        ? Optional.of(
            new Finding(
                code,
                severity,
                filled(message, found, installation),
                filled(remedy(installation), found, installation),
                object))
        : Optional.empty();
  }

  private String remedy(Installation installation) {
    return installation.ours()
        ? unpaused(ours, installation)
        : PackagingRemedy.upgraded(installation, helm).orElse(other);
  }

  private static String filled(String text, Matcher found, Installation installation) {
    var groups =
        GROUP
            .matcher(text)
            .replaceAll(
                group -> Matcher.quoteReplacement(found.group(Integer.parseInt(group.group(1)))));
    return filled(groups.strip(), installation);
  }

  /** Names of the installation in place of their placeholders. */
  static String filled(String text, Installation installation) {
    return PackagingRemedy.filled(text, installation)
        .replace("{restore}", restore(installation))
        .replace("{namespace}", installation.namespace())
        .replace("{deployment}", installation.deployment())
        .replace("{service}", installation.service())
        .replace("{account}", installation.serviceAccount())
        .replace("{image}", installation.image())
        .replace("{limit}", installation.memoryLimit())
        .replace(
            "{container}",
            Integer.toString(installation.packaging().map(Packaging::container).orElse(0)))
        .replace(
            "{name}", installation.packaging().map(Packaging::name).orElse(Names.METRICS_SERVER))
        .replace("{labels}", installation.labelsAsJson())
        .replace("{port}", Integer.toString(installation.port()));
  }

  /** How the operator's objects become again what they were. */
  private static String restore(Installation installation) {
    return installation.keeper() == Keeper.PausedOperator
        ? "kubectl patch msc cluster --type merge -p '{\"spec\":{\"paused\":false}}', then the"
            + " operator restores it"
        : "none: the operator restores it by itself, and where it cannot, kubectl -n"
            + " metrics-server-operator logs deployment/metrics-server-operator says why";
  }

  /** A field does nothing while the operator is paused. */
  private static String unpaused(String remedy, Installation installation) {
    return installation.keeper() == Keeper.PausedOperator && remedy.contains("spec.")
        ? remedy + "; and set spec.paused: false, because nothing is changed while it is true"
        : remedy;
  }
}
