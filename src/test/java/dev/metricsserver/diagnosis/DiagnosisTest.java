package dev.metricsserver.diagnosis;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Right;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.plan.Violation;
import dev.metricsserver.plan.Violation.InvalidCIDR;
import dev.metricsserver.plan.Violation.Reverted;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.reading.SampleDiagnosticData;
import dev.metricsserver.reading.SampleKubelet;
import dev.metricsserver.reading.Seen;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From observations to findings and their remedies. */
class DiagnosisTest {

  private static final MetricsServerPlan VERIFIED = Plans.plan("{}");
  private static final MetricsServerPlan INSECURE = Plans.plan("kubelet: {tls: {mode: Insecure}}");
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String TIMEOUT =
      "failing or missing response from https://10.128.1.5:10250/apis/metrics.k8s.io/v1beta1: Get"
          + " \"https://10.128.1.5:10250/apis/metrics.k8s.io/v1beta1\": dial tcp 10.128.1.5:10250:"
          + " i/o timeout";

  /** A finding with the remedy as it is shown. */
  private record Said(
      FindingCode code, Severity severity, String message, String remedy, String object) {}

  private static Said said(
      FindingCode code, Severity severity, String message, String remedy, String object) {
    return new Said(code, severity, message, remedy, object);
  }

  private static List<Said> said(List<Finding> findings) {
    return findings.stream()
        .map(f -> said(f.code(), f.severity(), f.message(), f.remedyText(), f.object().toString()))
        .toList();
  }

  private static Seen fine() {
    return Seen.fine(NOW);
  }

  private static List<Finding> diagnose(
      MetricsServerPlan plan, Observations observations, CertificateRequests requests) {
    return Diagnosis.assess(Evidence.of(plan, false, observations, requests, NOW)).findings();
  }

  private static List<Finding> diagnose(MetricsServerPlan plan, Seen seen) {
    return diagnose(plan, seen.observations(), CertificateRequests.NONE);
  }

  // -------------------------------------------------------------------------------------- nothing

  @Test
  void nothingIsWrongWhenAllIsWell() {
    assertThat(diagnose(VERIFIED, fine())).isEmpty();
  }

  @Test
  void nothingIsWrongRightAfterTheInstallation() {
    assertThat(diagnose(VERIFIED, Seen.nothing(NOW))).isEmpty();
  }

  @Test
  void nothingIsWrongWhilePodsStart() {
    var seen = fine().unregistered().notAsked();

    assertThat(diagnose(VERIFIED, seen.pods(seen.running("pod-a", Duration.ofSeconds(39)))))
        .isEmpty();
  }

  @ParameterizedTest(name = "{0} s")
  @ValueSource(longs = {0, 14})
  void nothingIsWrongWhileTheApiServerLooks(long seconds) {
    var since = Duration.ofSeconds(seconds);

    assertThat(diagnose(VERIFIED, fine().unavailable("FailedDiscoveryCheck", TIMEOUT, since)))
        .isEmpty();
    assertThat(diagnose(VERIFIED, fine().unchecked().notAsked())).isEmpty();
    assertThat(diagnose(VERIFIED, fine().available(since).refused("service unavailable")))
        .isEmpty();
  }

  /** A restart of the operator is no news: what is not known is not broken. */
  @Test
  void nothingIsWrongBeforeTheFirstQuestion() {
    assertThat(diagnose(VERIFIED, fine().notAsked())).isEmpty();
  }

  // ----------------------------------------------------------------------------------- one error

  @Test
  void podsThatCannotBeMade() {
    var seen = fine().podsRefused("pods \"metrics-server-7c9f-\" is forbidden: exceeded quota");

    assertThat(said(diagnose(VERIFIED, seen)))
        .containsExactly(
            said(
                FindingCode.PodsNotCreated,
                Severity.Error,
                "Kubernetes rejects metrics-server's pods: pods"
                    + " \"metrics-server-7c9f-\" is forbidden: exceeded quota",
                "run kubectl -n kube-system describe replicaset -l k8s-app=metrics-server to see"
                    + " the reason",
                "Deployment/kube-system/metrics-server"));
  }

