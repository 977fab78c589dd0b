package dev.metricsserver.model;

import java.time.Instant;
import java.util.List;

/**
 * What a node's kubelet presents to a client without credentials.
 *
 * @param detail why there is no certificate, in the network's words and the same at each look;
 *     empty with one
 * @param signedByCluster whether its chain leads to the cluster's CA, whatever the certificate's
 *     own dates
 * @param signedByGiven whether it leads to the CA that the user gave; false when none is given
 * @param names what its certificate names: DNS names in lower case and IP addresses in their
 *     canonical form, sorted, at most 64
 * @param notBefore from when the certificate is valid, {@link Instant#EPOCH} without one
 * @param notAfter until when the certificate is valid, {@link Instant#EPOCH} without one
 * @param readOnlyPort whether any client can read what runs on the node, unencrypted, from port
 *     10255
 */
public record Kubelet(
    Handshake handshake,
    String detail,
    boolean signedByCluster,
    boolean signedByGiven,
    List<String> names,
    Instant notBefore,
    Instant notAfter,
    boolean readOnlyPort) {

  /** Keeps the names as they are. */
  public Kubelet {
    names = List.copyOf(names);
  }

  /** The same with an open read-only port. */
  public Kubelet withReadOnlyPort() {
    return new Kubelet(
        handshake, detail, signedByCluster, signedByGiven, names, notBefore, notAfter, true);
  }

  /** How the TLS handshake ended. */
  public enum Handshake {
    /** With a session, so that there is a certificate. */
    Completed,
    /** Something answered, but not with a TLS session: an alert, or something else than TLS. */
    Refused,
    /** Nothing answered in time, the connection was refused, or there is no way to the address. */
    Unreachable
  }

  /**
   * Whether the certificate names this address, as metrics-server, which is written in Go, sees it:
   * an IP address must be among the IP addresses, a name among the DNS names, of which the
   * left-most label may be a wildcard. The common name never counts.
   */
  public boolean covers(NodeFacts.Address address) {
    return SubjectNames.cover(names, address.address());
  }

  /**
   * Whether metrics-server accepts the certificate.
   *
   * @param byGiven whether the CA that the user gave signs the kubelets' certificates, and not the
   *     cluster's
   */
  public boolean verified(NodeFacts.Address address, boolean byGiven, Instant now) {
    return (byGiven ? signedByGiven : signedByCluster)
        && !now.isBefore(notBefore)
        && !now.isAfter(notAfter)
        && covers(address);
  }
}
