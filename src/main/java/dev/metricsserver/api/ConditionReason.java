package dev.metricsserver.api;

/**
 * Reasons of conditions that the operator sets. Beside these, a reason is the code of a finding or
 * of a refusal, or one of the API server about the APIService.
 */
public enum ConditionReason {
  /** The API server rejected a request of the operator, or did not answer. */
  ApplyFailed,
  /** Kubelets present certificates that the CA does not verify, and the mode is Auto. */
  CertificatesNotVerified,
  /** A metrics API of another owner is installed, and conflictPolicy is Refuse. */
  Conflict,
  /** The flags of the observed installation cannot be read. */
  FlagsNotReadable,
  /** Certificates are not verified, by the spec or by the observed installation. */
  Insecure,
  /** Enough nodes have metrics. */
  MetricsAvailable,
  /** Too few nodes have metrics. */
  NodesWithoutMetrics,
  /** The query of the metrics API failed. */
  NotAnswered,
  /** No configuration is in force yet. */
  NotApplied,
  /** The APIService is not created yet. */
  NotRegistered,
  /** No kubelet has presented a certificate yet. */
  NotSeen,
  /** No user action is required. */
  NotStalled,
  /** The operator observes a metrics-server of another owner. */
  Observing,
  /** The spec is paused. */
  Paused,
  /** Kubelets are read without TLS. */
  Plaintext,
  /** This generation is in force. */
  Reconciled,
  /** A request failed and is retried. */
  Retrying,
  /** The last configuration that was Ready is in force again. */
  RolledBack,
  /** Not every pod is of the newest template and ready. */
  RolloutInProgress,
  /** The certificate that the spec refers to cannot be used. */
  ServingCertificateUnusable,
  /** Waiting for user action. */
  Stalled,
  /** The API server gives no reason. */
  Unknown,
  /** Every certificate is verified. */
  Verified,
  /** Certificates are verified, and those of some nodes fail. */
  VerifiedExceptNodes
}
