package dev.metricsserver.it;

import static dev.metricsserver.approval.Draft.dns;
import static dev.metricsserver.approval.Draft.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.approval.Draft;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Kubelets;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Approval of kubelets' serving certificates with the operator's own rights. */
@IntegrationTest
class ApprovalIT {

  private static final Path RIGHTS = Path.of("deploy/csr-approval/rbac.yaml");
  private static final String ENABLED =
      "{kubelet: {tls: {mode: Insecure}, servingCertificateApproval: Enabled}}";
  private static final String DISABLED = "{kubelet: {tls: {mode: Insecure}}}";

  private static final String APPROVAL = "Approval of kubelet serving certificate requests is ";

  /** After so many looks at a request the next one by itself is 8 s away. */
  private static final int LOOKS = 5;

  private static TestCluster cluster;
  private static Kubelets kubelets;
  private static OperatorUnderTest operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start();
    kubelets = new Kubelets(cluster.admin());
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "approval-it");
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void enable() throws Exception {
    cluster.apply(RIGHTS);
    cluster.applyConfig(ENABLED);
  }

  @AfterEach
  void clean() {
    cluster.admin().certificates().v1().certificateSigningRequests().delete();
    claim("node-2", "192.168.7.2");
  }

  @Test
  void approvesARightRequest() {
    kubelets.ask("right", "node-1", right("node-1", "192.168.7.1"));
    soon("it is approved", () -> assertThat(kubelets.isApproved("right")).isTrue());
    assertThat(kubelets.get("right").getStatus().getConditions())
        .singleElement()
        .satisfies(c -> assertThat(c.getMessage()).contains("metrics-server-operator"));
  }

  @Test
  void objectNameWithQuery_doesNotStopOthers() {
    kubelets.ask("x?y", "node-2", right("node-2", "192.168.7.2"));
    soon(
        "the finding names the rule",
        () ->
            assertThat(finding("CertificateRequestRefused"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("ObjectName")));
    kubelets.ask("beside", "node-1", right("node-1", "192.168.7.1"));
    soon("it is approved", () -> assertThat(kubelets.isApproved("beside")).isTrue());
    assertThat(finding("ApprovalForbidden")).isEmpty();
  }

  @Test
  void neverApprovesAWrongOne() {
    claim("node-2", "192.168.7.2", "kubernetes.default.svc");
    kubelets.ask(
        "wrong", "node-2", right("node-2", "192.168.7.2").names(dns("kubernetes.default.svc")));
    soon(
        "the finding and the Event say which rule",
        () -> {
          assertThat(finding("CertificateRequestRefused"))
              .singleElement()
              .satisfies(f ->
                  assertThat(f.message()).contains("wrong", "Names", "kubernetes.default.svc"));
          assertThat(cluster.admin().v1().events().inNamespace("default").list().getItems())
              .filteredOn(e -> "wrong".equals(e.getInvolvedObject().getName()))
              .singleElement()
              .satisfies(e -> assertThat(e.getReason()).isEqualTo("CertificateRequestRefused"));
        });
    assertUndecided("wrong");
  }

  @Test
  void waitsWhereANodeClaimsWhatIsAnothers() {
    claim("node-2", "192.168.7.2", "192.168.7.1");
    kubelets.ask("neighbour", "node-2", right("node-2", "192.168.7.1"));
    cluster.addNode("node-3", "192.168.7.3");
    kubelets.ask("right", "node-3", right("node-3", "192.168.7.3"));
    soon("the right one is approved", () -> assertThat(kubelets.isApproved("right")).isTrue());
    assertUndecided("neighbour");
    cluster.admin().nodes().withName("node-3").delete();
  }

  @Test
  void approvesWhenTheNodeAppears() {
    kubelets.ask("early", "node-4", right("node-4", "192.168.7.4"));
    soon(
        "it was looked at",
        () ->
            assertThat(cluster.audit().operatorRequests())
                .anyMatch(r -> r.resource().equals("nodes") && r.name().equals("node-4")));
    assertUndecided("early");
    cluster.addNode("node-4", "192.168.7.4");
    soon("it is approved", () -> assertThat(kubelets.isApproved("early")).isTrue());
    cluster.admin().nodes().withName("node-4").delete();
  }

  @Test
  void looksAgainAsSoonAsTheNodeHasAnotherAddress() {
    var before = looksAt("node-2");
    kubelets.ask("moved", "node-2", right("node-2", "192.168.7.22"));
    soon(
        "it was looked at",
        () -> assertThat(looksAt("node-2") - before).isGreaterThanOrEqualTo(LOOKS));
    assertUndecided("moved");
    claim("node-2", "192.168.7.22");
    soon(
        Duration.ofSeconds(5),
        "it is approved",
        () -> assertThat(kubelets.isApproved("moved")).isTrue());
  }

  @Test
  void approvesNothingWithoutConfiguration() {
    soon("approval is on", () -> assertThat(lastSwitch()).endsWith(APPROVAL + "on"));
    cluster.admin().resource(cluster.config()).delete();
    soon("approval is off", () -> assertThat(lastSwitch()).endsWith(APPROVAL + "off"));
    kubelets.ask("orphan", "node-1", right("node-1", "192.168.7.1"));
    cluster.applyConfig(DISABLED);
    soon(
        "a finding names it",
        () ->
            assertThat(finding("CertificateRequestsNotApproved"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("orphan")));
    assertUndecided("orphan");
  }

  @Test
  void approvesNothingWhenDisabled() {
    cluster.applyConfig(DISABLED);
    reconciled();
    kubelets.ask("left", "node-1", right("node-1", "192.168.7.1"));
    soon(
        "the finding names it",
        () ->
            assertThat(finding("CertificateRequestsNotApproved"))
                .singleElement()
                .satisfies(
                    f -> assertThat(f.message()).contains("left", "node-1"),
                    f ->
                        assertThat(f.remedy())
                            .contains(
                                "kubectl certificate approve left",
                                "spec.kubelet.servingCertificateApproval: Enabled")));
    assertUndecided("left");
    cluster.applyConfig(ENABLED);
    soon("it is approved", () -> assertThat(kubelets.isApproved("left")).isTrue());
    soon("the finding goes", () -> assertThat(finding("CertificateRequestsNotApproved")).isEmpty());
  }

  @Test
  void approvesNothingWhilePaused() {
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}, servingCertificateApproval: Enabled}, paused: true}");
    reconciled();
    kubelets.ask("paused", "node-1", right("node-1", "192.168.7.1"));
    soon(
        "the finding names it",
        () -> assertThat(finding("CertificateRequestsNotApproved")).hasSize(1));
    assertUndecided("paused");
  }

  @Test
  void saysThatItMayNot() throws Exception {
    cluster
        .admin()
        .rbac()
        .clusterRoleBindings()
        .withName("metrics-server-operator-csr-approval")
        .delete();
    // The API server hears of it a moment later; that a request is refused is what is waited for.
    soon(
        "it says so",
        () -> {
          kubelets.ask("forbidden-" + System.nanoTime(), "node-1", right("node-1", "192.168.7.1"));
          assertThat(finding("ApprovalForbidden"))
              .singleElement()
              .satisfies(
                  f -> assertThat(f.severity()).isEqualTo("Error"),
                  f -> assertThat(f.remedy()).contains("kubectl apply -k deploy/csr-approval"));
        });
    cluster.apply(RIGHTS);
    soon(
        "the newest requests are approved", () -> assertThat(approved()).isGreaterThanOrEqualTo(1));
    soon("the finding goes", () -> assertThat(finding("ApprovalForbidden")).isEmpty());
  }

  private static Draft right(String node, String address) {
    return new Draft().node(node).names(ip(address));
  }

  private static long approved() {
    return cluster
        .admin()
        .certificates()
        .v1()
        .certificateSigningRequests()
        .list()
        .getItems()
        .stream()
        .filter(r -> kubelets.isApproved(r.getMetadata().getName()))
        .count();
  }

  /** What a node answers to by its own account: its credential is enough to write that. */
  private static void claim(String node, String... addresses) {
    cluster
        .admin()
        .nodes()
        .withName(node)
        .editStatus(n ->
            new NodeBuilder(n)
                .editStatus()
                .withAddresses(
                    Stream.of(addresses).map(a -> new NodeAddress(a, "InternalIP")).toList())
                .endStatus()
                .build());
  }

  private static void reconciled() {
    soon(
        "it was reconciled",
        () ->
            assertThat(cluster.config().getStatus().observedGeneration())
                .isEqualTo(cluster.config().getMetadata().getGeneration()));
  }

  private static List<FindingStatus> finding(String code) {
    var status = cluster.config().getStatus();
    return status == null || status.findings() == null
        ? List.of()
        : status.findings().stream().filter(f -> f.code().equals(code)).toList();
  }

  private static void assertUndecided(String name) {
    assertThat(kubelets.get(name).getStatus().getConditions()).isEmpty();
  }

  private static long looksAt(String node) {
    return cluster.audit().operatorRequests().stream()
        .filter(r -> r.resource().equals("nodes") && r.name().equals(node))
        .count();
  }

  /** What the operator said last of whether it approves. */
  private static String lastSwitch() {
    return operator.log().lines().filter(line -> line.contains(APPROVAL)).reduce("", (a, b) -> b);
  }

  private static void soon(String what, ThrowingRunnable assertion) {
    soon(Duration.ofSeconds(30), what, assertion);
  }

  private static void soon(Duration within, String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(within)
        .untilAsserted(() -> {
          assertThat(operator.isAlive()).as(operator.log()).isTrue();
          assertion.run();
        });
  }
}
