package dev.metricsserver.cli.common;

import dev.metricsserver.plan.Decision.Violation;
import java.util.List;
import java.util.stream.Collectors;

/** What was decided, in words. */
public final class Decisions {

  private Decisions() {}

  /** Why a file that the schema admits cannot be carried out. */
  public static Failure refused(String file, List<Violation> violations) {
    return new Failure(
        "%s cannot be carried out:\n%s"
            .formatted(
                file,
                violations.stream().map(Decisions::sentence).collect(Collectors.joining("\n"))));
  }

  private static String sentence(Violation violation) {
    return "  %s%s; %s"
        .formatted(
            violation.field().isEmpty() ? "" : "spec." + violation.field() + ": ",
            violation.message(),
            violation.remedy());
  }
}