  @Test
  void aPodThatDoesNotRun() {
    var seen = fine().unavailable("MissingEndpoints", "no addresses", HOUR).refused("unavailable");
    var pod = seen.broken("pod-a", "OOMKilled", "back-off 20s");

    assertThat(said(diagnose(VERIFIED, seen.pods(pod))))
        .containsExactly(
            said(
                FindingCode.PodOutOfMemory,
                Severity.Error,
                "metrics-server was killed, because it needs more memory than its limit, 400Mi",
                "remove spec.resources.limits.memory; or set spec.resources.limits.memory to a"
                    + " higher value",
                "Pod/kube-system/pod-a"));
  }

  @ParameterizedTest(name = "resolution {0}: after {1} s: {2}")
  @CsvSource({"15s, 39, false", "15s, 41, true", "1m, 129, false", "1m, 131, true"})
  void podsThatHaveNothingToServeAfterTwoRounds(String resolution, long seconds, boolean wrong) {
    var plan = Plans.plan("metricResolution: " + resolution);
    var seen = fine().unregistered().notAsked();
    var pod = seen.running("pod-a", Duration.ofSeconds(seconds));

    assertThat(diagnose(plan, seen.pods(pod)))
        .extracting(Finding::code)
        .isEqualTo(wrong ? List.of(FindingCode.KubeletsNotScraped) : List.of());
  }

