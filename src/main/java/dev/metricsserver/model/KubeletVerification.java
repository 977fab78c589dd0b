package dev.metricsserver.model;

/** Whether an installed metrics-server verifies the certificates of the kubelets. */
public enum KubeletVerification {
  /** It verifies them. */
  Verified,
  /** A flag turns verification off. */
  Unverified,
  /** Its flags cannot be read, or the value of one is not known. */
  Unknown
}
