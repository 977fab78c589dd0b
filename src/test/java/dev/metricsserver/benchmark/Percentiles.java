package dev.metricsserver.benchmark;

import java.time.Duration;
import java.util.List;

/** Percentiles of measured times. */
final class Percentiles {

  private Percentiles() {}

  /** Returns the smallest time that so many percent of all do not exceed. */
  static Duration of(List<Duration> times, int percent) {
    var sorted = times.stream().sorted().toList();
    return sorted.get(Math.max(0, Math.ceilDiv(sorted.size() * percent, 100) - 1));
  }

  /** Prints the number of measurements and their spread, in milliseconds. */
  static void print(String what, List<Duration> times) {
    System.out.printf(
        "%s: n=%d  min %d  median %d  p95 %d  p99 %d  max %d ms%n",
        what,
        times.size(),
        of(times, 0).toMillis(),
        of(times, 50).toMillis(),
        of(times, 95).toMillis(),
        of(times, 99).toMillis(),
        of(times, 100).toMillis());
  }
}
