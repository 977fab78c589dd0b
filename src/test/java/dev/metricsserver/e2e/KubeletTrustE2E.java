package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.Skip;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Real kubelets with every kind of certificate, and how much metrics-server may trust them. Each
 * test begins without a MetricsServerConfig and with two kubelets that sign for themselves.
 */
@EndToEndTest(cluster = 1)
class KubeletTrustE2E {

  private static final String CSR_APPROVAL = "deploy/csr-approval";
  private static final String APPROVE = "kubelet: {servingCertificateApproval: {policy: Enabled}}";

  /** A kubelet in trouble is looked at every ten seconds; a good one every minute. */
  private static final Duration A_LOOK = Duration.ofMinutes(4);

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    client = cluster.admin();
    Skip.unless(
        client.nodes().withName("node1").get() != null,
        "kind cannot restart a kubelet with other settings");
  }

  @BeforeEach
  void nothingIsInstalled() {
    if (cluster.config() != null) {
      cluster.delete(DeletionPropagation.BACKGROUND);
    }
    cluster.awaitGone();
  }

  @AfterEach
  void kubeletsSignForThemselves() {
    restart("node1", "self-signed");
    restart("node2", "self-signed");
    cluster.kubectl("delete", "csr", "--all");
    cluster.kubectl("delete", "--kustomize", CSR_APPROVAL, "--ignore-not-found");
  }

  private static void restart(String node, String certificate, String... more) {
    var command =
        new ArrayList<>(
            List.of("deploy/local/node", "restart", node, "--certificate", certificate));
    command.addAll(List.of(more));
    cluster.run(command.toArray(String[]::new));
  }

  /** How many forms of pods there were: annotations of the Deployment make none. */
  private static long rollouts() {
    var annotations = cluster.deployment().getMetadata().getAnnotations();
    return Long.parseLong(annotations.get("deployment.kubernetes.io/revision"));
  }

  /** Nothing is configured: it works, reports the weakness, and fixes it without an outage. */
  @Test
  void remedy_followedAsPrinted_verifiesKubelets(TestReporter reporter) {
    cluster.apply("");
    cluster.awaitReady();
    assertThat(trust()).isEqualTo("False CertificatesNotVerified");
    assertThat(cluster.args()).contains("--kubelet-insecure-tls");
    assertThat(finding("KubeletTLSInsecure").remedy())
        .containsSubsequence(
            "kubectl apply -k deploy/csr-approval", "servingCertificateApproval", "then ");

    try (var load = new MetricsLoad(client, reporter)) {
      cluster.kubectl("apply", "--kustomize", CSR_APPROVAL);
      cluster.apply(APPROVE);
      var before = rollouts();
      restart("node1", "requested");
      restart("node2", "requested");
      cluster.eventually(
          A_LOOK, "kubelets are verified", () -> assertThat(trust()).isEqualTo("True Verified"));
      cluster.awaitReady();

      assertThat(cluster.args()).doesNotContain("--kubelet-insecure-tls");
      assertThat(rollouts()).as("one rollout, no more").isEqualTo(before + 1);
      assertThat(load.requests()).as("requests meanwhile").isGreaterThan(100);
      assertThat(load.failures()).as("requests that failed").isEmpty();
    }

    aNodeThatFallsOutIsAFindingAndNoExcuse();
  }

  private void aNodeThatFallsOutIsAFindingAndNoExcuse() {
    restart("node2", "self-signed");
    cluster.eventually(
        A_LOOK,
        "the node is said to have fallen out",
        () ->
            assertThat(finding("KubeletCertificateUnsigned").objectRef())
                .hasToString("Node/node2"));
    assertThat(finding("KubeletCertificateUnsigned").remedy())
        .contains("spec.kubelet.tls.mode: Insecure");
    assertThat(trust()).isEqualTo("True VerifiedExceptNodes");
    assertThat(cluster.args()).doesNotContain("--kubelet-insecure-tls");
    assertThat(cluster.condition("Ready").getStatus()).isEqualTo("True");
    assertThat(cluster.kubectl("top", "nodes", "--no-headers")).contains("node1");

    restart("node2", "requested");
    cluster.eventually(A_LOOK, "it is back", () -> assertThat(trust()).isEqualTo("True Verified"));
  }

  @Test
  void kubelets_withCertificateRequests_areVerifiedFromStart() {
    cluster.kubectl("apply", "--kustomize", CSR_APPROVAL);
    restart("node1", "requested");
    restart("node2", "requested");
    cluster.apply(APPROVE);
    cluster.awaitReady();

    assertThat(trust()).isEqualTo("True Verified");
    assertThat(cluster.args()).doesNotContain("--kubelet-insecure-tls");
    assertThat(cluster.status().findings()).noneMatch(f -> f.code().startsWith("Kubelet"));
  }

  @Test
  void approval_disabled_continuesWhenAdministratorApproves() {
    restart("node1", "requested");
    restart("node2", "requested");
    cluster.apply("");
    cluster.eventually(
        A_LOOK,
        "the requests are named",
        () ->
            assertThat(requests())
                .isNotEmpty()
                .allSatisfy(name ->
                    assertThat(finding("CertificateRequestsNotApproved").message())
                        .contains(name)));
    assertThat(cluster.args()).doesNotContain("--kubelet-insecure-tls");
    cluster.eventually(
        Duration.ofMinutes(3),
        "it waits for user action",
        () -> {
          assertThat(cluster.condition("Stalled").getReason())
              .isEqualTo("CertificateRequestsNotApproved");
          assertThat(cluster.condition("Reconciling").getStatus()).isEqualTo("False");
        });

    requests().forEach(name -> cluster.kubectl("certificate", "approve", name));
    cluster.awaitReady();
    cluster.eventually(
        A_LOOK,
        "the requests are named no more",
        () ->
            assertThat(cluster.status().findings())
                .noneMatch(f -> f.code().equals("CertificateRequestsNotApproved")));
    assertThat(trust()).isEqualTo("True Verified");
    assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("False");
  }

  /** Each kind of trouble with one kubelet is told apart, and the other one goes on reporting. */
  @Test
  void kubelet_oneFails_isReported() {
    cluster.kubectl("apply", "--kustomize", CSR_APPROVAL);
    restart("node1", "requested");
    restart("node2", "requested", "--port", "10251");
    cluster.apply(APPROVE);
    cluster.awaitReady();
    assertThat(trust()).as("with another port").isEqualTo("True Verified");
    assertThat(cluster.status().nodes().coverage()).isEqualTo("2/2");

    restart("node2", "expired");
    awaitTrouble("KubeletCertificateExpired", "2020-01-02");
    restart("node2", "other-address");
    awaitTrouble("KubeletCertificateOtherAddress", "192.0.2.1", addressOfNode2());
    cluster.run("deploy/local/node", "stop", "node2");
    try {
      awaitTrouble("KubeletUnreachable", addressOfNode2());
      assertThat(finding("KubeletUnreachable").remedy()).startsWith("restart the kubelet of node2");
    } finally {
      cluster.run("deploy/local/node", "start", "node2");
    }
    // Its certificate still names another address.
    awaitTrouble("KubeletCertificateOtherAddress", "192.0.2.1", addressOfNode2());
    restart("node2", "requested");
    cluster.eventually(A_LOOK, "nothing is found", () -> assertThat(kubeletFindings()).isEmpty());
  }

  private static String addressOfNode2() {
    return client.nodes().withName("node2").get().getStatus().getAddresses().stream()
        .filter(address -> address.getType().equals("InternalIP"))
        .findFirst()
        .orElseThrow()
        .getAddress();
  }

  private static void awaitTrouble(String code, String... words) {
    cluster.eventually(
        A_LOOK,
        code,
        () ->
            assertThat(finding(code))
                .satisfies(
                    f -> assertThat(f.objectRef()).hasToString("Node/node2"),
                    f -> assertThat(f.message()).contains(words),
                    f -> assertThat(findings()).as("it is first").first().isEqualTo(f)));
    assertThat(kubeletFindings()).as("findings about kubelets").containsExactly(code);
    assertThat(cluster.kubectl("top", "nodes", "--no-headers")).contains("node1");
  }

  @Test
  void plaintext_selected_isUsedAndReported() {
    restart("node1", "self-signed", "--read-only-port", "10255");
    restart("node2", "self-signed", "--read-only-port", "10255");
    cluster.apply("");
    cluster.awaitReady();
    assertThat(finding("KubeletReadOnlyPortOpen").message()).contains("node1, node2");
    assertThat(trust()).isEqualTo("False CertificatesNotVerified");

    cluster.apply("kubelet: {tls: {mode: Plaintext}}");
    cluster.eventually(
        A_ROLLOUT,
        "it is read in plaintext",
        () -> {
          assertThat(trust()).isEqualTo("False Plaintext");
          assertThat(cluster.args())
              .contains("--kubelet-port=10255", "--deprecated-kubelet-completely-insecure")
              .doesNotContain("--kubelet-use-node-status-port");
        });
    cluster.awaitReady();
    assertThat(cluster.status().nodes().coverage()).isEqualTo("2/2");
    assertThat(kubeletFindings()).containsExactly("KubeletPlaintext", "KubeletReadOnlyPortOpen");
  }

  // ---------------------------------------------------------------------------------- the status

  /** Status and reason of KubeletTLSVerified. */
  private static String trust() {
    var condition = cluster.condition("KubeletTLSVerified");
    return condition.getStatus() + " " + condition.getReason();
  }

  private static FindingStatus finding(String code) {
    return findings()
        .filter(f -> f.code().equals(code))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + code + " in " + findings().toList()));
  }

  private static List<String> kubeletFindings() {
    return findings().map(FindingStatus::code).filter(c -> c.startsWith("Kubelet")).toList();
  }

  private static Stream<FindingStatus> findings() {
    return cluster.status().findings().stream();
  }

  /** Names of undecided requests. */
  private static List<String> requests() {
    return client.certificates().v1().certificateSigningRequests().list().getItems().stream()
        .filter(r -> r.getStatus() == null || r.getStatus().getConditions().isEmpty())
        .map(r -> r.getMetadata().getName())
        .toList();
  }
}
