package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.model.NodeFacts;
import java.util.List;

/**
 * How metrics-server speaks to the kubelets, and why.
 *
 * @param mode what is in force, never {@code Auto}
 * @param automatic whether the operator chose the mode; else the spec configures it
 * @param seen whether any kubelet showed a certificate
 * @param problems kubelets that cannot be reached or verified, by node
 * @param readOnlyPorts names of nodes that tell everybody what runs on them
 */
public record KubeletTLS(
    TLSMode mode,
    boolean automatic,
    String reason,
    boolean seen,
    List<Problem> problems,
    List<String> readOnlyPorts) {

  /** Whether whoever answers must prove to be the kubelet. */
  public boolean verified() {
    return mode == TLSMode.Verify;
  }

  /**
   * What is wrong with one kubelet.
   *
   * @param address that metrics-server dials
   * @param port that it dials there, unless it reads without TLS
   * @param detail what was seen, as far as the kind does not say it; may be empty
   */
  public record Problem(NodeFacts node, String address, int port, Kind kind, String detail) {

    /** Whether the kubelet says that it listens on another port than the one that is dialled. */
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
    /** It has no certificate yet: its request waits to be decided. */
    Requested,
    /** It answers, but not with TLS. */
    Refused,
    /** It does not answer. */
    Unreachable
  }
}
