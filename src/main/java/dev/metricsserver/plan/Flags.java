package dev.metricsserver.plan;

import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.Releases.Release;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * metrics-server's flags, version by version, and which of them {@code extraArgs} may carry: those
 * in {@code metrics-server-flags.txt} that no field owns and that do not weaken what the operator
 * guarantees. Flags that are not in that list are refused, so a version cannot be broken by a
 * typing error.
 */
final class Flags {

  /**
   * A line of the table.
   *
   * @param until the first version without the flag, or {@code -}
   * @param verdict {@code allowed}, {@code field <path>} or {@code refused <why>}
   */
  private record Flag(String name, String since, String until, String verdict) {

    boolean in(Release release) {
      return release.atLeast(since) && (until.equals("-") || !release.atLeast(until));
    }

    static Flag parse(String[] columns) {
      return new Flag(columns[0], columns[1], columns[2], columns[3]);
    }
  }

  private static final Map<String, Flag> TABLE = read();

  private Flags() {}

  /**
   * What is wrong with one of the {@code extraArgs}, if anything.
   *
   * @param argument as the user wrote it, {@code --name=value}
   */
  static Optional<Violation> check(String argument, Release release) {
    var equals = argument.indexOf('=');
    if (!argument.startsWith("--") || equals < 3) {
      return violation(argument + " is not of the form --name=value", "write it as --name=value");
    }
    var name = argument.substring(2, equals);
    var flag = TABLE.get(name);
    if (flag == null || !flag.in(release)) {
      return violation(
          "metrics-server %s has no flag --%s".formatted(release.version(), name),
          "remove it%s"
              .formatted(
                  flag != null && flag.until().equals("-")
                      ? ", or " + Releases.orNewer(flag.since())
                      : ""));
    }
    return switch (flag.verdict().split(" ", 2)[0]) {
      case "allowed" -> Optional.empty();
      case "field" ->
          violation(
              "--%s is what spec.%s is for".formatted(name, flag.verdict().substring(6)),
              "remove it and set spec." + flag.verdict().substring(6));
      default ->
          violation(
              "--%s is refused: %s".formatted(name, flag.verdict().substring(8)), "remove it");
    };
  }

  private static Optional<Violation> violation(String message, String remedy) {
    return Optional.of(new Violation("extraArgs", message, remedy));
  }

  private static Map<String, Flag> read() {
    return DataFile.read("metrics-server-flags.txt", 4).stream()
        .map(Flag::parse)
        .collect(Collectors.toUnmodifiableMap(Flag::name, Function.identity()));
  }
}
