package dev.metricsserver.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Skips a test and prints why: Maven tells no more than how many were skipped. */
public final class Skip {

  private Skip() {}

  public static void unless(boolean possible, String why) {
    if (!possible) {
      System.out.println("Skipped: " + why);
    }
    assumeTrue(possible, why);
  }
}
