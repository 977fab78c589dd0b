package dev.metricsserver.plan;

import dev.metricsserver.api.ServingSpec.IssuerReference;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.MetricsServerPlan.Reason;
import java.util.List;
import java.util.Optional;

/**
 * How metrics-server's serving certificate comes about, and whether the API servers verify it.
 *
 * @param source where it comes from
 * @param mounted whether the pods serve the certificate of {@link #CERTIFICATE_SECRET}
 * @param caBundle by whom it is verified, in PEM; empty when it is not
 * @param reason why; its code is one of the constants
 * @param unusable what is wrong with the certificate that the spec asks for, so that all stays as
 *     it is
 * @param certManager what is asked of cert-manager
 */
public record ServingTLS(
    Source source,
    boolean mounted,
    Optional<String> caBundle,
    Reason reason,
    Optional<Unusable> unusable,
    CertManager certManager) {

  /**
   * What is asked of cert-manager.
   *
   * @param known whether the cluster has its kinds, so that objects that are not wanted are looked
   *     for
   * @param wanted whether it issues the certificate
   * @param issuer who signs; empty for a CA that is metrics-server's alone
   */
  public record CertManager(boolean known, boolean wanted, Optional<IssuerReference> issuer) {}

  /** The Secret in which cert-manager keeps the certificate that it issues. */
  public static final String ISSUED_SECRET = "metrics-server-serving-issued";

  /** The Secret with the certificate that the pods serve. */
  public static final String CERTIFICATE_SECRET = "metrics-server-serving-cert";

  /** The Secret with the CA and its key, which no pod mounts. */
  public static final String AUTHORITY_SECRET = "metrics-server-serving-ca";

  /** The API servers verify it. */
  public static final String VERIFIED = "Verified";

  /** They will, as soon as the last pod without it is gone. */
  public static final String PODS_NOT_REPLACED = "PodsNotReplaced";

  /** They will, as soon as there is one. */
  public static final String NOT_ISSUED = "NotIssued";

  /** They do not, because the user wants it so. */
  public static final String SELF_SIGNED = "SelfSigned";

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

  /** Whether the API servers are told to accept any certificate. */
  public boolean skipped() {
    return !verified() && registrable();
  }

  /** Whether the pods are replaced next, when the API servers accept what those will serve. */
  public boolean podsWait() {
    return source == Source.SelfSigned && mounted;
  }

  /** Whether it is known how the metrics API is to be registered. */
  public boolean registrable() {
    return !reason.code().equals(NOT_ISSUED);
  }

  /** The DNS names that the certificate must have: the API servers ask for the first one. */
  public static List<String> names(String namespace) {
    return List.of(
        "metrics-server.%s.svc".formatted(namespace),
        "metrics-server.%s".formatted(namespace),
        "metrics-server");
  }
}
