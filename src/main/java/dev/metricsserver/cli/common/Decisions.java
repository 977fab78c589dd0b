package dev.metricsserver.cli.common;

import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.diagnosis.ViolationText;
import dev.metricsserver.plan.Violation;
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
    var text = ViolationText.of(violation);
    return "  %s; %s".formatted(text.sentence(), RemedyRenderer.line(text.remedy()));
  }
}
