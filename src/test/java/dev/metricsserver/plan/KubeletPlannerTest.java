package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.NOW;
import static dev.metricsserver.plan.Plans.decide;
import static dev.metricsserver.plan.Plans.plan;
import static dev.metricsserver.plan.Plans.refusal;
import static dev.metricsserver.plan.Plans.spec;
import static dev.metricsserver.reading.SampleKubelet.named;
import static dev.metricsserver.reading.SampleKubelet.readable;
import static dev.metricsserver.reading.SampleKubelet.refusing;
import static dev.metricsserver.reading.SampleKubelet.selfSigned;
import static dev.metricsserver.reading.SampleKubelet.signed;
import static dev.metricsserver.reading.SampleKubelet.signedByGiven;
import static dev.metricsserver.reading.SampleKubelet.unreachable;
import static dev.metricsserver.reading.SampleKubelet.valid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.model.Kubelet;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.TrustBundle;
import dev.metricsserver.model.TrustBundle.Problem.NoObject;
import dev.metricsserver.plan.Decision.Pending;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.Reason.NeverSeen;
import dev.metricsserver.plan.Reason.NotVerifying;
import dev.metricsserver.plan.Reason.UnverifiedBefore;
import dev.metricsserver.plan.Reason.VerifiedBefore;
import dev.metricsserver.plan.Violation.MissingAuthority;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KubeletPlannerTest {

  private static final NodeFacts ONE = SampleNode.number(1).facts();
  private static final NodeFacts TWO = SampleNode.number(2).facts();
  private static final String AUTHORITY =
      "kubelet: {tls: {certificateAuthority: {configMapRef: {name: our-ca}}}}";

  private static SampleCluster two() {
    return SampleCluster.of(ONE, TWO);
  }

  private static KubeletTLS tls(SampleCluster cluster) {
    return plan("{}", cluster).kubelets().tls();
  }

  // ---------------------------------------------------------------------------------------- Auto

  /** The state of one of two kubelets, the installed mode, and the planned mode. */
  @ParameterizedTest(name = "{0}, installed {1}: {2}")
  @CsvSource({
    "signed, nothing, Verify",
    "signed, verifying, Verify",
    "signed, insecure, Verify",
    "selfSigned, nothing, Insecure",
    "selfSigned, insecure, Insecure",
    "selfSigned, verifying, Verify",
    "selfSigned, deleted after it verified, Verify",
    "refusing, deleted after it verified, Verify",
    "otherAddress, nothing, Insecure",
    "expired, nothing, Insecure",
    "notYetValid, nothing, Insecure",
    "expired, verifying, Verify",
    "signed, unknown, Verify",
    "expired, unknown, Insecure",
    "refusing, nothing, Verify",
    "refusing, insecure, Verify",
    "unreachable, nothing, Verify",
    "unreachable, insecure, Verify",
    "unseen, nothing, Verify"
  })
  void autoMode_oneOfTwoKubelets_decidesWithItsCertificate(
      String shows, String installed, TLSMode mode) {
    var tls = tls(installed(shown(two(), "node-2", shows), installed));

    assertThat(tls.mode()).isEqualTo(mode);
    assertThat(tls.automatic()).isTrue();
  }

  /** So that the first certificates that are seen decide, however long it takes. */
  @Test
  void autoMode_noCertificateEverSeen_isNotRememberedAsVerified() {
    var unseen = shown(shown(two(), "node-1", "unseen"), "node-2", "unseen");

    assertThat(plan("{}", unseen).deploymentAnnotations())
        .containsEntry(Annotations.KUBELET_TLS, Annotations.NEVER_SEEN);
    assertThat(plan("{}", two()).deploymentAnnotations())
        .containsEntry(Annotations.KUBELET_TLS, "Verify");
  }

  /** Only a certificate that was seen justifies Insecure. */
  @ParameterizedTest(name = "{0}, installed {1}: {2}")
  @CsvSource({
    "refusing, nothing, Verify",
    "refusing, verifying, Verify",
    "refusing, insecure, Insecure",
    "refusing, unknown, Verify",
    "unreachable, nothing, Verify",
    "unreachable, insecure, Insecure",
    "unseen, nothing, Verify"
  })
  void autoMode_noCertificateSeen_keepsTheInstalledMode(
      String shows, String installed, TLSMode mode) {
    var cluster = shown(shown(two(), "node-1", shows), "node-2", shows);

    assertThat(tls(installed(cluster, installed)).mode()).isEqualTo(mode);
    assertThat(tls(installed(cluster, installed)).seen()).isFalse();
  }

  @Test
  void autoMode_nodeNotReady_isIgnored() {
    var gone = SampleNode.number(2).notReady().facts();
    var cluster = SampleCluster.of(ONE, gone).kubelet("node-2", selfSigned(gone));

    assertThat(tls(cluster).mode()).isEqualTo(TLSMode.Verify);
    assertThat(tls(cluster).problems()).isEmpty();
  }

  @Test
  void autoMode_nodeNotSelected_isIgnored() {
    var cluster =
        SampleCluster.of(SampleNode.number(1).label("metrics", "yes").facts(), TWO)
            .kubelet("node-2", selfSigned(TWO));

    assertThat(
            plan("kubelet: {nodeSelector: {matchLabels: {metrics: 'yes'}}}", cluster)
                .kubelets()
                .tls()
                .mode())
        .isEqualTo(TLSMode.Verify);
  }

  @Test
  void autoMode_certificateDoesNotVerify_reasonNamesTheNode() {
    assertThat(tls(two().kubelet("node-2", selfSigned(TWO))).reason())
        .isEqualTo(new NotVerifying(List.of("node-2")));
    assertThat(tls(two().installedVerifying().kubelet("node-2", selfSigned(TWO))).reason())
        .isEqualTo(new VerifiedBefore());
  }

  @Test
  void autoMode_noKubeletSeen_reasonDependsOnWhatIsInstalled() {
    var unseen = shown(shown(two(), "node-1", "unseen"), "node-2", "unseen");

    assertThat(tls(unseen).reason()).isEqualTo(new NeverSeen());
    assertThat(tls(installed(unseen, "insecure")).reason()).isEqualTo(new UnverifiedBefore());
    assertThat(tls(installed(unseen, "unknown")).reason()).isEqualTo(new NeverSeen());
  }

  @Test
  void autoMode_probesIncomplete_isPending() {
    assertThat(decide("{}", two().beforeTheFirstLook())).isEqualTo(new Pending());
  }

  @ParameterizedTest
  @EnumSource(
      value = TLSMode.class,
      names = {"Verify", "Insecure", "Plaintext"})
  void configuredMode_probesIncomplete_isPlanned(TLSMode mode) {
    var plan = plan("kubelet: {tls: {mode: %s}}".formatted(mode), two().beforeTheFirstLook());

    assertThat(plan.kubelets().tls().mode()).isEqualTo(mode);
    assertThat(plan.kubelets().tls().automatic()).isFalse();
  }

  /** Violations of the spec do not depend on the kubelets. */
  @Test
  void refusal_probesIncomplete_doesNotWait() {
    assertThat(refusal("version: 9.9.9", two().beforeTheFirstLook()).reason())
        .isEqualTo(Decision.Refusal.InvalidSpec);
  }

  // ------------------------------------------------------------------------------------ problems

  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource({
    "selfSigned, Unsigned, ''",
    "otherAddress, OtherAddress, 10.9.9.9",
    "expired, Expired, 2026-11-21T11:00:00Z",
    "notYetValid, NotYetValid, 2026-11-21T13:00:00Z",
    "refusing, Refused, remote error: internal_error",
    "unreachable, Unreachable, no answer in 2 s"
  })
  void kubelet_faulty_isReportedWithItsKind(String shows, Kind kind, String detail) {
    assertThat(tls(shown(two(), "node-2", shows)).problems())
        .extracting(p -> p.node().name(), p -> p.address(), p -> p.kind(), p -> p.detail())
        .containsExactly(tuple("node-2", "10.0.0.2", kind, detail));
  }

  @Test
  void kubelet_withPendingRequest_isRequested() {
    assertThat(tls(two().kubelet("node-2", refusing()).requested("node-2")).problems())
        .extracting(p -> p.kind())
        .containsExactly(Kind.Requested);
  }

  /** It renews its certificate, and the current one is valid meanwhile. */
  @Test
  void kubelet_withCertificateAndPendingRequest_isFine() {
    assertThat(tls(two().requested("node-2")).problems()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = TLSMode.class,
      names = {"Auto", "Verify", "Insecure", "Plaintext"})
  void readOnlyPort_open_isReportedInEveryMode(TLSMode mode) {
    var cluster = two().kubelet("node-1", readable(signed(ONE)));

    assertThat(
            plan("kubelet: {tls: {mode: %s}}".formatted(mode), cluster)
                .kubelets()
                .tls()
                .readOnlyPorts())
        .containsExactly("node-1");
  }

  // ----------------------------------------------------------------------------------- addresses

  @Test
  void addressTypes_certificatesNameAddresses_prefersAddresses() {
    assertThat(plan("{}", two()).pod().args())
        .contains("--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname");
  }

  @Test
  void addressTypes_certificatesNameOnlyNames_prefersNames() {
    var cluster = two().kubelet("node-1", named("node-1")).kubelet("node-2", named("node-2"));

    assertThat(plan("{}", cluster).pod().args())
        .contains("--kubelet-preferred-address-types=InternalDNS,Hostname,InternalIP");
    assertThat(tls(cluster).mode()).isEqualTo(TLSMode.Verify);
    assertThat(plan("{}", cluster).network().kubernetes().orElseThrow().dns()).isTrue();
  }

  /** Otherwise one new node would replace all pods. */
  @Test
  void addressTypes_tie_staysAsInstalled() {
    var cluster =
        two()
            .kubelet("node-2", named("node-2"))
            .installedVerifying("Hostname", "InternalDNS", "InternalIP");

    assertThat(plan("{}", cluster).pod().args())
        .contains("--kubelet-preferred-address-types=Hostname,InternalDNS,InternalIP");
  }

  @Test
  void addressTypes_configured_areUsed() {
    var cluster = two().kubelet("node-1", named("node-1")).kubelet("node-2", named("node-2"));
    var plan = plan("kubelet: {addressTypes: [InternalIP]}", cluster);

    assertThat(plan.pod().args()).contains("--kubelet-preferred-address-types=InternalIP");
    assertThat(plan.kubelets().tls().mode()).isEqualTo(TLSMode.Insecure);
  }

  @Test
  void probePlan_targets_areWhereMetricsServerDials() {
    var nodes =
        List.of(
            SampleNode.number(1).kubeletPort(10260).facts(),
            SampleNode.number(2).kubeletPort(0).facts(),
            SampleNode.number(3).notReady().facts(),
            SampleNode.bare("nowhere").facts());

    assertThat(KubeletPlanner.targets(spec("{}").kubelet(), nodes))
        .containsExactly(
            new KubeletTarget("node-1", "10.0.0.1", 10260),
            new KubeletTarget("node-2", "10.0.0.2", 10250));
    assertThat(
            KubeletPlanner.targets(
                spec("kubelet: {port: 1234, addressTypes: [Hostname]}").kubelet(), nodes))
        .containsExactly(
            new KubeletTarget("node-1", "node-1", 1234),
            new KubeletTarget("node-2", "node-2", 1234));
  }

  // --------------------------------------------------------------------------------------- flags

  @Test
  void plaintextMode_default_readsTheReadOnlyPort() {
    var plan = plan("kubelet: {tls: {mode: Plaintext}}", two());

    assertThat(plan.pod().args())
        .contains("--kubelet-port=10255", "--deprecated-kubelet-completely-insecure")
        .doesNotContain("--kubelet-use-node-status-port", "--kubelet-insecure-tls");
    assertThat(plan.network().kubernetes().orElseThrow().kubeletPorts()).containsExactly(10255);
  }

  @Test
  void ownAuthority_changed_replacesThePods() {
    var cluster =
        two()
            .authority(new TrustBundle.Found("one"))
            .kubelet("node-1", signedByGiven(ONE))
            .kubelet("node-2", signedByGiven(TWO));
    var plan = plan(AUTHORITY, cluster);

    assertThat(plan.kubelets().tls().mode()).isEqualTo(TLSMode.Verify);
    assertThat(plan.pod().args())
        .contains("--kubelet-certificate-authority=/etc/metrics-server/kubelet-ca/ca.crt");
    assertThat(plan.pod().mounts())
        .contains(
            new Mount(
                "kubelet-ca",
                false,
                "our-ca",
                List.of("ca.crt"),
                "/etc/metrics-server/kubelet-ca"));
    assertThat(plan.pod().annotations())
        .isNotEqualTo(
            plan(AUTHORITY, cluster.authority(new TrustBundle.Found("two"))).pod().annotations());
  }

  /** metrics-server does not start with both. */
  @Test
  void ownAuthority_insecureMode_isNotMounted() {
    var plan = plan(AUTHORITY, two().authority(new TrustBundle.Found("one")));

    assertThat(plan.pod().args())
        .contains("--kubelet-insecure-tls")
        .noneMatch(a -> a.startsWith("--kubelet-certificate-authority"));
    assertThat(plan.pod().mounts()).noneMatch(m -> m.name().equals("kubelet-ca"));
    assertThat(plan.pod().annotations()).isEmpty();
  }

  @Test
  void ownAuthority_missing_isRefused() {
    var missing =
        new TrustBundle.Missing(
            new ObjectName("ConfigMap", "kube-system", "ca"), "ca.crt", new NoObject());

    assertThat(refusal(AUTHORITY, two().authority(missing)).violations())
        .containsExactly(new MissingAuthority(missing));
  }

  @Test
  void clientCertificate_configured_isMounted() {
    var plan = plan("kubelet: {tls: {clientCertificate: {secretRef: {name: our-client}}}}", two());

    assertThat(plan.pod().args())
        .contains(
            "--kubelet-client-certificate=/etc/metrics-server/kubelet-client/tls.crt",
            "--kubelet-client-key=/etc/metrics-server/kubelet-client/tls.key");
    assertThat(plan.pod().mounts())
        .contains(
            new Mount(
                "kubelet-client",
                true,
                "our-client",
                List.of("tls.crt", "tls.key"),
                "/etc/metrics-server/kubelet-client"));
  }

  @Test
  void port_fargateNode_differsFromKubelets() {
    var fargate = SampleNode.number(1).label("eks.amazonaws.com/compute-type", "fargate").facts();

    assertThat(plan("{}", SampleCluster.of(fargate, TWO)).pod().port()).isEqualTo(10251);
  }

  // --------------------------------------------------------------------------------------- words

  private static SampleCluster shown(SampleCluster cluster, String name, String shows) {
    return shows.equals("unseen")
        ? cluster.unseen(name)
        : cluster.kubelet(name, kubelet(name, shows));
  }

  private static Kubelet kubelet(String name, String shows) {
    var node = name.equals("node-1") ? ONE : TWO;
    var hour = Duration.ofHours(1);
    return switch (shows) {
      case "signed" -> signed(node);
      case "selfSigned" -> selfSigned(node);
      case "otherAddress" -> named("10.9.9.9");
      case "expired" -> valid(node, Instant.EPOCH, NOW.minus(hour));
      case "notYetValid" -> valid(node, NOW.plus(hour), Instant.MAX);
      case "refusing" -> refusing();
      case "unreachable" -> unreachable();
      default -> throw new IllegalArgumentException(shows);
    };
  }

  private static SampleCluster installed(SampleCluster cluster, String installed) {
    return switch (installed) {
      case "nothing" -> cluster;
      case "verifying" -> cluster.installedVerifying();
      case "deleted after it verified" -> cluster.everVerified();
      case "insecure" -> cluster.installed(KubeletVerification.Unverified);
      case "unknown" -> cluster.installed(KubeletVerification.Unknown);
      default -> throw new IllegalArgumentException(installed);
    };
  }
}
