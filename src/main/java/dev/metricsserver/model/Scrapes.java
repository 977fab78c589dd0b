package dev.metricsserver.model;

import java.time.Duration;

/** When metrics-server has metrics. */
public final class Scrapes {

  /** A rate needs two measurements. */
  private static final int NEEDED = 2;

  private Scrapes() {}

  /**
   * How long after a start metrics-server has metrics at the latest.
   *
   * @param interval how often it scrapes each kubelet
   * @param start how long the start itself may take
   */
  public static Duration untilMetrics(Duration interval, Duration start) {
    return interval.multipliedBy(NEEDED).plus(start);
  }
}