  @Test
  void kubeletsWhoseCertificatesAreNotTheProblem() {
    var seen = fine().unregistered().notAsked();

    assertThat(said(diagnose(INSECURE, seen.pods(seen.running("pod-a", HOUR)))))
        .contains(
            said(
                FindingCode.KubeletsNotScraped,
                Severity.Error,
                "metrics-server runs but gets no metrics from the kubelets",
                "run kubectl -n kube-system logs pod-a to see the reason",
                "Pod/kube-system/pod-a"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        TIMEOUT,
        "context deadline exceeded",
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
      })
  void anApiServerThatDoesNotGetThrough(String message) {
    assertThat(said(diagnose(VERIFIED, fine().unavailable("FailedDiscoveryCheck", message, HOUR))))
        .containsExactly(
            said(
                FindingCode.APIServiceUnreachable,
                Severity.Error,
                "the API server's connections to metrics-server time out although a pod is ready,"
                    + " so a firewall or policy drops them: "
                    + message,
                "open TCP port 10250 from the control plane to the pods; or set"
                    + " spec.networkPolicy.controlPlaneCIDRs to the control plane's addresses, if a"
                    + " NetworkPolicy blocks them; or set spec.hostNetwork: true (if the control"
                    + " plane does not reach the pod network)",
                "APIService/v1beta1.metrics.k8s.io"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "hostNetwork: true | open TCP port 4443 from the control plane to the nodes",
        "networkPolicy: {mode: Disabled} | open TCP port 10250 from the control plane to the pods;"
            + " or set spec.hostNetwork: true (if the control plane does not reach the pod network)"
      })
  void anApiServerThatDoesNotGetThroughWhereThereIsNoPolicy(String spec, String remedy) {
    var seen = fine().unavailable("FailedDiscoveryCheck", TIMEOUT, HOUR);

    assertThat(diagnose(Plans.plan(spec), seen))
        .first()
        .extracting(Finding::remedyText)
        .isEqualTo(remedy);
  }

  @Test
  void anApiServerThatIsRefused() {
    var seen = fine().unavailable("FailedDiscoveryCheck", "bad things", Duration.ofSeconds(16));

    assertThat(said(diagnose(VERIFIED, seen)))
        .containsExactly(
            said(
                FindingCode.APIServiceUnavailable,
                Severity.Error,
                "the API server does not reach metrics-server although a pod is ready"
                    + " (FailedDiscoveryCheck): bad things",
                "run kubectl get apiservice v1beta1.metrics.k8s.io -o yaml to see the API server's"
                    + " reason",
                "APIService/v1beta1.metrics.k8s.io"));
  }

  @Test
  void aMetricsApiThatDoesNotAnswer() {
    assertThat(
            said(diagnose(VERIFIED, fine().refused("the server is currently unable to handle it"))))
        .containsExactly(
            said(
                FindingCode.MetricsNotAnswered,
                Severity.Error,
                "the APIService of the metrics API is available, but queries fail: the server is"
                    + " currently unable to handle it",
                "run kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes to see the answer",
                "APIService/v1beta1.metrics.k8s.io"));
  }

  @Test
  void tooManyNodesWithoutMetrics() {
    assertThat(said(diagnose(VERIFIED, fine().reporting(1, 13))))
        .containsExactly(
            said(
                FindingCode.NodesWithoutMetrics,
                Severity.Error,
                "12 of 13 nodes have no metrics: missing-1, missing-2, missing-3, missing-4,"
                    + " missing-5, missing-6, missing-7, missing-8, missing-9, missing-10 and 2"
                    + " more",
                "run kubectl -n kube-system logs deployment/metrics-server | grep missing-1 to see"
                    + " the reason",
                "Node/missing-1"));
  }

  /** What comes after a broken link of the chain is its consequence. */
  static Stream<Observations> chainsBrokenInMoreThanOnePlace() {
    var seen = fine();
    var crashing = seen.broken("pod-a", "CrashLoopBackOff", "unknown flag");
    var silent = seen.running("pod-b", HOUR);
    return Stream.of(
            fine()
                .podsRefused("quota")
                .unavailable("MissingEndpoints", "none", HOUR)
                .refused("none"),
            fine().podsRefused("quota").reporting(0, 50),
            fine()
                .pods(crashing, silent)
                .unavailable("MissingEndpoints", "none", HOUR)
                .refused("none"),
            fine().pods(crashing, crashing).reporting(0, 50),
            fine().pods(silent, silent).reporting(0, 50),
            fine()
                .pods(seen.ready("pod-b"), crashing)
                .unavailable("Failed", TIMEOUT, HOUR)
                .reporting(0, 50),
            fine().unavailable("Failed", TIMEOUT, HOUR).reporting(10, 50),
            fine().refused("no").unavailable("Failed", "no", HOUR),
            fine().pods(seen.ready("pod-b"), crashing).refused("no"),
            fine().pods(seen.ready("pod-b"), crashing).reporting(10, 50))
        .map(Seen::observations);
  }

  @ParameterizedTest
  @MethodSource("chainsBrokenInMoreThanOnePlace")
  void oneThingThatIsBrokenIsOneError(Observations observations) {
    assertThat(diagnose(INSECURE, observations, CertificateRequests.NONE))
        .filteredOn(f -> f.severity() == Severity.Error)
        .hasSize(1);
  }

  // ----------------------------------------------------------------------------------- warnings

  @Test
  void fewNodesWithoutMetricsAreAWarning() {
    assertThat(said(diagnose(VERIFIED, fine().reporting(48, 50))))
        .containsExactly(
            said(
                FindingCode.NodesWithoutMetrics,
                Severity.Warning,
                "2 of 50 nodes have no metrics: missing-1, missing-2",
                "run kubectl -n kube-system logs deployment/metrics-server | grep missing-1 to see"
                    + " the reason",
                "Node/missing-1"));
  }

  /** A node whose kubelet is known to be the reason is said once, with the reason. */
  @Test
  void aNodeWithoutMetricsWhoseReasonIsKnownIsSaidOnce() {
    var node = SampleNode.bare("missing-1").address("InternalIP", "10.0.0.1").facts();
    var cluster =
        SampleCluster.of(node)
            .installedVerifying()
            .kubelet("missing-1", SampleKubelet.selfSigned(node));

    assertThat(diagnose(Plans.plan("{}", cluster), fine().reporting(48, 50)))
        .extracting(Finding::code, finding -> finding.object().toString())
        .containsExactly(
            tuple(FindingCode.KubeletCertificateUnsigned, "Node/missing-1"),
            tuple(FindingCode.NodesWithoutMetrics, "Node/missing-2"));
  }

  private static List<Finding> withRequest(Seen seen, Duration age) {
    var request = new Request("csr-a", "node-1", NOW.minus(age), State.NotLookedAt, "");
    var requests = new CertificateRequests(List.of(request), 1, Optional.empty());
    return diagnose(VERIFIED, seen.observations(), requests);
  }

  /** Without metrics it is the reason for everything else, and after a while a person is needed. */
  @ParameterizedTest(name = "{0} s: {1}")
  @CsvSource({"119, false", "121, true"})
  void requests_withoutApproval_comeFirst(long seconds, boolean stalled) {
    var seen = fine().unregistered().notAsked();
    var silent = seen.pods(seen.running("pod-a", HOUR));

    assertThat(withRequest(silent, Duration.ofSeconds(seconds)).getFirst())
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.CertificateRequestsNotApproved),
            f -> assertThat(f.severity()).isEqualTo(Severity.Error),
            f -> assertThat(f.message()).contains("csr-a of node-1"),
            f -> assertThat(f.stalled()).isEqualTo(stalled));
  }

