package dev.metricsserver.controller;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Limits how often a changed spec is applied: the first few changes at once, then one in 0.6 s.
 * Each may replace all pods, so a script or controller that edits faster gets its last change
 * applied within that time instead of a rollout each moment. Drift is repaired at once all the
 * same, because the spec stays the same.
 */
final class SpecChangeRateLimiter {

  private static final int BURST = 3;
  private static final Duration INTERVAL = Duration.ofMillis(600);

  private long admitted;
  private Instant free = Instant.EPOCH;

  /**
   * Admits a spec when it is time.
   *
   * @param generation of the spec
   * @return how long to wait first; empty when the spec is admitted
   */
  Optional<Duration> delay(long generation, Instant now) {
    if (generation == admitted) {
      return Optional.empty();
    }
    var earliest = free.minus(INTERVAL.multipliedBy(BURST - 1));
    if (now.isBefore(earliest)) {
      return Optional.of(Duration.between(now, earliest));
    }
    admitted = generation;
    free = (free.isAfter(now) ? free : now).plus(INTERVAL);
    return Optional.empty();
  }
}
