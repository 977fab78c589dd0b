package dev.metricsserver.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CertificateFindingsTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void noneWithoutRequests() {
    assertThat(CertificateFindings.of(CertificateRequests.NONE, true, true, Severity.Warning, NOW))
        .isEmpty();
    assertThat(CertificateFindings.of(CertificateRequests.NONE, true, false, Severity.Warning, NOW))
        .isEmpty();
  }

  @Test
  void namesWhatWaitsForAPerson() {
    assertThat(
            CertificateFindings.of(
                of(request(State.Acceptable, "")), true, false, Severity.Warning, NOW))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.CertificateRequestsNotApproved),
            f -> assertThat(f.message()).contains("csr-1 of node-1"),
            f ->
                assertThat(f.remedyText())
                    .contains(
                        "kubectl certificate approve csr-1",
                        "kubectl apply -k deploy/csr-approval",
                        "spec.kubelet.servingCertificateApproval.policy: Enabled"));
  }

  @Test
  void requestThatBreaksTheRules_isNotRecommendedForApproval() {
    for (var request :
        List.of(
            request(State.NotLookedAt, ""), request(State.Waiting, "Node node-1 does not exist"))) {
      assertThat(CertificateFindings.of(of(request), true, false, Severity.Warning, NOW))
          .singleElement()
          .satisfies(f -> assertThat(f.remedyText()).doesNotContain("kubectl certificate approve"));
    }
    assertThat(
            CertificateFindings.of(
                of(request(State.Waiting, "192.168.7.9 is not an address of Node node-1")),
                true,
                true,
                Severity.Warning,
                NOW))
        .singleElement()
        .satisfies(f -> assertThat(f.remedyText()).doesNotContain("kubectl certificate approve"));
  }

  @Test
  void whatIsAboutToBeApprovedIsNoFinding() {
    assertThat(
            CertificateFindings.of(
                of(request(State.NotLookedAt, "")), true, true, Severity.Warning, NOW))
        .isEmpty();
  }

  @Test
  void saysWhichRuleIsBroken() {
    assertThat(
            CertificateFindings.of(
                of(request(State.Refused, "Names: a is b")), true, true, Severity.Warning, NOW))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.CertificateRequestRefused),
            f -> assertThat(f.severity()).isEqualTo(Severity.Warning),
            f -> assertThat(f.message()).contains("csr-1", "node-1", "Names: a is b"),
            f -> assertThat(f.object()).hasToString("CertificateSigningRequest/csr-1"));
  }

  @Test
  void waitsAMinuteBeforeItSpeaksOfWaiting() {
    var requests = of(request(State.Waiting, "Node node-1 does not exist"));
    var created = requests.requests().getFirst().created();
    assertThat(
            CertificateFindings.of(requests, true, true, Severity.Warning, created.plusSeconds(59)))
        .isEmpty();
    assertThat(
            CertificateFindings.of(requests, true, true, Severity.Warning, created.plusSeconds(60)))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.CertificateRequestsWaiting),
            f -> assertThat(f.message()).contains("csr-1 of node-1 (Node node-1 does not exist)"));
  }

  @Test
  void saysThatTheOperatorMayNot() {
    var forbidden = new CertificateRequests(List.of(), 0, Optional.of("user x cannot update"));
    assertThat(CertificateFindings.of(forbidden, true, true, Severity.Warning, NOW))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.ApprovalForbidden),
            f -> assertThat(f.severity()).isEqualTo(Severity.Error),
            f -> assertThat(f.message()).contains("user x cannot update"),
            f -> assertThat(f.remedyText()).startsWith("run kubectl apply -k deploy/csr-approval"));
  }

  @Test
  void countsThoseThatAreNotListed() {
    var listed =
        IntStream.range(0, CertificateRequests.MOST)
            .mapToObj(i -> new Request("csr-" + i, "node-" + i, NOW, State.NotLookedAt, ""))
            .toList();
    assertThat(
            CertificateFindings.of(
                new CertificateRequests(listed, 5_000, Optional.empty()),
                true,
                false,
                Severity.Warning,
                NOW))
        .singleElement()
        .satisfies(f -> assertThat(f.message()).startsWith("5000 certificate requests"));
  }

  private static Request request(State state, String reason) {
    return new Request("csr-1", "node-1", NOW.minus(Duration.ofMinutes(5)), state, reason);
  }

  private static CertificateRequests of(Request... requests) {
    return new CertificateRequests(List.of(requests), requests.length, Optional.empty());
  }
}
