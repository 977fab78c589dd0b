package dev.metricsserver.rendering;

import dev.metricsserver.api.ServingSpec.IssuerReference;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.Certificate.PrivateKey;
import java.util.List;
import java.util.Optional;

/**
 * The objects for cert-manager. The lifetimes are those of the operator's own certificates: 90 days
 * and three years, renewed at two thirds.
 */
public final class CertManager {

  /** The Issuer that self-signs the CA's certificate. */
  public static final String BOOTSTRAP = "metrics-server-serving-selfsigned";

  /** The Certificate of the CA. */
  public static final String AUTHORITY = "metrics-server-serving-ca";

  /** The Issuer that signs with the CA, and the Certificate that it signs. */
  public static final String SERVING = "metrics-server-serving";

  /** The Secret with the CA and its key, which the operator does not read. */
  private static final String AUTHORITY_SECRET = "metrics-server-serving-issuer";

  private static final String GROUP = "cert-manager.io";
  private static final String ISSUER = "Issuer";
  private static final PrivateKey KEY = new PrivateKey("ECDSA", 256, "PKCS8", "Always");

  private CertManager() {}

  /** The Issuer of the CA's certificate; empty if the spec names another issuer. */
  public static Optional<Issuer> bootstrap(MetricsServerPlan plan) {
    return withOwnIssuer(plan)
        .map(p ->
            new Issuer(
                Names.metadata(p.namespace(), BOOTSTRAP),
                new Issuer.Spec(new Issuer.SelfSigned(), null)));
  }

  /** The CA; empty if the spec names an issuer. */
  public static Optional<Certificate> authority(MetricsServerPlan plan) {
    return withOwnIssuer(plan)
        .map(p ->
            new Certificate(
                Names.metadata(p.namespace(), AUTHORITY),
                new Certificate.Spec(
                    AUTHORITY_SECRET,
                    true,
                    AUTHORITY,
                    null,
                    List.of("cert sign"),
                    "26280h0m0s",
                    "8760h0m0s",
                    KEY,
                    new IssuerReference(BOOTSTRAP, ISSUER, GROUP))));
  }

  /** The Issuer that signs with the CA; empty if the spec names another. */
  public static Optional<Issuer> issuer(MetricsServerPlan plan) {
    return withOwnIssuer(plan)
        .map(p ->
            new Issuer(
                Names.metadata(p.namespace(), SERVING),
                new Issuer.Spec(null, new Issuer.CA(AUTHORITY_SECRET))));
  }

  /** metrics-server's certificate. */
  public static Optional<Certificate> certificate(MetricsServerPlan plan) {
    return Optional.of(plan)
        .filter(p -> p.serving().certManager().wanted())
        .map(p ->
            new Certificate(
                Names.metadata(p.namespace(), SERVING),
                new Certificate.Spec(
                    ServingTLS.ISSUED_SECRET,
                    null,
                    // Java cannot read a certificate without issuer, which a self-signed one would
                    // be.
                    Names.METRICS_SERVER,
                    ServingTLS.names(p.namespace()),
                    List.of("digital signature", "server auth"),
                    "2160h0m0s",
                    "720h0m0s",
                    KEY,
                    p.serving()
                        .certManager()
                        .issuer()
                        .orElse(new IssuerReference(SERVING, ISSUER, GROUP)))));
  }

  private static Optional<MetricsServerPlan> withOwnIssuer(MetricsServerPlan plan) {
    return Optional.of(plan)
        .filter(p -> p.serving().certManager().wanted())
        .filter(p -> p.serving().certManager().issuer().isEmpty());
  }
}
