package dev.metricsserver.api;

/** The conditions of a MetricsServerConfig. */
public enum ConditionType {
  /** The API server finds the metrics API available. */
  APIServiceAvailable,
  /** metrics-server verifies the kubelets' serving certificates. */
  KubeletTLSVerified,
  /** A query through the API server returned metrics for enough nodes. */
  MetricsAvailable,
  /** This generation is in force, and metrics are available. */
  Ready,
  /** The operator is working towards this generation. */
  Reconciling,
  /** The API servers verify metrics-server's serving certificate. */
  ServingTLSVerified,
  /** Nothing changes without user action. */
  Stalled
}
