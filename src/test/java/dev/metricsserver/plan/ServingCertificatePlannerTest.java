package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ProvidedCertificate.Problem.NoKey;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.tls.ServingCertificates;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServingCertificatePlannerTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final ProvidedCertificate UNUSABLE =
      new Unusable(new ObjectName("Secret", "kube-system", "mine"), new NoKey());

  /** As the operator issues them. */
  private static final ServingCertificates ISSUED =
      next(Optional.empty(), Optional.empty(), ServingCertificates.NONE);

  @Test
  void next_nothingYet_issuesAuthority() {
    assertThat(ISSUED.authority()).isPresent();
    assertThat(ISSUED.trusted()).isNotEmpty();
  }

  @Test
  void next_unusableCertificateAndVerified_keepsThePresentOne() {
    var next = next(Optional.of(UNUSABLE), Optional.of(new Registration(true, "")), ISSUED);

    assertThat(next).isEqualTo(ISSUED.withoutAuthority());
  }

  @Test
  void next_unusableCertificateAndNotVerified_servesNone() {
    assertThat(next(Optional.of(UNUSABLE), Optional.of(new Registration(false, "")), ISSUED))
        .isEqualTo(ServingCertificates.NONE);
    assertThat(next(Optional.of(UNUSABLE), Optional.empty(), ISSUED))
        .isEqualTo(ServingCertificates.NONE);
  }

  private static ServingCertificates next(
      Optional<ProvidedCertificate> provided,
      Optional<Registration> registration,
      ServingCertificates present) {
    return ServingCertificatePlanner.next(
        "kube-system", new ServingFacts(registration, "", false, provided, false), present, NOW);
  }
}
