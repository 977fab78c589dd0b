package dev.metricsserver.controller;

/** Listens to what the operator does, to count it. Called from several threads. */
public interface OperatorEvents {

  /** All objects are as the plan has them. */
  void verified();

  /** A kubelet's request for a serving certificate was approved. */
  void approved();

  /** A newer configuration failed, and the last one that was Ready is in force again. */
  void rolledBack();
}
