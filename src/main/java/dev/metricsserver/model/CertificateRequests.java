package dev.metricsserver.model;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Requests for kubelet serving certificates that have no decision. Two of these are equal if the
 * differences do not matter to any finding.
 *
 * @param requests the oldest ones, at most {@value #MOST}, rejected ones first
 * @param total the number of requests without a decision
 * @param forbidden the message of the API server if it does not allow the operator to read or
 *     approve requests
 */
public record CertificateRequests(List<Request> requests, int total, Optional<String> forbidden) {

  /** The number of requests that are listed. */
  public static final int MOST = 50;

  /** No requests. */
  public static final CertificateRequests NONE =
      new CertificateRequests(List.of(), 0, Optional.empty());

  /** The signer of kubelet serving certificates. */
  public static final String SIGNER = "kubernetes.io/kubelet-serving";

  /** The name of the Node that made a request, or the user if that is not a node. */
  public static String node(CertificateSigningRequest request) {
    return CertificateRequest.of(request).node();
  }

  /**
   * A request.
   *
   * @param node the name of the Node that made it, or the user if that is not a node
   * @param reason why it is not approved, as a clause; empty if it was not judged
   */
  public record Request(String name, String node, Instant created, State state, String reason) {}

  /** The state of a request. */
  public enum State {
    /** It satisfies the approval policy, but the operator is not configured to approve requests. */
    Acceptable,
    /** It was not judged. */
    NotLookedAt,
    /** It is not approved yet, and judged again later. */
    Waiting,
    /** It violates a rule and is never approved. */
    Refused
  }
}
