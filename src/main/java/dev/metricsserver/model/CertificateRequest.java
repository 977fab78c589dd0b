package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The parts of a CertificateSigningRequest that a decision depends on.
 *
 * @param created when the API server stored it
 * @param user the user that made it, as the API server authenticated that user
 * @param lifetime of the certificate; empty for the signer's default
 * @param request PEM in base64
 * @param decision empty while nothing is decided
 */
public record CertificateRequest(
    String name,
    String uid,
    String resourceVersion,
    Instant created,
    String signer,
    String user,
    List<String> groups,
    List<String> usages,
    Optional<Duration> lifetime,
    String request,
    Optional<Decision> decision) {

  private static final String KUBELET = "system:node:";

  /**
   * A decision about a request: a condition, or an issued certificate.
   *
   * @param type the condition's type, such as Denied
   * @param message the condition's message
   */
  public record Decision(String type, String message) {}

  /** The request as the API server has it. */
  public static CertificateRequest of(CertificateSigningRequest request) {
    var metadata = request.getMetadata();
    var spec = request.getSpec();
    return new CertificateRequest(
        metadata.getName(),
        requireNonNullElse(metadata.getUid(), ""),
        requireNonNullElse(metadata.getResourceVersion(), ""),
        Timestamps.parse(metadata.getCreationTimestamp()).orElse(Instant.EPOCH),
        requireNonNullElse(spec.getSignerName(), ""),
        requireNonNullElse(spec.getUsername(), ""),
        requireNonNullElse(spec.getGroups(), List.of()),
        requireNonNullElse(spec.getUsages(), List.of()),
        Optional.ofNullable(spec.getExpirationSeconds()).map(Duration::ofSeconds),
        requireNonNullElse(spec.getRequest(), ""),
        decision(request));
  }

  private static Optional<Decision> decision(CertificateSigningRequest request) {
    if (request.getMetadata().getDeletionTimestamp() != null) {
      return Optional.of(new Decision("Deleted", ""));
    }
    var status = request.getStatus();
    if (status == null) {
      return Optional.empty();
    }
    return requireNonNullElse(status.getConditions(), List.<CertificateSigningRequestCondition>of())
        .stream()
        .findFirst()
        .map(c -> new Decision(c.getType(), requireNonNullElse(c.getMessage(), "")))
        .or(() ->
            Optional.ofNullable(status.getCertificate())
                .filter(certificate -> !certificate.isEmpty())
                .map(_ -> new Decision("Issued", "")));
  }

  /** The request without the parts that are needed for parsing only. */
  public CertificateRequest withoutContent() {
    return new CertificateRequest(
        name,
        uid,
        resourceVersion,
        created,
        signer,
        user,
        List.of(),
        List.of(),
        Optional.empty(),
        "",
        decision);
  }

  /** The user as which a node's kubelet makes requests. */
  public static String user(String node) {
    return KUBELET + node;
  }

  /** Whether the request was denied, or the signer failed. */
  public boolean isRefused() {
    return decision.filter(d -> d.type().equals("Denied") || d.type().equals("Failed")).isPresent();
  }

  /** Whether the user is a node. */
  public boolean isByNode() {
    return user.startsWith(KUBELET);
  }

  /** The name of the Node that made the request, or the user if that is not a node. */
  public String node() {
    return isByNode() ? user.substring(KUBELET.length()) : user;
  }
}
