package dev.metricsserver.operator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Skips a test and prints why: Maven tells no more than how many were skipped. */
final class Skip {

  private Skip() {}

  static void unless(boolean possible, String why) {
    if (!possible) {
      System.out.println("Skipped: " + why);
    }
    assumeTrue(possible, why);
  }
}
