package dev.metricsserver.approval;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Limits how often something happens: some times at once, then once per interval. */
final class TokenBucket {

  private final InstantSource clock;
  private final int capacity;
  private final Duration interval;
  private Instant full;

  /**
   * A full bucket.
   *
   * @param capacity how often it may happen at once
   * @param interval in which one more time is added, up to the capacity
   */
  TokenBucket(InstantSource clock, int capacity, Duration interval) {
    this.clock = clock;
    this.capacity = capacity;
    this.interval = interval;
    this.full = Instant.MIN;
  }

  /** Takes a token. Returns whether there was one. */
  synchronized boolean take() {
    if (!untilNext().isZero()) {
      return false;
    }
    var now = clock.instant();
    full = (full.isBefore(now) ? now : full).plus(interval);
    return true;
  }

  /** The time until there is a token; zero if there is one. */
  synchronized Duration untilNext() {
    var now = clock.instant();
    if (full.isAfter(now.plus(interval.multipliedBy(capacity)))) {
      // The clock was set back.
      full = now.plus(interval.multipliedBy(capacity));
    }
    var next = full.equals(Instant.MIN) ? now : full.minus(interval.multipliedBy(capacity - 1L));
    return next.isAfter(now) ? Duration.between(now, next) : Duration.ZERO;
  }

  /** Whether nothing was taken for as long as it takes to fill the bucket. */
  synchronized boolean isFull() {
    return !full.isAfter(clock.instant());
  }
}
