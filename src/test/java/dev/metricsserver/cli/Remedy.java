package dev.metricsserver.cli;

import java.time.Instant;

/** What {@code doctor --fix} makes of a remedy. */
public final class Remedy {

  private Remedy() {}

  /** Whether the command can carry it out. */
  public static boolean carriedOut(String remedy) {
    return !RemedyParser.of(remedy, Instant.EPOCH).isEmpty();
  }
}
