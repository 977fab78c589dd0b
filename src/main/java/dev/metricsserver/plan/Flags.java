package dev.metricsserver.plan;

import dev.metricsserver.plan.Releases.Release;
import dev.metricsserver.plan.Violation.FlagOfField;
import dev.metricsserver.plan.Violation.HarmfulFlag;
import dev.metricsserver.plan.Violation.HarmfulFlag.Harm;
import dev.metricsserver.plan.Violation.MalformedArgument;
import dev.metricsserver.plan.Violation.UnknownFlag;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * metrics-server's flags, version by version, and which of them {@code extraArgs} may set: the
 * flags of {@code metrics-server-flags.txt} that no field owns and that do not weaken what the
 * operator guarantees. Flags that are not in that list are refused, so that a typing error cannot
 * keep metrics-server from starting.
 */
final class Flags {

  /** What {@code extraArgs} may do with a flag. */
  private sealed interface Rule {

    static Rule parse(String word, String argument) {
      return switch (word) {
        case "allowed" -> new Allowed();
        case "field" -> new OwnedBy(argument);
        case "refused" -> new Refused(Harm.valueOf(argument));
        default -> throw new IllegalArgumentException(word);
      };
    }
  }

  private record Allowed() implements Rule {}

  private record OwnedBy(String field) implements Rule {}

  private record Refused(Harm harm) implements Rule {}

  /**
   * A line of the table.
   *
   * @param until the first version without the flag; empty if all later versions have it
   */
  private record Flag(String name, String since, Optional<String> until, Rule rule) {

    boolean in(Release release) {
      return release.atLeast(since) && until.filter(release::atLeast).isEmpty();
    }

    /** The first version with the flag, unless a later one dropped it. */
    Optional<String> upgrade() {
      return until.isPresent() ? Optional.empty() : Optional.of(since);
    }

    static Flag parse(String[] columns) {
      return new Flag(
          columns[0],
          columns[1],
          Optional.of(columns[2]).filter(until -> !until.equals("-")),
          Rule.parse(columns[3], columns.length > 4 ? columns[4] : ""));
    }
  }

  private static final Map<String, Flag> TABLE = read();

  private Flags() {}

  /**
   * Checks one of the {@code extraArgs}.
   *
   * @param argument as the user wrote it, {@code --name=value}
   */
  static Optional<Violation> check(String argument, Release release) {
    var equals = argument.indexOf('=');
    if (!argument.startsWith("--") || equals < 3) {
      return Optional.of(new MalformedArgument(argument));
    }
    var name = argument.substring(2, equals);
    var flag = Optional.ofNullable(TABLE.get(name));
    return flag.filter(f -> f.in(release))
        .map(f ->
            switch (f.rule()) {
              case Allowed() -> Optional.<Violation>empty();
              case OwnedBy(var field) -> Optional.<Violation>of(new FlagOfField(name, field));
              case Refused(var harm) -> Optional.<Violation>of(new HarmfulFlag(name, harm));
            })
        .orElseGet(() ->
            Optional.of(
                new UnknownFlag(
                    release.version(), name, flag.flatMap(Flag::upgrade).map(Releases::first))));
  }

  private static Map<String, Flag> read() {
    return DataFile.read("metrics-server-flags.txt", 5).stream()
        .map(Flag::parse)
        .collect(Collectors.toUnmodifiableMap(Flag::name, Function.identity()));
  }
}
