package dev.metricsserver.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdentityTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Identity ONE = Issuer.authority(NOW);
  private static final Identity OTHER = Issuer.authority(NOW);

  @Test
  void whatIsWrittenIsReadAgain() {
    assertThat(Identity.parse(certificate(ONE), ONE.keyAsPem())).contains(ONE);
  }

  @Test
  void whatDoesNotBelongTogetherIsNone() {
    assertThat(Identity.parse(certificate(ONE), OTHER.keyAsPem())).isEmpty();
  }

  @Test
  void whatCannotBeReadIsNone() {
    assertThat(Identity.parse("", "")).isEmpty();
    assertThat(Identity.parse(certificate(ONE), "")).isEmpty();
    assertThat(Identity.parse("", ONE.keyAsPem())).isEmpty();
    assertThat(Identity.parse(certificate(ONE), ONE.keyAsPem().replace("M", "?"))).isEmpty();
    assertThat(
            Identity.parse(
                certificate(ONE), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"))
        .isEmpty();
  }

  @Test
  void itsTextHasNoKey() {
    var key = ONE.keyAsPem().lines().toList().get(1);
    assertThat(ONE.toString()).contains("metrics-server-serving-ca@").doesNotContain(key);
    assertThat(
            new ServingCertificates(
                java.util.Optional.of(ONE), List.of(), java.util.Optional.of(OTHER), Instant.EPOCH))
        .asString()
        .doesNotContain(key, "PrivateKey");
  }

  private static String certificate(Identity identity) {
    return Certificates.pem(List.of(identity.certificate()));
  }
}
