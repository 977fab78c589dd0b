package dev.metricsserver.reading;

import java.time.Duration;

/**
 * How long to wait between attempts: longer each time, within bounds.
 *
 * @param first the shortest pause
 * @param longest the longest pause
 * @param factor how much longer each pause is than the previous one
 */
public record Backoff(Duration first, Duration longest, double factor) {

  /** Pauses that double. */
  public Backoff(Duration first, Duration longest) {
    this(first, longest, 2);
  }

  /** The pause after {@code previous}. */
  public Duration after(Duration previous) {
    return bounded(Duration.ofMillis(Math.round(previous.toMillis() * factor)));
  }

  /** This pause, made longer or shorter to be within the bounds. */
  public Duration bounded(Duration pause) {
    return pause.compareTo(first) < 0 ? first : pause.compareTo(longest) > 0 ? longest : pause;
  }
}
