package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.Reason.ServingVerified;
import dev.metricsserver.tls.ServingCertificates;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstallationOrderTest {

  private static ServingTLS serving(Source source, Unusable unusable) {
    return new ServingTLS(
        source,
        source != Source.SelfSigned,
        Optional.of("ca"),
        new ServingVerified(source, Optional.empty()),
        Optional.ofNullable(unusable),
        new ServingTLS.CertManager(false, false, Optional.empty()));
  }

  @Test
  void deployment_certificateNotIssued_waits() {
    assertThat(
            InstallationOrder.appliesDeployment(
                serving(Source.Operator, null), ServingCertificates.NONE))
        .isFalse();
  }

  @Test
  void deployment_podsSignTheirOwn_isApplied() {
    assertThat(
            InstallationOrder.appliesDeployment(
                serving(Source.SelfSigned, null), ServingCertificates.NONE))
        .isTrue();
  }

  @ParameterizedTest(name = "{0}, content known {1}, unchanged {2}: {3}")
  @CsvSource({
    "Operator, true, true, true",
    "Operator, false, true, false",
    "Operator, true, false, false",
    "SelfSigned, true, true, false"
  })
  void servingSecret(Source source, boolean known, boolean unchanged, boolean applied) {
    assertThat(InstallationOrder.appliesServingSecret(serving(source, null), known, unchanged))
        .isEqualTo(applied);
  }

  @ParameterizedTest(name = "registered {0}, endpoint ready {1}: {2}")
  @CsvSource({"false, false, false", "false, true, true", "true, false, true", "true, true, true"})
  void apiService(boolean registered, boolean endpointReady, boolean applied) {
    assertThat(
            InstallationOrder.appliesAPIService(
                serving(Source.Operator, null), registered, endpointReady))
        .isEqualTo(applied);
  }
}
