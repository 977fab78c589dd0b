package dev.metricsserver.reading;

import java.time.Duration;

/**
 * How long to wait between attempts: longer each time, within bounds.
 *
 * @param first the shortest pause
 * @param longest the longest pause
 */
public record Backoff(Duration first, Duration longest) {

  /** The pause after {@code previous}, which is twice as long. */
  public Duration after(Duration previous) {
    return bounded(previous.multipliedBy(2));
  }

  /** This pause, made longer or shorter to be within the bounds. */
  public Duration bounded(Duration pause) {
    return pause.compareTo(first) < 0 ? first : pause.compareTo(longest) > 0 ? longest : pause;
  }
}
