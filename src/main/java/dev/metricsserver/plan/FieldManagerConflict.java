package dev.metricsserver.plan;

import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.plan.Decision.Violation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** When somebody keeps changing back what was taken over, the wiser head gives in. */
public final class FieldManagerConflict {

  private static final int TIMES = 3;
  private static final Duration WITHIN = Duration.ofMinutes(10);

  private FieldManagerConflict() {}

  /**
   * Why the operator stops, if it does.
   *
   * @param conflictingWrites in order of time
   */
  public static Optional<Violation> lost(List<ConflictingWrite> conflictingWrites) {
    return conflictingWrites.stream()
        .filter(last -> isThird(last, conflictingWrites))
        .findFirst()
        .map(FieldManagerConflict::violation);
  }

  private static boolean isThird(ConflictingWrite last, List<ConflictingWrite> conflictingWrites) {
    return conflictingWrites.stream()
            .filter(w -> w.object().equals(last.object()))
            .filter(w -> !w.at().isAfter(last.at()))
            .filter(w -> !w.at().isBefore(last.at().minus(WITHIN)))
            .count()
        >= TIMES;
  }

  private static Violation violation(ConflictingWrite last) {
    return new Violation(
        "",
        ("%s changed %s three times within ten minutes after the operator had taken it over, so the"
                + " operator changes nothing any more")
            .formatted(last.manager(), last.object()),
        "find out what applies it and stop that, then %s and %s; or leave it to them and let the operator only watch: the first of these two commands alone"
            .formatted(Ownership.set("Observe"), Ownership.set("Adopt")));
  }
}