  /** A renewal that waits while the old certificate is good is no outage. */
  @Test
  void requests_withoutApprovalWhileMetricsAreAvailable_areAWarning() {
    assertThat(withRequest(fine(), HOUR))
        .filteredOn(f -> f.code().equals(FindingCode.CertificateRequestsNotApproved))
        .singleElement()
        .satisfies(
            f -> assertThat(f.severity()).isEqualTo(Severity.Warning),
            f -> assertThat(f.stalled()).isFalse());
  }

  @Test
  void aSecondPodThatDoesNotRunIsAWarning() {
    var seen = fine();
    var pods = new PodState[] {seen.broken("pod-a", "ImagePullBackOff", "no"), seen.ready("pod-b")};

    assertThat(diagnose(VERIFIED, seen.pods(pods)))
        .extracting(Finding::code, Finding::severity)
        .containsExactly(tuple(FindingCode.ImageNotPulled, Severity.Warning));
  }

  /** After going back, one of the form that failed can still be there. */
  @Test
  void theImageThatIsNotPulledIsThatOfThePod() {
    var seen = fine().rollout(null);

    assertThat(
            diagnose(VERIFIED, seen.pods(seen.broken("pod-a", "r/m:nowhere", "ErrImagePull", "no")))
                .getFirst()
                .message())
        .startsWith("the node cannot pull r/m:nowhere, because");
  }

  // ------------------------------------------------------------------------- causes before others

  private static List<FindingCode> errors(Seen seen, SampleDiagnosticData data) {
    return Diagnosis.assess(
            Evidence.of(VERIFIED, false, seen.observations(), CertificateRequests.NONE, NOW)
                .with(data.data()))
        .findings()
        .stream()
        .filter(f -> f.severity() == Severity.Error)
        .map(Finding::code)
        .toList();
  }

  /** What is never started cannot stumble over how callers are recognised, or over its rights. */
  @Test
  void aPodThatCannotStartComesBeforeWhatItWouldMeet() {
    var data =
        SampleDiagnosticData.none().noFrontProxy().denied(Right.of("get", "", "nodes", "metrics"));
    var seen = fine().unavailable("MissingEndpoints", "none", HOUR).refused("none");
    var waiting = seen.broken("pod-a", "ImagePullBackOff", "r/m:v0: not found");
    var crashing = seen.broken("pod-b", "CrashLoopBackOff", "exit status 1");

    assertThat(errors(seen.pods(waiting), data)).containsExactly(FindingCode.ImageNotPulled);
    assertThat(errors(fine().podsRefused("exceeded quota"), data))
        .containsExactly(FindingCode.PodsNotCreated);
    assertThat(errors(seen.pods(waiting, crashing), data))
        .containsExactly(FindingCode.AggregationDisabled);
  }

