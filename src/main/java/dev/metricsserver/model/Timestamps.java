package dev.metricsserver.model;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/** Points in time as the API server and annotations write them. */
public final class Timestamps {

  private Timestamps() {}

  /**
   * Reads a time; empty where there is none, or the text is none.
   *
   * @param text such as {@code 2026-01-01T00:00:00Z}, or null
   */
  public static Optional<Instant> parse(String text) {
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
