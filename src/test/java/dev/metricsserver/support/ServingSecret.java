package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A Secret of serving certificates, as a test reads and writes it. */
public final class ServingSecret {

  /** How long the operator waits for that, see {@code tls.Rotation}. */
  private static final Duration TRUST_SPREADS = Duration.ofSeconds(30);

  private ServingSecret() {}

  /** Writes one as an operator of long ago. */
  public static void put(
      KubernetesClient client, String name, Identity identity, X509Certificate... trusted) {
    client
        .secrets()
        .inNamespace("kube-system")
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("kube-system")
                .addToLabels("app.kubernetes.io/managed-by", "metrics-server-operator")
                .endMetadata()
                .withType("kubernetes.io/tls")
                .withData(
                    Map.of(
                        "ca.crt", encoded(Certificates.pem(List.of(trusted))),
                        "tls.crt", encoded(Certificates.pem(List.of(identity.certificate()))),
                        "tls.key", encoded(identity.keyAsPem())))
                .build())
        .forceConflicts()
        .serverSideApply();
  }

  /** Makes what is served look as if it had been served for that long. */
  public static void age(KubernetesClient client, Duration age) {
    client
        .secrets()
        .inNamespace("kube-system")
        .withName(ServingTLS.CERTIFICATE_SECRET)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}"
                .formatted(Annotations.CHANGED, Instant.now().minus(age)));
  }

  /**
   * Fails when another certificate is served although the operator must still wait until every API
   * server knows the CA. On a machine so slow that the wait may have ended, nothing can be said.
   *
   * @param since before the new CA was published
   */
  public static void assertStillServed(
      KubernetesClient client, X509Certificate expected, Instant since) {
    var data =
        client
            .secrets()
            .inNamespace("kube-system")
            .withName(ServingTLS.CERTIFICATE_SECRET)
            .get()
            .getData();
    if (Instant.now().isBefore(since.plus(TRUST_SPREADS))) {
      assertThat(Certificates.parse(decoded(data.get("tls.crt"))).getFirst())
          .as("before every API server knows the CA")
          .isEqualTo(expected);
    }
  }

  public static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  public static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.US_ASCII);
  }
}
