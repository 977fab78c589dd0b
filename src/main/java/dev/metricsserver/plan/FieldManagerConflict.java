package dev.metricsserver.plan;

import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.plan.Violation.Reverted;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Stops an adoption when another field manager reverts the operator's changes three times within
 * ten minutes.
 */
public final class FieldManagerConflict {

  private static final int TIMES = 3;
  private static final Duration WITHIN = Duration.ofMinutes(10);

  private FieldManagerConflict() {}

  /**
   * The violation for which the operator stops; empty if it goes on.
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
    return new Reverted(last.manager(), last.object(), TIMES, WITHIN.toMinutes());
  }
}
