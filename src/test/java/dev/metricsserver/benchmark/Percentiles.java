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
}
