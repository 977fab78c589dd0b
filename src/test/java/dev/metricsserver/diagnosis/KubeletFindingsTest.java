package dev.metricsserver.diagnosis;

import static dev.metricsserver.reading.SampleKubelet.named;
import static dev.metricsserver.reading.SampleKubelet.readable;
import static dev.metricsserver.reading.SampleKubelet.refusing;
import static dev.metricsserver.reading.SampleKubelet.selfSigned;
import static dev.metricsserver.reading.SampleKubelet.signed;
import static dev.metricsserver.reading.SampleKubelet.unreachable;
import static dev.metricsserver.reading.SampleKubelet.valid;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubeletFindingsTest {

  private static final NodeFacts ONE = SampleNode.number(1).facts();
  private static final NodeFacts TWO = SampleNode.number(2).facts();
  private static final String VERIFY = "kubelet: {tls: {mode: Verify}}";
  private static final String INSECURE = "kubelet: {tls: {mode: Insecure}}";
  private static final String PLAINTEXT = "kubelet: {tls: {mode: Plaintext}}";

  private static SampleCluster cluster() {
    return SampleCluster.of(ONE, TWO);
  }

  private static KubeletFindings of(String spec, SampleCluster cluster) {
    return of(spec, cluster, Installation.of(Plans.plan("{}"), false));
  }

  private static KubeletFindings of(String spec, SampleCluster cluster, Installation installation) {
    return new KubeletFindings(
        Plans.plan(spec, cluster).kubelets().tls(),
        installation,
        false,
        Severity.Warning,
        List.of("10.244.1.7"));
  }

  private static List<FindingCode> codes(Stream<Finding> findings) {
    return findings.map(Finding::code).toList();
  }

  @Test
  void kubeletsThatVerifyAreNoNews() {
    var findings = of("{}", cluster());

    assertThat(findings.unreadable()).isEmpty();
    assertThat(findings.weaknesses()).isEmpty();
    assertThat(findings.nodes()).isEmpty();
  }

  @Test
  void aNodeThatFallsOutIsNamedWithTheWayBack() {
    var findings = of("{}", cluster().installedVerifying().kubelet("node-2", selfSigned(TWO)));

    assertThat(findings.nodes()).containsExactly("node-2");
    assertThat(findings.unreadable())
        .singleElement()
        .satisfies(f -> {
          assertThat(f.code()).isEqualTo(FindingCode.KubeletCertificateUnsigned);
          assertThat(f.severity()).isEqualTo(Severity.Warning);
          assertThat(f.object()).hasToString("Node/node-2");
          assertThat(f.message())
              .isEqualTo(
                  "the kubelet of node-2 presents a serving certificate that no CA trusted by"
                      + " metrics-server signed, so metrics-server does not read metrics there");
          assertThat(f.remedyText())
              .contains("serverTLSBootstrap: true")
              .endsWith(
                  "; or set spec.kubelet.tls.mode: Insecure (turns verification off deliberately)");
        });
  }

  /** Wherever it is dialled that answers nothing, or not with TLS. */
  @Test
  void aPortThatIsNotTheKubelets() {
    var cluster = cluster().kubelet("node-1", unreachable()).kubelet("node-2", refusing());
    var findings = of("kubelet: {port: 10255, tls: {mode: Verify}}", cluster);

    assertThat(findings.nodes()).containsExactlyInAnyOrder("node-1", "node-2");
    assertThat(findings.unreadable())
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.KubeletPortWrong),
            f ->
                assertThat(f.message())
                    .isEqualTo(
                        "the kubelet of node-1, node-2 does not answer on port 10255, which"
                            + " metrics-server dials: it listens on port 10250"),
            f -> assertThat(f.remedyText()).isEqualTo("remove spec.kubelet.port"));
    assertThat(
            of(
                    "kubelet: {port: 10255, tls: {mode: Verify}}",
                    cluster,
                    Installation.of(Plans.plan("{}"), false).keptBy(Keeper.Other))
                .unreadable())
        .singleElement()
        .satisfies(f -> assertThat(f.remedyText()).contains("--kubelet-use-node-status-port"));
  }

  @Test
  void anAddressOfAFamilyThatPodsDoNotHave() {
    var node = SampleNode.bare("six").address("InternalIP", "fd00::1").facts();
    var findings = of(VERIFY, SampleCluster.of(node, TWO).kubelet("six", unreachable()));

    assertThat(findings.nodes()).containsExactly("six");
    assertThat(findings.unreadable())
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.KubeletAddressFamily),
            f -> assertThat(f.message()).contains("fd00::1", "six"),
            f -> assertThat(f.remedyText()).startsWith("set spec.hostNetwork: true"));
    assertThat(codes(of(VERIFY, cluster().kubelet("node-1", unreachable())).unreadable().stream()))
        .containsExactly(FindingCode.KubeletUnreachable);
  }

  /** Each kind of trouble is a finding of its own, and none hides another. */
  @Test
  void everyTroubleIsSaid() {
    var nodes =
        Stream.iterate(1, i -> i + 1).limit(6).map(i -> SampleNode.number(i).facts()).toList();
    var cluster =
        SampleCluster.of(nodes.toArray(NodeFacts[]::new))
            .kubelet("node-1", selfSigned(nodes.get(0)))
            .kubelet("node-2", named("10.9.9.9"))
            .kubelet("node-3", valid(nodes.get(2), Instant.EPOCH, Plans.NOW.minusSeconds(1)))
            .kubelet("node-4", valid(nodes.get(3), Plans.NOW.plusSeconds(1), Instant.MAX))
            .kubelet("node-5", refusing())
            .kubelet("node-6", unreachable());
    var findings = of(VERIFY, cluster);

    assertThat(codes(findings.unreadable().stream()))
        .containsExactly(
            FindingCode.KubeletCertificateUnsigned,
            FindingCode.KubeletCertificateOtherAddress,
            FindingCode.KubeletCertificateExpired,
            FindingCode.KubeletCertificateNotYetValid,
            FindingCode.KubeletRefusesTLS,
            FindingCode.KubeletUnreachable);
    assertThat(findings.nodes()).hasSize(6);
    assertThat(findings.unreadable())
        .allSatisfy(f -> assertThat(f.message()).contains(f.object().name()));
    assertThat(findings.unreadable().get(1).message())
        .isEqualTo(
            "the kubelet's certificate on node-2 is valid for 10.9.9.9, and not for 10.0.0.2, which"
                + " metrics-server dials");
  }

  /** What metrics-server does not look at cannot keep metrics away. */
  @ParameterizedTest
  @ValueSource(strings = {INSECURE, PLAINTEXT})
  void certificates_notVerified_doNotMatter(String spec) {
    var findings = of(spec, cluster().kubelet("node-1", selfSigned(ONE)));

    assertThat(findings.unreadable()).isEmpty();
    assertThat(findings.nodes()).isEmpty();
  }

  @Test
  void aKubeletThatDoesNotAnswerMattersWithoutVerificationToo() {
    assertThat(
            codes(of(INSECURE, cluster().kubelet("node-1", unreachable())).unreadable().stream()))
        .containsExactly(FindingCode.KubeletUnreachable);
    assertThat(of(PLAINTEXT, cluster().kubelet("node-1", unreachable())).unreadable()).isEmpty();
  }

  @Test
  void insecureByChoiceSaysWhatWouldMakeItVerified() {
    var findings = of("{}", cluster().kubelet("node-1", selfSigned(ONE)));

    assertThat(findings.weaknesses())
        .singleElement()
        .satisfies(f -> {
          assertThat(f.code()).isEqualTo(FindingCode.KubeletTLSInsecure);
          assertThat(f.remedyText())
              .startsWith("run kubectl apply -k deploy/csr-approval ")
              .endsWith("; then the operator verifies the certificates without further changes");
        });
  }

  @Test
  void insecureByRequestSaysHowToGoBack() {
    assertThat(of(INSECURE, cluster()).weaknesses())
        .extracting(Finding::remedyText)
        .containsExactly("remove spec.kubelet.tls.mode");
  }

  @Test
  void insecureByRequestWaitsForACertificateThatVerifies() {
    var cluster = cluster().kubelet("node-1", unreachable()).kubelet("node-2", unreachable());

    assertThat(of(INSECURE, cluster).weaknesses())
        .extracting(Finding::remedyText)
        .containsExactly(
            "wait until a kubelet presents a valid certificate; then remove spec.kubelet.tls.mode");
  }

  @Test
  void plaintextIsAlwaysAWarning() {
    assertThat(codes(of(PLAINTEXT, cluster()).weaknesses().stream()))
        .containsExactly(FindingCode.KubeletPlaintext);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", VERIFY, INSECURE, PLAINTEXT})
  void anOpenReadOnlyPortIsAlwaysAWarning(String spec) {
    assertThat(of(spec, cluster().kubelet("node-2", readable(signed(TWO)))).weaknesses())
        .filteredOn(f -> f.code().equals(FindingCode.KubeletReadOnlyPortOpen))
        .singleElement()
        .satisfies(f -> assertThat(f.message()).contains("port 10255 of node-2"));
  }

  // ------------------------------------------------------------------------------------ remedies

  private static String remedy(boolean approving, SampleNode... nodes) {
    return RemedyRenderer.line(
        KubeletRemedy.of(Stream.of(nodes).map(SampleNode::facts).toList(), true, approving));
  }

  @Test
  void theExampleForTalosIsTheRemedysPatch() throws IOException {
    var yaml = new YAMLMapper();
    var patch = yaml.readTree(Path.of("deploy/examples/talos/machine-config.yaml").toFile());
    assertThat(remedy(true, SampleNode.number(1).osImage("Talos (v1.11.5)")))
        .contains("'" + new ObjectMapper().writeValueAsString(patch) + "'");
  }

  /** Approval first: a kubelet without an approved certificate answers no client. */
  @Test
  void approvalComesFirst() {
    assertThat(remedy(false, SampleNode.number(1)))
        .startsWith(
            "run kubectl apply -k deploy/csr-approval (with Helm: set"
                + " servingCertificateApproval.enabled=true); then set"
                + " spec.kubelet.servingCertificateApproval.policy: Enabled; then run kubectl -n"
                + " kube-system edit configmap kubelet-config");
    assertThat(remedy(true, SampleNode.number(1)))
        .startsWith("run kubectl -n kube-system edit configmap kubelet-config and add serverTLS");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "Talos (v1.11.5) |"
            + " {\"machine\":{\"kubelet\":{\"extraArgs\":{\"rotate-server-certificates\":\"true\"}}}}",
        "Talos (v1.13.9) |"
            + " {\"machine\":{\"kubelet\":{\"extraArgs\":{\"rotate-server-certificates\":\"true\"}}}}",
        "Talos (v1.14.0) |"
            + " {\"apiVersion\":\"v1alpha1\",\"extraArgs\":{\"rotate-server-certificates\":\"true\"},\"kind\":\"KubeletConfig\"}",
        "Talos (v1.14.0-alpha.1) |"
            + " {\"apiVersion\":\"v1alpha1\",\"extraArgs\":{\"rotate-server-certificates\":\"true\"},\"kind\":\"KubeletConfig\"}",
        "Talos (v2.0.0) |"
            + " {\"apiVersion\":\"v1alpha1\",\"extraArgs\":{\"rotate-server-certificates\":\"true\"},\"kind\":\"KubeletConfig\"}"
      })
  void talosIsPatchedInTheFormOfItsVersion(String osImage, String patch) {
    assertThat(
            remedy(
                true, SampleNode.number(1).osImage(osImage), SampleNode.number(2).osImage(osImage)))
        .isEqualTo("talosctl -n 10.0.0.1,10.0.0.2 patch mc --patch '" + patch + "'");
  }

  /** The old form is understood by all. */
  @Test
  void talosOfTwoVersionsIsPatchedInTheOlderForm() {
    assertThat(
            remedy(
                true,
                SampleNode.number(1).osImage("Talos (v1.13.2)"),
                SampleNode.number(2).osImage("Talos (v1.14.0)")))
        .contains("\"machine\"");
  }

  @Test
  void thePlatformOfTheMostNodesIsSpokenTo() {
    assertThat(
            remedy(
                true,
                SampleNode.number(1),
                SampleNode.number(2).osImage("Talos (v1.13.2)"),
                SampleNode.number(3).osImage("Talos (v1.13.2)")))
        .startsWith("talosctl -n 10.0.0.2,10.0.0.3 ");
  }

  @Test
  void openShiftNeedsItsOwnCA() {
    assertThat(remedy(false, SampleNode.number(1).label("node.openshift.io/os_id", "rhcos")))
        .contains("kubelet-serving-ca", "spec.kubelet.tls.certificateAuthority")
        .doesNotContain("approve");
  }
}
