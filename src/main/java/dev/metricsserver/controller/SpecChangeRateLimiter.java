package dev.metricsserver.controller;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How often another spec is followed: the first few at once, then one in 0.6 s. Each may replace
 * all pods, so whoever edits faster, as a script or another controller can, gets the last word over
 * half a second later instead of a rollout a moment. What others change of the objects is restored
 * at once all the same, because the spec stays as it is.
 */
final class SpecChangeRateLimiter {

  private static final int AT_ONCE = 3;
  private static final Duration EVERY = Duration.ofMillis(600);

  private long followed;
  private Instant free = Instant.EPOCH;

  /**
   * Follows a spec when it is time.
   *
   * @param generation of the spec
   * @return how long to wait first; empty when it is followed now
   */
  Optional<Duration> tooSoon(long generation, Instant now) {
    if (generation == followed) {
      return Optional.empty();
    }
    var earliest = free.minus(EVERY.multipliedBy(AT_ONCE - 1));
    if (now.isBefore(earliest)) {
      return Optional.of(Duration.between(now, earliest));
    }
    followed = generation;
    free = (free.isAfter(now) ? free : now).plus(EVERY);
    return Optional.empty();
  }
}