  /** A ReplicaSet's condition keeps the reason that it was first given; its Events are new. */
  @Test
  void whyNoPodIsMadeIsWhatWasSaidLast() {
    var seen =
        fine()
            .podsRefused(
                "pods \"metrics-server-5f7d-\" is forbidden: violates PodSecurity"
                    + " \"restricted:latest\": host namespaces (hostNetwork=true)");
    var quota =
        "Error creating: pods \"metrics-server-5f7d-9xk2p\" is forbidden: exceeded quota: small,"
            + " requested: pods=1, used: pods=0, limited: pods=0";

    assertThat(errors(seen, SampleDiagnosticData.none()))
        .containsExactly(FindingCode.PodSecurityViolated);
    assertThat(
            errors(
                seen,
                SampleDiagnosticData.none().event("metrics-server-5f7d", "FailedCreate", quota)))
        .containsExactly(FindingCode.QuotaExceeded);
  }

  /** Each of two pods reaches the other one's node, so that it is the kubelet that stands still. */
  @Test
  void aKubeletThatNoPodReachesIsNotThatOfItsOwnNode() {
    var data =
        SampleDiagnosticData.none()
            .log(
                "E1125 13:14:15.1 1 scraper.go:149] \"Failed to scrape node\" err=\"dial tcp"
                    + " 10.0.0.1:10250: connect: connection refused\" node=\"node-1\"")
            .data();
    var seen = fine().without("node-1");
    var alone = fine().without("node-1").pods(seen.ready("pod-a"));

    assertThat(codes(seen, data)).containsExactly(FindingCode.KubeletUnreachable);
    assertThat(codes(alone, data)).containsExactly(FindingCode.OwnNodeUnreachable);
    assertThat(codes(fine().without("node-2").pods(seen.ready("pod-a")), data))
        .containsExactly(FindingCode.NodesWithoutMetrics);
  }

  private static List<FindingCode> codes(Seen seen, DiagnosticData data) {
    return Diagnosis.assess(
            Evidence.of(VERIFIED, false, seen.observations(), CertificateRequests.NONE, NOW)
                .with(data))
        .findings()
        .stream()
        .map(Finding::code)
        .toList();
  }

  /** Without terminationMessagePolicy: FallbackToLogsOnError, as in upstream's manifest. */
  @Test
  void lastWordsThatAreOnlyInTheLog() {
    var seen = fine().unavailable("MissingEndpoints", "none", HOUR).refused("none");
    var pod = seen.broken("pod-a", "CrashLoopBackOff", "exit status 2");

    assertThat(errors(seen.pods(pod), SampleDiagnosticData.none()))
        .containsExactly(FindingCode.PodCrashing);
    assertThat(
            errors(
                seen.pods(pod),
                SampleDiagnosticData.none()
                    .log("", "panic: unknown flag: --nonsense", "", "goroutine 1")))
        .containsExactly(FindingCode.UnknownFlag);
  }

  @Test
  void kubeletsThatAreNotVerifiedAreAWarning() {
    assertThat(said(diagnose(INSECURE, fine())))
        .containsExactly(
            said(
                FindingCode.KubeletTLSInsecure,
                Severity.Warning,
                "kubelet certificates are not verified, so an attacker who answers on a node's"
                    + " address receives metrics-server's token: kubelet.tls.mode is Insecure",
                "remove spec.kubelet.tls.mode",
                "MetricsServerConfig/cluster"));
  }

  // ------------------------------------------------------------------------------------ remarks

  @Test
  void aPolicyThatIsOpenIsSaid() {
    var managed = SampleCluster.ofNodes(2).apiServers(new Endpoint("172.16.0.10", 443));

    assertThat(said(diagnose(Plans.plan("{}", managed), fine())))
        .containsExactly(
            said(
                FindingCode.NetworkPolicyOpen,
                Severity.Info,
                "the API servers are not nodes of this cluster, so the addresses from which they"
                    + " connect are unknown and any client may connect to the metrics port",
                "set spec.networkPolicy.controlPlaneCIDRs to the addresses that the API servers"
                    + " connect from",
                "NetworkPolicy/kube-system/metrics-server-netpol"));
  }

