package dev.metricsserver.plan;

import dev.metricsserver.api.ServingSpec.IssuerReference;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.Reason.ServingReason;
import dev.metricsserver.plan.Reason.ServingReason.State;
import java.util.List;
import java.util.Optional;

/**
 * Where metrics-server's serving certificate comes from, and whether the API servers verify it.
 *
 * @param mounted whether the pods serve the certificate of {@link #CERTIFICATE_SECRET}
 * @param caBundle the CA certificates that verify it, in PEM; empty when it is not verified
 * @param unusable why the certificate that the spec asks for cannot be used, so that nothing
 *     changes
 */
public record ServingTLS(
    Source source,
    boolean mounted,
    Optional<String> caBundle,
    ServingReason reason,
    Optional<Unusable> unusable,
    CertManager certManager) {

  /**
   * The objects of cert-manager.
   *
   * @param known whether the cluster has its kinds, so that unwanted objects are looked for
   * @param wanted whether it issues the certificate
   * @param issuer the issuer that signs; empty for a CA of metrics-server's own
   */
  public record CertManager(boolean known, boolean wanted, Optional<IssuerReference> issuer) {}

  /** The Secret in which cert-manager keeps the certificate that it issues. */
  public static final String ISSUED_SECRET = "metrics-server-serving-issued";

  /** The Secret with the certificate that the pods serve. */
  public static final String CERTIFICATE_SECRET = "metrics-server-serving-cert";

  /** The Secret with the CA and its key, which no pod mounts. */
  public static final String AUTHORITY_SECRET = "metrics-server-serving-ca";

  /** Whether the API servers verify it. */
  public boolean verified() {
    return caBundle.isPresent();
  }

  /** {@code Verify} or {@code Insecure}. */
  public String mode() {
    return verified() ? "Verify" : "Insecure";
  }

  /** The Secrets that the operator keeps. */
  public List<String> secrets() {
    return switch (source) {
      case Operator -> List.of(AUTHORITY_SECRET, CERTIFICATE_SECRET);
      case CertManager, Secret -> List.of(CERTIFICATE_SECRET);
      case SelfSigned -> List.of();
    };
  }

  /** Whether the APIService makes the API servers accept any certificate. */
  public boolean skipped() {
    return !verified() && registrable();
  }

  /** Whether the pods are replaced only after the API servers accept any certificate. */
  public boolean podsWait() {
    return source == Source.SelfSigned && mounted;
  }

  /** Whether the APIService can be written. */
  public boolean registrable() {
    return reason.state() != State.NotIssued;
  }

  /** The DNS names that the certificate must have; the API servers verify the first one. */
  public static List<String> names(String namespace) {
    return List.of(
        "metrics-server.%s.svc".formatted(namespace),
        "metrics-server.%s".formatted(namespace),
        "metrics-server");
  }
}
