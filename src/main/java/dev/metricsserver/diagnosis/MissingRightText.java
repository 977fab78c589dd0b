package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.RemedyRenderer.RenderedStep;
import dev.metricsserver.model.MissingRight;
import java.util.stream.Collectors;

/** The commands that grant a missing right. */
public final class MissingRightText {

  private MissingRightText() {}

  /** Returns the two commands that grant this right, and nothing else, one a line. */
  public static String commands(MissingRight right) {
    return RemedyRenderer.steps(OperatorRemedy.grant(right)).stream()
        .map(RenderedStep::command)
        .collect(Collectors.joining("\n"));
  }
}