  @ParameterizedTest(name = "{0}, Cilium: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "hostNetwork: true | false | a NetworkPolicy does not apply to pods on the host network |"
            + " none; or set spec.networkPolicy.mode: Disabled (clears this finding)",
        "{} | true | where Cilium runs, the address rules of a NetworkPolicy never match nodes, so"
            + " a policy would block all scrapes, and this cluster has no CiliumNetworkPolicy |"
            + " none; or set spec.networkPolicy.mode: Disabled (clears this finding)",
        "networkPolicy: {mode: Cilium} | false | networkPolicy.mode is Cilium, but this cluster has"
            + " no CiliumNetworkPolicy | install Cilium's CustomResourceDefinitions (the operator"
            + " then creates the policy); or set spec.networkPolicy.mode: Auto"
      })
  void aPolicyThatDoesNotApplyIsSaid(String spec, boolean cilium, String message, String remedy) {
    var cluster = SampleCluster.ofNodes(2);

    assertThat(said(diagnose(Plans.plan(spec, cluster.cilium(cilium, false)), fine())))
        .containsExactly(
            said(
                FindingCode.NetworkPolicyNotApplied,
                Severity.Info,
                message,
                remedy,
                "NetworkPolicy/kube-system/metrics-server-netpol"));
  }

  @Test
  void aPolicyThatTheUserDoesNotWantIsNotMentioned() {
    assertThat(diagnose(Plans.plan("networkPolicy: {mode: Disabled}"), fine())).isEmpty();
  }

  // --------------------------------------------------------------------------------- for all

  static Stream<List<Finding>> everythingThatIsEverSaid() {
    var seen = fine();
    var managed = SampleCluster.ofNodes(2).apiServers(new Endpoint("172.16.0.10", 443));
    var open = Plans.plan("kubelet: {tls: {mode: Insecure}}", managed);
    var pods =
        Stream.of("Unschedulable", "ErrImagePull", "OOMKilled", "CrashLoopBackOff", "Other")
            .flatMap(reason ->
                Stream.of(
                    fine().pods(seen.broken("pod-a", reason, "words")),
                    fine().pods(seen.broken("pod-a", reason, "words"), seen.ready("pod-b")),
                    fine()
                        .pods(seen.broken("pod-a", reason, "words"), seen.ready("pod-b"))
                        .reporting(1, 50)));
    var others =
        Stream.of(
            fine(),
            Seen.nothing(NOW),
            fine().podsRefused("quota"),
            fine().pods(seen.running("pod-a", HOUR)),
            fine().unavailable("Failed", TIMEOUT, HOUR),
            fine().refused("no"),
            fine().reporting(1, 50),
            fine().reporting(48, 50));
    return Stream.concat(pods, others)
        .map(Seen::observations)
        .flatMap(o ->
            Stream.of(
                diagnose(VERIFIED, o, CertificateRequests.NONE),
                diagnose(open, o, CertificateRequests.NONE)));
  }

  @ParameterizedTest
  @MethodSource("everythingThatIsEverSaid")
  void theFirstToLookAtComesFirst(List<Finding> findings) {
    assertThat(findings).extracting(Finding::severity).isSorted();
  }

  @ParameterizedTest
  @MethodSource("everythingThatIsEverSaid")
  void everyFindingSaysWhatWhereAndWhatNow(List<Finding> findings) {
    assertThat(findings)
        .allSatisfy(f -> {
          assertThat(f.code().name()).matches("([A-Z][A-Za-z]+)+");
          assertThat(f.message()).hasSizeGreaterThan(20).doesNotContain("null", "Optional[");
          assertThat(f.message().strip()).isEqualTo(f.message()).doesNotEndWith(":");
          assertThat(f.remedyText()).isNotBlank();
          assertThat(f.object().toString()).matches("[A-Z][A-Za-z]+(/[a-z0-9.-]+){1,2}");
        });
  }

  // ------------------------------------------------------------------------------- a check throws

  /** The fake answer breaks each check that asks for the nodes' coverage. */
  @Test
  void checkThatThrows_becomesAFinding_andHidesNoOther() {
    var seen = fine().pods().podsRefused("exceeded quota").observations();
    var broken =
        new Observations(
            seen.rollout(),
            seen.pods(),
            seen.endpointReady(),
            seen.registration(),
            null,
            seen.coverage(),
            seen.certificates(),
            seen.conflictingWrites());

    assertThat(diagnose(VERIFIED, broken, CertificateRequests.NONE))
        .extracting(Finding::code)
        .contains(FindingCode.PodsNotCreated, FindingCode.CheckFailed);
    assertThat(diagnose(VERIFIED, broken, CertificateRequests.NONE))
        .filteredOn(f -> f.code() == FindingCode.CheckFailed)
        .first()
        .satisfies(
            f -> assertThat(f.message()).contains("Findings.", "NullPointerException"),
            f -> assertThat(f.severity()).isEqualTo(Severity.Warning));
  }

  // ------------------------------------------------------------------------------------- refused

  @Test
  void aRefusedSpecIsAnErrorForEachThingThatIsWrong() {
    var violations =
        List.<Violation>of(
            new InvalidCIDR("networkPolicy.controlPlaneCIDRs", "10.0.0.0/99"),
            new Reverted(
                "helm", new ObjectName("Service", "kube-system", "metrics-server"), 3, 10));

    assertThat(said(Diagnosis.refused(Refusal.InvalidSpec, violations)))
        .containsExactly(
            said(
                FindingCode.InvalidSpec,
                Severity.Error,
                "spec.networkPolicy.controlPlaneCIDRs: 10.0.0.0/99 is not a CIDR",
                "write an address and a prefix length, such as 10.0.0.0/28",
                "MetricsServerConfig/cluster"),
            said(
                FindingCode.InvalidSpec,
                Severity.Error,
                ViolationText.of(violations.getLast()).message(),
                RemedyRenderer.line(ViolationText.of(violations.getLast()).remedy()),
                "MetricsServerConfig/cluster"));
  }

  @Test
  void aRolloutThatTakesLongIsNoErrorAsLongAsAPodServes() {
    var seen = fine();
    seen.pods(seen.ready("old"), seen.running("new", Duration.ofHours(1))).overdue(2, 1);

    assertThat(diagnose(VERIFIED, seen))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.RolloutStuck),
            f -> assertThat(f.severity()).isEqualTo(Severity.Warning),
            f -> assertThat(f.object()).hasToString("Pod/kube-system/new"),
            f ->
                assertThat(f.remedyText())
                    .startsWith("run kubectl -n kube-system describe pod new"));
  }

  @Test
  void aPodThatSaysWhyItDoesNotRunIsTheReasonOfARolloutThatTakesLong() {
    var seen = fine();
    seen.pods(seen.ready("old"), seen.broken("new", "ErrImagePull", "r/m:v0: not found"))
        .overdue(2, 1);

    assertThat(diagnose(VERIFIED, seen))
        .extracting(Finding::code)
        .containsExactly(FindingCode.ImageNotPulled);
  }

  /** Kubernetes refuses nothing: the pods went. */
  @Test
  void noPodAndARolloutThatTakesLong() {
    assertThat(diagnose(VERIFIED, fine().pods().overdue(0, 0)))
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.PodsNotCreated),
            f -> assertThat(f.message()).doesNotContain("rejects"));
  }

  @Test
  void aPolicyThatLetsMetricsServerOutIsNotInTheWay() {
    var seen = fine();
    seen.pods(seen.broken("pod-a", "CrashLoopBackOff", UNREACHABLE)).unregistered().notAsked();

    assertThat(first(seen, SampleDiagnosticData.none().denyAll(false, true)))
        .isEqualTo(FindingCode.NetworkPolicyInTheWay);
    assertThat(first(seen, SampleDiagnosticData.none().denyAll(false, true).admitAll()))
        .isEqualTo(FindingCode.APIServerUnreachable);
    assertThat(first(seen, SampleDiagnosticData.none().admitAll()))
        .isEqualTo(FindingCode.APIServerUnreachable);
  }

  /** The name of a flag is no timeout. */
  @Test
  void aPolicyIsNotTheReasonOfWrongFlags() {
    var seen = fine();
    seen.pods(
            seen.broken(
                "pod-a",
                "CrashLoopBackOff",
                "metric-resolution should be larger than kubelet-request-timeout, but it is not"))
        .unregistered()
        .notAsked();

    assertThat(first(seen, SampleDiagnosticData.none().denyAll(false, true)))
        .isEqualTo(FindingCode.ResolutionRefused);
  }

  /** As far as it can be seen, for any owner. */
  @ParameterizedTest
  @CsvSource({
    "Secret, Secret/kube-system/seen, 'the certificate in Secret seen expires at'",
    "Service, Service/kube-system/seen, 'the certificate that metrics-server presents behind"
        + " Service'",
    "APIService, APIService/seen, 'the CA in the caBundle of APIService seen expires at'"
  })
  void aCertificateOfOthersThatIsNotRenewed(Place place, String object, String words) {
    var from = NOW.minus(Duration.ofDays(80));
    var seen =
        fine()
            .certificates(
                new Certificate(place, "seen", "1f", from, from.plus(Duration.ofDays(90))));

    assertThat(Diagnosis.assess(theirs(seen)).findings())
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.ServingCertificateExpiring),
            f -> assertThat(f.severity()).isEqualTo(Severity.Warning),
            f -> assertThat(f.message()).startsWith(words),
            f -> assertThat(f.object()).hasToString(object));
  }

  /** Surplus rights of a chart are good to know; a second metrics-server misleads the user. */
  @Test
  void hygiene_ofExternalInstallation_isReported() {
    assertThat(
            Diagnosis.assess(
                    theirs(fine()).with(hygiene(List.of(Right.of("list", "", "secrets", "")))))
                .findings())
        .extracting(Finding::code, Finding::severity)
        .containsExactly(
            tuple(FindingCode.SecondMetricsServer, Severity.Warning),
            tuple(FindingCode.RightsUnused, Severity.Info));
  }

  @Test
  void aSecondMetricsServerComesBeforeWeaknesses() {
    var insecure =
        Evidence.of(
            Plans.plan("kubelet: {tls: {mode: Insecure}}"),
            false,
            fine().observations(),
            CertificateRequests.NONE,
            NOW);

    assertThat(Diagnosis.assess(insecure.with(hygiene(List.of()))).findings())
        .extracting(Finding::code)
        .startsWith(FindingCode.SecondMetricsServer, FindingCode.KubeletTLSInsecure);
  }

  /** A second metrics-server, and these rights of no use. */
  private static HygieneData hygiene(List<Right> excess) {
    return new HygieneData(
        false,
        List.of(),
        excess,
        Optional.empty(),
        List.of(new ObjectName("Deployment", "a", "b")),
        List.of());
  }

  private static Evidence theirs(Seen seen) {
    return Evidence.of(
        Installation.of(VERIFIED, false).keptBy(Keeper.Other),
        List.of(),
        Optional.empty(),
        false,
        seen.observations(),
        CertificateRequests.NONE,
        NOW);
  }

  private static final String UNREACHABLE =
      "Get \"https://10.96.0.1:443/api/v1/namespaces/kube-system/configmaps/x\": dial tcp"
          + " 10.96.0.1:443: i/o timeout";

  private static FindingCode first(Seen seen, SampleDiagnosticData data) {
    return Diagnosis.assess(
            Evidence.of(
                    Plans.plan("networkPolicy: {mode: Disabled}"),
                    false,
                    seen.observations(),
                    CertificateRequests.NONE,
                    NOW)
                .with(data.data()))
        .findings()
        .getFirst()
        .code();
  }
}
