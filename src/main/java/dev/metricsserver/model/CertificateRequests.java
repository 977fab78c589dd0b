package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Requests for kubelets' serving certificates that nobody has decided. Two of these are equal when
 * nothing changed that is worth a look.
 *
 * @param requests the oldest of them, at most {@value #MOST}, refused ones first
 * @param total how many there are
 * @param forbidden what the API server says when it lets the operator not read or approve them
 */
public record CertificateRequests(List<Request> requests, int total, Optional<String> forbidden) {

  /** How many are listed. */
  public static final int MOST = 50;

  /** None that anybody knows of. */
  public static final CertificateRequests NONE =
      new CertificateRequests(List.of(), 0, Optional.empty());

  private static final String SIGNER = "kubernetes.io/kubelet-serving";
  private static final String KUBELET = "system:node:";

  /**
   * Requests for kubelets' serving certificates as the API server has them, decided or not.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when they cannot be read
   */
  public static List<CertificateSigningRequest> read(KubernetesClient client) {
    return client
        .certificates()
        .v1()
        .certificateSigningRequests()
        .withField("spec.signerName", SIGNER)
        .list()
        .getItems();
  }

  /** The name of the Node that asks, or who else asks. */
  public static String node(CertificateSigningRequest request) {
    var user = requireNonNullElse(request.getSpec().getUsername(), "");
    return user.startsWith(KUBELET) ? user.substring(KUBELET.length()) : user;
  }

  /**
   * A request.
   *
   * @param node the name of the Node that asks, or who else asks
   * @param reason why it is not approved, as a clause; empty while nobody has looked
   */
  public record Request(String name, String node, Instant created, State state, String reason) {}

  /** What became of a request. */
  public enum State {
    /** The operator approves none. */
    NotLookedAt,
    /** It is not right yet, and looked at again and again. */
    Waiting,
    /** It is not approved, whatever happens. */
    Refused
  }
}
