package dev.metricsserver.controller;

/** Hears of what the operator did, for whoever counts it. Called from several threads. */
public interface OperatorEvents {

  /** All objects are as they should be. */
  void verified();

  /** A kubelet's request for a serving certificate was approved. */
  void approved();

  /** The last configuration that was Ready is in force again, since a newer one failed. */
  void rolledBack();
}
