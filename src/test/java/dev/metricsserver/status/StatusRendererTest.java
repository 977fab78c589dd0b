package dev.metricsserver.status;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ConflictingWriteStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.KubeletTLSStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ObjectReference;
import dev.metricsserver.api.MetricsServerConfigStatus.RemedyStepStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ServingTLSStatus;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.History;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.model.ProvidedCertificate.Problem.NoKey;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.ExternalInstallation;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.SampleKubelet;
import dev.metricsserver.reading.Seen;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the user reads in the status. */
class StatusRendererTest {

  private static final MetricsServerPlan PLAN = Plans.plan("kubelet: {tls: {mode: Insecure}}");
  private static final Outcome APPLIED = new Outcome.Applied(PLAN);
  private static final Outcome PAUSED = new Outcome.Paused("would change nothing");
  private static final Outcome REFUSED = new Outcome.Refused(Refusal.InvalidSpec);
  private static final Outcome FAILED = new Outcome.Failed("the API server is busy");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String VERIFIED =
      "the API servers verify metrics-server's certificate with the operator's CA";
  private static final Finding ERROR =
      new Finding(
          FindingCode.PodCrashing,
          Severity.Error,
          "what is wrong",
          Remedy.manual("change it"),
          new ObjectName("Pod", "ns", "a"));

  private static Seen fine() {
    return Seen.fine(NOW);
  }

  private static MetricsServerConfigStatus status(Outcome outcome, Seen seen, Finding... findings) {
    return status(null, outcome, seen, NOW, findings);
  }

  private static MetricsServerConfigStatus status(
      MetricsServerConfigStatus previous,
      Outcome outcome,
      Seen seen,
      Instant now,
      Finding... findings) {
    return StatusRenderer.render(
        Optional.ofNullable(previous), 3, outcome, seen.observations(), List.of(findings), now);
  }

  /** A condition as status, reason and message. */
  private static String condition(MetricsServerConfigStatus status, String type) {
    return status.conditions().stream()
        .filter(c -> c.getType().equals(type))
        .map(c -> c.getStatus() + " " + c.getReason() + ": " + c.getMessage())
        .findFirst()
        .orElseThrow();
  }

  private static boolean isTrue(MetricsServerConfigStatus status, String type) {
    return condition(status, type).startsWith("True ");
  }

  // -------------------------------------------------------------------------------- memory of TLS

  @Test
  void everVerified_allCertificatesValid_staysUntilVerificationIsTurnedOff() {
    var verified = Plans.plan("{}");
    var bad =
        Plans.plan("{}", SampleCluster.ofNodes(2).everVerified().unseen("node-1").unseen("node-2"));
    var off = Plans.plan("kubelet: {tls: {mode: Insecure}}");

    assertThat(everVerified(null, off)).isNull();
    assertThat(everVerified(null, verified)).isTrue();
    assertThat(everVerified(true, bad)).isTrue();
    assertThat(everVerified(true, off)).isNull();
  }

  private static Boolean everVerified(Boolean before, MetricsServerPlan plan) {
    var previous = status(APPLIED, fine());
    var remembered = new KubeletTLSStatus("Verify", "", before);
    return status(
            new MetricsServerConfigStatus(
                previous.observedGeneration(),
                previous.version(),
                previous.image(),
                remembered,
                previous.servingTLS(),
                previous.certificates(),
                previous.nodes(),
                previous.findings(),
                previous.findingCount(),
                previous.conflictingWrites(),
                previous.apiServerNames(),
                previous.conditions()),
            new Outcome.Applied(plan),
            fine(),
            NOW)
        .kubeletTLS()
        .everVerified();
  }

  // --------------------------------------------------------------------------------- rolled back

