package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.ServingSpec.IssuerReference;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.ProvidedCertificate.Problem.NoKey;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.ProvidedCertificate.Usable;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.plan.Reason.ServingReason.State;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API servers trust and the pods serve, by the current state of both. */
class ServingPlannerTest {

  private static final String CERT_MANAGER = "serving: {tls: {source: CertManager}}";
  private static final String SELF_SIGNED = "serving: {tls: {source: SelfSigned}}";

  /**
   * APIService: none, any (trusts any certificate) or a CA bundle. CA: what the Secret trusts.
   * Pods: whether all serve from the Secret.
   */
  @ParameterizedTest
  @CsvSource({
    // An installation: the certificate first, then everything else.
    "'{}', none, -, false, true, -, NotIssued",
    "'{}', none, new, false, true, new, Verified",
    "'{}', none, new, true, true, new, Verified",
    // From self-signed pods: any certificate is accepted until the last of them is gone.
    "'{}', any, -, false, true, -, PodsNotReplaced",
    "'{}', any, new, false, true, -, PodsNotReplaced",
    "'{}', any, new, true, true, new, Verified",
    "'{}', any, -, true, true, -, NotIssued",
    // Once verified: for any state of pods and Secrets.
    "'{}', old, new, true, true, new, Verified",
    "'{}', old, new, false, true, new, Verified",
    "'{}', old, -, true, true, old, Verified",
    "'{}', old, -, false, true, old, Verified",
    // A certificate of another issuer goes the same way.
    "good, none, new, false, true, new, Verified",
    "good, any, new, false, true, -, PodsNotReplaced",
    "good, any, new, true, true, new, Verified",
    "good, old, new, true, true, new, Verified",
    // An unusable certificate changes nothing.
    "bad, none, -, false, true, -, NotIssued",
    "bad, none, stale, false, true, -, NotIssued",
    "bad, any, -, false, true, -, NotIssued",
    "bad, any, stale, true, true, -, NotIssued",
    "bad, old, old, true, true, old, Verified",
    "bad, old, -, true, true, old, Verified",
    // Back to self-signed pods: accept their certificates first.
    "self, old, new, true, true, -, SelfSigned",
    "self, any, new, true, false, -, SelfSigned",
    "self, any, -, false, false, -, SelfSigned",
    "self, none, -, false, false, -, SelfSigned",
  })
  void tls_eachState_keepsRequestsWorking(
      String spec,
      String registration,
      String authority,
      boolean everywhere,
      boolean mounted,
      String caBundle,
      State state) {
    var facts =
        new ServingFacts(
            switch (registration) {
              case "none" -> Optional.empty();
              case "any" -> Optional.of(new Registration(false, ""));
              default -> Optional.of(new Registration(true, registration));
            },
            authority.equals("-") ? "" : authority,
            everywhere,
            switch (spec) {
              case "good" -> Optional.of(new Usable(null, List.of()));
              case "bad" ->
                  Optional.of(
                      new Unusable(new ObjectName("Secret", "kube-system", "mine"), new NoKey()));
              default -> Optional.empty();
            },
            false);

    var tls =
        plan(
                switch (spec) {
                  case "self" -> SELF_SIGNED;
                  case "good", "bad" -> "serving: {tls: {source: Secret, secretRef: {name: mine}}}";
                  default -> spec;
                },
                facts)
            .serving();

    assertThat(tls.mounted()).as("mounted").isEqualTo(mounted);
    assertThat(tls.caBundle().orElse("-")).as("caBundle").isEqualTo(caBundle);
    assertThat(tls.reason().state()).isEqualTo(state);
    assertThat(tls.verified()).isEqualTo(state == State.Verified);
    assertThat(tls.registrable()).isEqualTo(state != State.NotIssued);
    assertThat(tls.unusable().isPresent()).isEqualTo(spec.equals("bad"));
    assertThat(tls.secrets())
        .isEqualTo(
            switch (spec) {
              case "self" -> List.of();
              case "good", "bad" -> List.of("metrics-server-serving-cert");
              default -> List.of("metrics-server-serving-ca", "metrics-server-serving-cert");
            });
    assertThat(tls.reason().toString().contains("NoKey")).isEqualTo(spec.equals("bad"));
  }

  @Test
  void tls_mountedCertificate_isServed() {
    var verified = plan("{}", ServingFacts.NONE);
    assertThat(verified.pod().args())
        .contains(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key")
        .doesNotContain("--cert-dir=/tmp");
    assertThat(verified.pod().mounts())
        .singleElement()
        .satisfies(m -> assertThat(m.object()).isEqualTo("metrics-server-serving-cert"));
    var selfSigned = plan(SELF_SIGNED, ServingFacts.NONE);
    assertThat(selfSigned.pod().args())
        .contains("--cert-dir=/tmp")
        .noneMatch(a -> a.contains("--tls-"));
    assertThat(selfSigned.pod().mounts()).isEmpty();
  }

  @Test
  void tls_minVersionAndCipherSuites_areFlags() {
    assertThat(plan("{}", ServingFacts.NONE).pod().args())
        .noneMatch(a -> a.startsWith("--tls-min-version") || a.startsWith("--tls-cipher"));
    assertThat(plan("serving: {tls: {minVersion: VersionTLS13}}", ServingFacts.NONE).pod().args())
        .contains("--tls-min-version=VersionTLS13");
    assertThat(
            plan(
                    "serving: {tls: {cipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,"
                        + " TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]}}",
                    ServingFacts.NONE)
                .pod()
                .args())
        .contains(
            "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
  }

  /** Otherwise a renewal would restart the pods. */
  @Test
  void tls_certificateChanged_keepsThePodTemplate() {
    var one = plan("{}", new ServingFacts(Optional.empty(), "one", true, Optional.empty(), false));
    var other =
        plan("{}", new ServingFacts(Optional.empty(), "other", true, Optional.empty(), false));
    assertThat(other.pod().annotations()).isEqualTo(one.pod().annotations());
    assertThat(other.pod().args()).isEqualTo(one.pod().args());
    assertThat(other.deploymentAnnotations()).isEqualTo(one.deploymentAnnotations());
  }

  @Test
  void certManagerSource_noCertManager_isRefused() {
    var refusal = Plans.refusal(CERT_MANAGER, SampleCluster.ofNodes(2).serving(ServingFacts.NONE));
    assertThat(refusal.violations()).containsExactly(new Violation.NoCertManager());
  }

  @Test
  void certManager_configured_hasObjects() {
    var there = new ServingFacts(Optional.empty(), "", false, Optional.empty(), true);
    var own = plan(CERT_MANAGER, there).serving().certManager();
    assertThat(own.wanted()).isTrue();
    assertThat(own.issuer()).isEmpty();
    var issuer =
        plan(
                "serving: {tls: {source: CertManager, certManager: {issuerRef: {name:"
                    + " corporate}}}}",
                there)
            .serving()
            .certManager()
            .issuer();
    assertThat(issuer).contains(new IssuerReference("corporate", "Issuer", "cert-manager.io"));
    assertThat(plan("{}", there).serving().certManager().wanted()).isFalse();
    assertThat(plan("{}", there).serving().certManager().known()).as("to be looked for").isTrue();
  }

  private static MetricsServerPlan plan(String spec, ServingFacts facts) {
    return Plans.plan(spec, SampleCluster.ofNodes(2).serving(facts));
  }
}
