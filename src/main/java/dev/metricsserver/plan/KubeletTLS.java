package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.plan.Reason.ConfiguredMode;
import dev.metricsserver.plan.Reason.KubeletTLSReason;
import java.util.List;

/**
 * How metrics-server connects to the kubelets, and why.
 *
 * @param decided the mode in force, never {@code Auto}
 * @param seen whether any kubelet presented a certificate
 * @param problems kubelets that cannot be reached or verified, by node
 * @param readOnlyPorts names of nodes whose kubelet serves the unauthenticated read-only port
 */
public record KubeletTLS(
    Decided<TLSMode, KubeletTLSReason> decided,
    boolean seen,
    List<Problem> problems,
    List<String> readOnlyPorts) {

  /** The mode in force, never {@code Auto}. */
  public TLSMode mode() {
    return decided.value();
  }

  /** Why this mode is in force. */
  public KubeletTLSReason reason() {
    return decided.reason();
  }

  /** Whether the operator chose the mode, because the spec sets none. */
  public boolean automatic() {
    return !(reason() instanceof ConfiguredMode);
  }

  /** Whether metrics-server verifies the kubelets' certificates. */
  public boolean verified() {
    return mode() == TLSMode.Verify;
  }

  /** Whether certificates were seen, all of them valid, while metrics-server verifies them. */
  public boolean allSeenVerified() {
    return verified() && seen && problems.stream().noneMatch(p -> p.kind().hasCertificate());
  }

  /** Whether the spec turns verification off. */
  public boolean turnedOff() {
    return reason() instanceof ConfiguredMode && !verified();
  }

  /**
   * Why one kubelet cannot be reached or verified.
   *
   * @param address the address that metrics-server dials
   * @param port the port that it dials, unless it reads without TLS
   * @param detail what the probe saw beyond the kind; may be empty
   */
  public record Problem(NodeFacts node, String address, int port, Kind kind, String detail) {

    /** Whether the Node status names another kubelet port than the one that is dialled. */
    public boolean misdialled() {
      return (kind == Kind.Refused || kind == Kind.Unreachable)
          && node.kubeletPort() != 0
          && node.kubeletPort() != port;
    }
  }

  /** The ways in which a kubelet cannot be reached or verified. */
  public enum Kind {
    /** Its certificate is not signed by the CA. */
    Unsigned,
    /** Its certificate does not name the address that is dialled. */
    OtherAddress,
    /** Its certificate is no longer valid. */
    Expired,
    /** Its certificate is not valid yet. */
    NotYetValid,
    /** It has no certificate yet: its request is not decided. */
    Requested,
    /** It answers, but not with TLS. */
    Refused,
    /** It does not answer. */
    Unreachable;

    /** Whether it presented a certificate. */
    boolean hasCertificate() {
      return switch (this) {
        case Unsigned, OtherAddress, Expired, NotYetValid -> true;
        case Requested, Refused, Unreachable -> false;
      };
    }
  }
}