  @Test
  void aRollbackIsNotReadyAndWaitsForAPersonWhileMetricsGoOn() {
    var last = Plans.plan("version: 0.8.1").rollback().configuration();
    var failure =
        new Failure(
            Plans.plan("{}").deploymentAnnotations().get(Annotations.CONFIGURATION),
            "CrashLoopBackOff",
            "no flag");
    var plan =
        Plans.plan(
            "{}",
            SampleCluster.ofNodes(2)
                .history(
                    new History("", Optional.of(last), Optional.of(failure), Optional.empty())));
    var findings =
        Diagnosis.assess(
                Evidence.of(plan, false, fine().observations(), CertificateRequests.NONE, NOW))
            .findings();
    var status = status(new Outcome.Applied(plan), fine(), findings.toArray(Finding[]::new));

    assertThat(condition(status, "Ready"))
        .isEqualTo(
            "False RolledBack: the operator restored the last configuration that was Ready"
                + " (metrics-server 0.8.1), because the new one did not become ready:"
                + " metrics-server exited at startup: no flag");
    assertThat(condition(status, "Stalled")).startsWith("True RolledBack: ");
    assertThat(condition(status, "Reconciling")).startsWith("False Stalled: ");
    assertThat(isTrue(status, "MetricsAvailable")).isTrue();
    assertThat(status.version()).isEqualTo("0.8.1");
    assertThat(status.findings().getFirst().code()).isEqualTo("RolledBack");
    assertThat(status.findings().getFirst().severity()).isEqualTo("Warning");
  }

  // ------------------------------------------------------------------------------------- applied

  @Test
  void everythingIsFine() {
    assertThat(status(APPLIED, fine()))
        .isEqualTo(
            new MetricsServerConfigStatus(
                3L,
                "0.9.0",
                "registry.k8s.io/metrics-server/metrics-server:v0.9.0",
                new KubeletTLSStatus("Insecure", "kubelet.tls.mode is Insecure", null),
                new ServingTLSStatus("Operator", "Verify", VERIFIED),
                List.of(),
                new NodesStatus(2, 2, 2, "2/2", List.of()),
                List.of(),
                0,
                null,
                null,
                List.of(
                    expected("APIServiceAvailable", "True", "Passed", "all checks passed"),
                    expected(
                        "KubeletTLSVerified", "False", "Insecure", "kubelet.tls.mode is Insecure"),
                    expected(
                        "MetricsAvailable",
                        "True",
                        "MetricsAvailable",
                        "2 of 2 nodes have metrics"),
                    expected("Ready", "True", "MetricsAvailable", "2 of 2 nodes have metrics"),
                    expected("Reconciling", "False", "Reconciled", "this generation is in force"),
                    expected("ServingTLSVerified", "True", "Verified", VERIFIED),
                    expected("Stalled", "False", "NotStalled", "no user action required"))));
  }

  private static Condition expected(String type, String status, String reason, String message) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withObservedGeneration(3L)
        .withLastTransitionTime("2026-11-21T12:00:00Z")
        .build();
  }

  @Test
  void kubeletsThatAreVerified() {
    var status = status(new Outcome.Applied(Plans.plan("{}")), fine());

    assertThat(condition(status, "KubeletTLSVerified"))
        .isEqualTo(
            "True Verified: kubelet.tls.mode is Auto and the cluster's CA signed the kubelet"
                + " certificates");
    assertThat(status.kubeletTLS().mode()).isEqualTo("Verify");
  }

  private static String kubeletTLSVerified(String spec, SampleCluster cluster, Seen seen) {
    var status = status(new Outcome.Applied(Plans.plan(spec, cluster)), seen);
    return condition(status, "KubeletTLSVerified").replaceFirst(":.*", "");
  }

  /** The whole list of reasons, but for NotApplied. */
  @Test
  void kubeletTLSVerifiedHasAClosedListOfReasons() {
    var one = SampleNode.number(1).facts();
    var two = SampleCluster.of(one, SampleNode.number(2).facts());

    assertThat(kubeletTLSVerified("kubelet: {tls: {mode: Plaintext}}", two, fine()))
        .isEqualTo("False Plaintext");
    assertThat(kubeletTLSVerified("kubelet: {tls: {mode: Insecure}}", two, fine()))
        .isEqualTo("False Insecure");
    two.kubelet("node-1", SampleKubelet.selfSigned(one));
    assertThat(kubeletTLSVerified("{}", two, fine())).isEqualTo("False CertificatesNotVerified");
    assertThat(kubeletTLSVerified("kubelet: {tls: {mode: Verify}}", two, fine()))
        .isEqualTo("True VerifiedExceptNodes");
  }

  /** Metrics that came are proof enough of verification. */
  @Test
  void kubeletsThatCannotBeSeenAreUnknownUntilTheyReport() {
    var unseen = SampleCluster.ofNodes(2).unseen("node-1").unseen("node-2");

    assertThat(kubeletTLSVerified("{}", unseen, fine().reporting(0, 2)))
        .isEqualTo("Unknown NotSeen");
    assertThat(kubeletTLSVerified("{}", unseen, fine())).isEqualTo("True Verified");
  }

  @Test
  void waitingForAPersonIsStalledAndNotReconciling() {
    var waits =
        new Finding(
            FindingCode.CertificateRequestsNotApproved,
            Severity.Error,
            "it waits",
            Remedy.manual("approve it"),
            ObjectName.cluster("Node", "a"),
            true);
    var stalled = status(APPLIED, fine().reporting(0, 2), waits);

    assertThat(condition(stalled, "Stalled"))
        .isEqualTo("True CertificateRequestsNotApproved: it waits; approve it");
    assertThat(condition(stalled, "Reconciling")).startsWith("False Stalled");
    assertThat(condition(status(APPLIED, fine(), waits), "Stalled"))
        .as("while there are metrics all the same")
        .startsWith("False NotStalled");
  }

  @Test
  void rightAfterTheInstallation() {
    var status = status(APPLIED, Seen.nothing(NOW));

    assertThat(condition(status, "Ready"))
        .isEqualTo("False RolloutInProgress: the Deployment is not there yet");
    assertThat(condition(status, "Reconciling"))
        .isEqualTo("True RolloutInProgress: the Deployment is not there yet");
    assertThat(condition(status, "APIServiceAvailable"))
        .isEqualTo(
            "False NotRegistered: the metrics API is registered when the first pod is ready:"
                + " metrics-server needs two rounds of measurements");
    assertThat(condition(status, "MetricsAvailable"))
        .isEqualTo("False NotAnswered: the metrics API was not asked yet");
  }

  @Test
  void inTheMiddleOfARollout() {
    var rollout = new Rollout(true, 2, 2, 1, 1, Optional.empty());

    assertThat(condition(status(APPLIED, fine().rollout(rollout)), "Ready"))
        .isEqualTo("False RolloutInProgress: 1 of 2 pods updated, 1 available");
  }

  @Test
  void atTheBeginningOfARolloutThatTheControllerHasNotSeen() {
    var rollout = new Rollout(false, 2, 2, 2, 2, Optional.empty());

    assertThat(condition(status(APPLIED, fine().rollout(rollout)), "Ready"))
        .isEqualTo("False RolloutInProgress: 0 of 2 pods updated, 2 available");
  }

  @Test
  void aRolloutThatIsStuckSaysWhy() {
    var rollout = new Rollout(true, 2, 2, 1, 1, Optional.empty());

    assertThat(condition(status(APPLIED, fine().rollout(rollout), ERROR), "Ready"))
        .isEqualTo("False RolloutInProgress: what is wrong; change it");
  }

  @Test
  void anApiServerThatDoesNotGetThrough() {
    var seen = fine().unavailable("FailedDiscoveryCheck", "i/o timeout", HOUR);
    var status = status(APPLIED, seen);

    assertThat(condition(status, "APIServiceAvailable"))
        .isEqualTo("False FailedDiscoveryCheck: i/o timeout");
    assertThat(condition(status, "Ready")).isEqualTo("False FailedDiscoveryCheck: i/o timeout");
    assertThat(condition(status(APPLIED, seen, ERROR), "Ready"))
        .isEqualTo("False FailedDiscoveryCheck: what is wrong; change it");
  }

  @Test
  void aMetricsApiThatDoesNotAnswer() {
    assertThat(condition(status(APPLIED, fine().refused("service unavailable")), "Ready"))
        .isEqualTo("False NotAnswered: service unavailable");
  }

  @Test
  void fewNodesWithoutMetricsAreShownAndDoNoHarm() {
    var status = status(APPLIED, fine().reporting(48, 50));

    assertThat(condition(status, "Ready"))
        .isEqualTo("True MetricsAvailable: 48 of 50 nodes have metrics");
    assertThat(status.nodes())
        .isEqualTo(new NodesStatus(50, 50, 48, "48/50", List.of("missing-1", "missing-2")));
  }

  @Test
  void manyNodesWithoutMetricsAreTooMany() {
    var status = status(APPLIED, fine().reporting(30, 50));

    assertThat(condition(status, "Ready"))
        .isEqualTo("False NodesWithoutMetrics: 30 of 50 nodes have metrics");
    assertThat(status.nodes().missing())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 10).mapToObj(i -> "missing-" + i).toList());
  }

  @Test
  void findingsAreShownAsTheyAre() {
    assertThat(status(APPLIED, fine(), ERROR).findings())
        .containsExactly(
            new FindingStatus(
                "PodCrashing",
                "Error",
                "what is wrong",
                "change it",
                List.of(new RemedyStepStatus(null, "Manual", "change it", null)),
                new ObjectReference("Pod", "ns", "a"),
                "https://metricsserver.github.io/metrics-server-operator/findings/#podcrashing"));
  }

  // --------------------------------------------------------------------------- the other outcomes

  @Test
  void aRefusedSpecWaitsForAPerson() {
    var status = status(REFUSED, fine(), ERROR);

    assertThat(condition(status, "Ready")).isEqualTo("False InvalidSpec: what is wrong; change it");
    assertThat(condition(status, "Reconciling"))
        .isEqualTo("False Stalled: waiting for user action");
    assertThat(condition(status, "Stalled"))
        .isEqualTo("True InvalidSpec: what is wrong; change it");
    assertThat(condition(status, "MetricsAvailable"))
        .isEqualTo("True MetricsAvailable: 2 of 2 nodes have metrics");
  }

  @Test
  void aFailureIsTriedAgain() {
    var status = status(FAILED, fine());

    assertThat(condition(status, "Ready")).isEqualTo("False ApplyFailed: the API server is busy");
    assertThat(condition(status, "Reconciling")).isEqualTo("True Retrying: retrying");
    assertThat(condition(status, "Stalled")).isEqualTo("False NotStalled: no user action required");
  }

  @Test
  void aPauseSaysSoAndGoesOnTelling() {
    assertThat(condition(status(PAUSED, fine()), "Ready"))
        .isEqualTo(
            "True MetricsAvailable: paused; would change nothing; 2 of 2 nodes have metrics");
    assertThat(condition(status(PAUSED, fine()), "Reconciling"))
        .isEqualTo("False Paused: paused: nothing is changed");
    assertThat(condition(status(PAUSED, fine().refused("no")), "Ready"))
        .isEqualTo("False NotAnswered: paused; would change nothing; no");
    assertThat(condition(status(PAUSED, Seen.nothing(NOW)), "Ready"))
        .startsWith("False NotRegistered: paused; would change nothing; ");
  }

  /** The pods of before are all there, and those that are wanted are made at the next look. */
  @Test
  void itIsNotReadyWhileTheRegistrationChangesFirst() {
    var facts =
        new ServingFacts(
            Optional.of(new ServingFacts.Registration(true, "CA")),
            "CA",
            true,
            Optional.empty(),
            false);
    var plan =
        Plans.plan("serving: {tls: {source: SelfSigned}}", SampleCluster.ofNodes(2).serving(facts));

    assertThat(condition(status(new Outcome.Applied(plan), fine()), "Ready"))
        .startsWith("False RolloutInProgress: ");
  }

  /** Verified by the CA of before, which is in force, and not what the spec asks for. */
  @Test
  void itIsNotReadyWhileTheUsersCertificateCannotBeUsed() {
    var facts =
        new ServingFacts(
            Optional.of(new ServingFacts.Registration(true, "CA")),
            "CA",
            true,
            Optional.of(
                new Unusable(new ObjectName("Secret", "kube-system", "corporate"), new NoKey())),
            false);
    var plan =
        Plans.plan(
            "serving: {tls: {source: Secret, secretRef: {name: corporate}}}",
            SampleCluster.ofNodes(2).serving(facts));
    var applied = status(new Outcome.Applied(plan), fine());

    assertThat(condition(applied, "Ready"))
        .startsWith("False ServingCertificateUnusable: ")
        .contains("no unencrypted private key");
    assertThat(condition(applied, "ServingTLSVerified")).startsWith("True Verified: ");
  }

  @ParameterizedTest
  @MethodSource("notApplied")
  void whatIsInForceIsWhatWasAppliedLast(Outcome outcome) {
    var before = status(new Outcome.Applied(Plans.plan("version: 0.8.1")), fine());

    var after = status(before, outcome, fine(), NOW);

    assertThat(after.version()).isEqualTo("0.8.1");
    assertThat(after.image()).endsWith(":v0.8.1");
    assertThat(after.kubeletTLS()).isEqualTo(before.kubeletTLS());
    assertThat(after.servingTLS()).isEqualTo(before.servingTLS());
    for (var type : List.of("KubeletTLSVerified", "ServingTLSVerified")) {
      assertThat(condition(after, type)).isEqualTo(condition(before, type));
    }
  }

  @ParameterizedTest
  @MethodSource("notApplied")
  void nothingIsInForceBeforeTheFirstTime(Outcome outcome) {
    var status = status(outcome, Seen.nothing(NOW), ERROR);

    assertThat(status.version()).isNull();
    assertThat(status.image()).isNull();
    assertThat(status.kubeletTLS()).isNull();
    assertThat(condition(status, "KubeletTLSVerified"))
        .isEqualTo("Unknown NotApplied: no configuration is in force yet");
    assertThat(condition(status, "ServingTLSVerified"))
        .isEqualTo("Unknown NotApplied: no configuration is in force yet");
  }

  static Stream<Outcome> notApplied() {
    return Stream.of(PAUSED, REFUSED, FAILED);
  }

  // --------------------------------------------------------------------- a restart of the operator

  @Test
  void whatTheLastOperatorSawStandsUntilThisOneHasAsked() {
    var before = status(APPLIED, fine().reporting(48, 50));

    assertThat(status(before, APPLIED, fine().notAsked(), NOW.plus(HOUR))).isEqualTo(before);
  }

  @Test
  void whatTheLastOperatorSawDoesNotStandWhenTheApiIsGone() {
    var before = status(APPLIED, fine());
    var seen = fine().notAsked().unavailable("MissingEndpoints", "no addresses", HOUR);

    var after = status(before, APPLIED, seen, NOW.plus(HOUR));

    assertThat(isTrue(after, "MetricsAvailable")).isFalse();
    assertThat(condition(after, "Ready")).isEqualTo("False MissingEndpoints: no addresses");
  }

  @Test
  void anAnswerCountsAtOnce() {
    var before = status(APPLIED, fine());

    var after = status(before, APPLIED, fine().reporting(1, 9), NOW.plus(HOUR));

    assertThat(after.nodes().coverage()).isEqualTo("1/9");
    assertThat(isTrue(after, "Ready")).isFalse();
  }

  // -------------------------------------------------------------------------------------- times

  @Test
  void theTimeMovesOnlyWithTheStatus() {
    var before = status(APPLIED, fine());

    var after = status(before, APPLIED, fine().refused("no"), NOW.plus(HOUR));

    assertThat(after.conditions())
        .allSatisfy(c ->
            assertThat(c.getLastTransitionTime())
                .as(c.getType())
                .isEqualTo(
                    List.of("MetricsAvailable", "Ready", "Reconciling").contains(c.getType())
                        ? "2026-11-21T13:00:00Z"
                        : "2026-11-21T12:00:00Z"));
  }

  @Test
  void theTimeStaysWhenOnlyReasonAndMessageChange() {
    var before = status(APPLIED, fine().refused("no"));

    var after = status(before, APPLIED, fine().refused("never"), NOW.plus(HOUR));

    assertThat(condition(after, "Ready")).isEqualTo("False NotAnswered: never");
    assertThat(after.conditions())
        .allMatch(c -> c.getLastTransitionTime().equals("2026-11-21T12:00:00Z"));
  }

  @Test
  void timesAreWholeSeconds() {
    var status = status(null, APPLIED, fine(), Instant.parse("2026-11-21T12:34:56.789Z"));

    assertThat(status.conditions())
        .allMatch(c -> c.getLastTransitionTime().equals("2026-11-21T12:34:56Z"));
  }

  /** As the CRD's default makes it: not reconciled yet, and without conditions. */
  @Test
  void render_statusByDefault_isLikeNone() {
    var initial =
        new MetricsServerConfigStatus(
            -1L, null, null, null, null, null, null, null, null, null, null, null);

    assertThat(status(initial, APPLIED, fine(), NOW)).isEqualTo(status(APPLIED, fine()));
    assertThat(status(initial, REFUSED, Seen.nothing(NOW), NOW))
        .isEqualTo(status(REFUSED, Seen.nothing(NOW)));
  }

  // ------------------------------------------------------------------------------------ observed

  private static Outcome observed(KubeletVerification kubelets, boolean servingVerified) {
    return new Outcome.Observed(
        new ExternalInstallation(
            Optional.of(Installation.of(PLAN, false)),
            Optional.of("0.7.2"),
            kubelets,
            NodeSelector.ALL,
            fine().observations().pods(),
            true,
            List.of(),
            Optional.empty()),
        servingVerified);
  }

  @Test
  void whatIsObservedIsReadyWhenItAnswers() {
    var status = status(observed(KubeletVerification.Unverified, false), fine().rollout(null));

    assertThat(condition(status, "Ready"))
        .isEqualTo("True Observing: only observed: 2 of 2 nodes have metrics");
    assertThat(condition(status, "Reconciling"))
        .isEqualTo("False Observing: only observed: nothing is changed");
    assertThat(condition(status, "Stalled")).startsWith("False NotStalled");
    assertThat(condition(status, "KubeletTLSVerified")).startsWith("False Insecure: the observed");
    assertThat(condition(status, "ServingTLSVerified")).startsWith("False Insecure: the API");
    assertThat(status.version()).isEqualTo("0.7.2");
    assertThat(status.image()).isEqualTo(PLAN.pod().image().reference());
    assertThat(status.kubeletTLS().mode()).isEqualTo("Insecure");
    assertThat(status.isRegistered()).as("as ours").isFalse();
  }

  @Test
  void whatIsObservedIsNotReadyWhenItDoesNotAnswer() {
    var broken = fine().unavailable("MissingEndpoints", "no pod", HOUR).refused("503");
    var status = status(observed(KubeletVerification.Verified, true), broken, ERROR);

    assertThat(condition(status, "Ready"))
        .isEqualTo("False MissingEndpoints: only observed: what is wrong; change it");
    assertThat(condition(status, "KubeletTLSVerified")).startsWith("True Verified: no flag");
    assertThat(condition(status, "ServingTLSVerified")).startsWith("True Verified: the API");
  }

  @Test
  void observed_flagsNotReadable_kubeletTLSIsUnknown() {
    var status = status(observed(KubeletVerification.Unknown, true), fine());

    assertThat(condition(status, "KubeletTLSVerified"))
        .isEqualTo(
            "Unknown FlagsNotReadable: the flags of the observed metrics-server cannot be read, so"
                + " it is unknown whether it verifies the kubelets' certificates");
    assertThat(status.kubeletTLS().mode()).isNull();
    assertThat(status.kubeletTLS().reason()).startsWith("the flags of the observed");
  }

  /** Right after a start nothing is read yet. */
  @Test
  void observed_notReadYet_keepsThePreviousStatus() {
    var before = status(observed(KubeletVerification.Verified, true), fine());

    assertThat(status(before, new Outcome.Observed(ExternalInstallation.NONE, true), fine(), NOW))
        .isEqualTo(before);
  }

  @Test
  void whatOthersChangedBackIsRemembered() {
    var change =
        new ConflictingWrite(
            new ObjectName("Service", "kube-system", "metrics-server"),
            "helm",
            Instant.parse("2026-11-21T11:59:00Z"));

    assertThat(status(APPLIED, fine().conflictingWrites(change)).conflictingWrites())
        .containsExactly(
            new ConflictingWriteStatus(
                new ObjectReference("Service", "kube-system", "metrics-server"),
                "helm",
                "2026-11-21T11:59:00Z"));
    assertThat(status(APPLIED, fine()).conflictingWrites()).isNull();
  }

  // ------------------------------------------------------------------------------------- for all

  /** Every outcome with everything that can be seen. */
  record Case(Outcome outcome, Seen seen) {

    MetricsServerConfigStatus status(MetricsServerConfigStatus previous, Instant now) {
      return StatusRenderer.render(
          Optional.ofNullable(previous),
          3,
          outcome,
          seen.observations(),
          Diagnosis.assess(
                  Evidence.of(PLAN, false, seen.observations(), CertificateRequests.NONE, NOW))
              .findings(),
          now);
    }

    @Override
    public String toString() {
      return outcome.getClass().getSimpleName() + " " + seen.observations();
    }
  }

  static Stream<Case> cases() {
    var seen = fine();
    var broken = seen.broken("pod-a", "CrashLoopBackOff", "unknown flag");
    return Stream.of(APPLIED, PAUSED, REFUSED, FAILED)
        .flatMap(outcome ->
            Stream.of(
                    fine(),
                    Seen.nothing(NOW),
                    fine().unregistered(),
                    fine().unchecked(),
                    fine().unavailable("FailedDiscoveryCheck", "i/o timeout", HOUR),
                    fine().unavailable("", "", HOUR),
                    fine().refused("service unavailable"),
                    fine().notAsked(),
                    fine().reporting(48, 50),
                    fine().reporting(1, 50),
                    fine().reporting(0, 0),
                    fine().pods(broken),
                    fine().podsRefused("quota"),
                    fine().rollout(new Rollout(true, 2, 3, 1, 1, Optional.empty())),
                    fine().rollout(new Rollout(false, 2, 2, 2, 2, Optional.empty())),
                    fine().rollout(null))
                .map(s -> new Case(outcome, s)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void allSevenConditionsAreThereInOrder(Case any) {
    assertThat(any.status(null, NOW).conditions())
        .extracting(Condition::getType)
        .containsExactly(
            "APIServiceAvailable",
            "KubeletTLSVerified",
            "MetricsAvailable",
            "Ready",
            "Reconciling",
            "ServingTLSVerified",
            "Stalled");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyConditionIsComplete(Case any) {
    assertThat(any.status(null, NOW).conditions())
        .allSatisfy(c -> {
          assertThat(c.getStatus()).isIn("True", "False", "Unknown");
          assertThat(c.getReason()).matches("([A-Z][A-Za-z]+)+");
          assertThat(c.getMessage()).isNotNull().doesNotContain("null", "Optional[");
          assertThat(c.getObservedGeneration()).isEqualTo(3);
        });
  }

  /** How kstatus reads it: Reconciling is in progress, Stalled has failed, Ready is there. */
  @ParameterizedTest
  @MethodSource("cases")
  void readyReconcilingAndStalledNeverContradictEachOther(Case any) {
    var status = any.status(null, NOW);
    var ready = isTrue(status, "Ready");
    var reconciling = isTrue(status, "Reconciling");
    var stalled = isTrue(status, "Stalled");

    assertThat(Stream.of(ready, reconciling, stalled).filter(isTrue -> isTrue))
        .as("at most one is true")
        .hasSizeLessThanOrEqualTo(1);
    assertThat(ready && !isTrue(status, "MetricsAvailable")).as("Ready without metrics").isFalse();
    assertThat(ready && !isTrue(status, "APIServiceAvailable")).as("Ready without API").isFalse();
    assertThat(stalled).isEqualTo(any.outcome() instanceof Outcome.Refused);
    if (any.outcome() instanceof Outcome.Applied) {
      assertThat(reconciling).as("Reconciling unless Ready").isEqualTo(!ready);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theSameOnceMoreIsTheSame(Case any) {
    var first = any.status(null, NOW);

    assertThat(any.status(first, NOW.plus(HOUR))).isEqualTo(first);
  }

  /** What comes back from the API server equals what was sent, or it would be sent again. */
  @ParameterizedTest
  @MethodSource("cases")
  void theSameComesBackFromTheApiServer(Case any) {
    var yaml = new KubernetesSerialization();
    var sent = new MetricsServerConfig();
    sent.setMetadata(new ObjectMetaBuilder().withName("cluster").build());
    sent.setStatus(any.status(null, NOW));

    var received = yaml.unmarshal(yaml.asJson(sent), MetricsServerConfig.class);

    assertThat(received.getStatus()).isEqualTo(sent.getStatus());
    assertThat(any.status(received.getStatus(), NOW.plus(HOUR))).isEqualTo(received.getStatus());
  }
}
