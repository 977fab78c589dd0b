package dev.metricsserver.it;

import static dev.metricsserver.approval.Draft.dns;
import static dev.metricsserver.approval.Draft.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.approval.Draft;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Kubelets;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Approval of kubelets' serving certificates, with the operator's own rights. */
@IntegrationTest
class ApprovalIT {

  private static final Path RIGHTS = Path.of("deploy/csr-approval/rbac.yaml");
  private static final String ENABLED =
      "{kubelet: {tls: {mode: Insecure}, servingCertificateApproval: {policy: Enabled}}}";
  private static final String DISABLED = "{kubelet: {tls: {mode: Insecure}}}";

  private static final String APPROVAL = "Approval of kubelet serving certificate requests is ";

  /** After so many reads, the next one without an event is 8 s away. */
  private static final int LOOKS = 5;

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static Kubelets kubelets;

  @BeforeAll
  static void start() throws Exception {
    kubelets = new Kubelets(cluster.admin());
    cluster.startOperator();
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
  void approval_validRequest_isApproved() {
    kubelets.ask("right", "node-1", right("node-1", "192.168.7.1"));
    cluster.eventually(
        "the request is approved", () -> assertThat(kubelets.isApproved("right")).isTrue());
    assertThat(kubelets.get("right").getStatus().getConditions())
        .singleElement()
        .satisfies(c -> assertThat(c.getMessage()).contains("metrics-server-operator"));
  }

  @Test
  void approval_objectNameWithQuery_doesNotStopOtherRequests() {
    kubelets.ask("x?y", "node-2", right("node-2", "192.168.7.2"));
    cluster.eventually(
        "the finding names the rule",
        () ->
            assertThat(cluster.findings("CertificateRequestRefused"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("ObjectName")));
    kubelets.ask("beside", "node-1", right("node-1", "192.168.7.1"));
    cluster.eventually(
        "the request is approved", () -> assertThat(kubelets.isApproved("beside")).isTrue());
    assertThat(cluster.findings("ApprovalForbidden")).isEmpty();
  }

  @Test
  void approval_invalidRequest_isReportedAndNotApproved() {
    claim("node-2", "192.168.7.2", "kubernetes.default.svc");
    kubelets.ask(
        "wrong", "node-2", right("node-2", "192.168.7.2").names(dns("kubernetes.default.svc")));
    cluster.eventually(
        "the finding and the Event name the rule",
        () -> {
          assertThat(cluster.findings("CertificateRequestRefused"))
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
  void approval_addressOfAnotherNode_isNotApproved() {
    claim("node-2", "192.168.7.2", "192.168.7.1");
    kubelets.ask("neighbour", "node-2", right("node-2", "192.168.7.1"));
    cluster.addNode("node-3", "192.168.7.3");
    kubelets.ask("right", "node-3", right("node-3", "192.168.7.3"));
    cluster.eventually(
        "the valid request is approved", () -> assertThat(kubelets.isApproved("right")).isTrue());
    assertUndecided("neighbour");
    cluster.admin().nodes().withName("node-3").delete();
  }

  @Test
  void approval_nodeAppearsLater_isApproved() {
    kubelets.ask("early", "node-4", right("node-4", "192.168.7.4"));
    cluster.eventually(
        "the operator has read the Node",
        () ->
            assertThat(cluster.audit().operatorRequests())
                .anyMatch(r -> r.resource().equals("nodes") && r.name().equals("node-4")));
    assertUndecided("early");
    cluster.addNode("node-4", "192.168.7.4");
    cluster.eventually(
        "the request is approved", () -> assertThat(kubelets.isApproved("early")).isTrue());
    cluster.admin().nodes().withName("node-4").delete();
  }

  @Test
  void approval_nodeGetsAddress_isApprovedAtOnce() {
    var before = looksAt("node-2");
    kubelets.ask("moved", "node-2", right("node-2", "192.168.7.22"));
    cluster.eventually(
        "the operator has read the Node",
        () -> assertThat(looksAt("node-2") - before).isGreaterThanOrEqualTo(LOOKS));
    assertUndecided("moved");
    claim("node-2", "192.168.7.22");
    cluster.eventually(
        Duration.ofSeconds(5),
        "the request is approved",
        () -> assertThat(kubelets.isApproved("moved")).isTrue());
  }

  @Test
  void approval_configurationDeleted_isOff() {
    cluster.eventually("approval is on", () -> assertThat(lastSwitch()).endsWith(APPROVAL + "on"));
    cluster.admin().resource(cluster.config()).delete();
    cluster.eventually(
        "approval is off", () -> assertThat(lastSwitch()).endsWith(APPROVAL + "off"));
    kubelets.ask("orphan", "node-1", right("node-1", "192.168.7.1"));
    cluster.applyConfig(DISABLED);
    cluster.eventually(
        "a finding names the request",
        () ->
            assertThat(cluster.findings("CertificateRequestsNotApproved"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("orphan")));
    assertUndecided("orphan");
  }

  @Test
  void approval_disabled_isReportedAndNotApproved() {
    cluster.applyConfig(DISABLED);
    reconciled();
    kubelets.ask("left", "node-1", right("node-1", "192.168.7.1"));
    cluster.eventually(
        "the finding names the request",
        () ->
            assertThat(cluster.findings("CertificateRequestsNotApproved"))
                .singleElement()
                .satisfies(
                    f -> assertThat(f.message()).contains("left", "node-1"),
                    f ->
                        assertThat(f.remedy())
                            .contains(
                                "kubectl certificate approve left",
                                "spec.kubelet.servingCertificateApproval.policy: Enabled")));
    assertUndecided("left");
    cluster.applyConfig(ENABLED);
    cluster.eventually(
        "the request is approved", () -> assertThat(kubelets.isApproved("left")).isTrue());
    cluster.eventually(
        "the finding is cleared",
        () -> assertThat(cluster.findings("CertificateRequestsNotApproved")).isEmpty());
  }

  @Test
  void approval_paused_isReportedAndNotApproved() {
    cluster.applyConfig(
        "{kubelet: {tls: {mode: Insecure}, servingCertificateApproval: {policy: Enabled}}, paused:"
            + " true}");
    reconciled();
    kubelets.ask("paused", "node-1", right("node-1", "192.168.7.1"));
    cluster.eventually(
        "the finding names the request",
        () -> assertThat(cluster.findings("CertificateRequestsNotApproved")).hasSize(1));
    assertUndecided("paused");
  }

  @Test
  void approval_rightMissing_isReportedUntilGranted() throws Exception {
    cluster
        .admin()
        .rbac()
        .clusterRoleBindings()
        .withName("metrics-server-operator-csr-approval")
        .delete();
    // The API server notices the deletion a moment later.
    cluster.eventually(
        "the missing right is reported",
        () -> {
          kubelets.ask("forbidden-" + System.nanoTime(), "node-1", right("node-1", "192.168.7.1"));
          assertThat(cluster.findings("ApprovalForbidden"))
              .singleElement()
              .satisfies(
                  f -> assertThat(f.severity()).isEqualTo("Error"),
                  f -> assertThat(f.remedy()).contains("kubectl apply -k deploy/csr-approval"));
        });
    cluster.apply(RIGHTS);
    cluster.eventually(
        "the newest requests are approved", () -> assertThat(approved()).isGreaterThanOrEqualTo(1));
    cluster.eventually(
        "the finding is cleared",
        () -> assertThat(cluster.findings("ApprovalForbidden")).isEmpty());
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

  /** Sets the addresses in the status of a Node, as a kubelet may. */
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
    cluster.eventually(
        "the new configuration is reconciled",
        () ->
            assertThat(cluster.config().getStatus().observedGeneration())
                .isEqualTo(cluster.config().getMetadata().getGeneration()));
  }

  private static void assertUndecided(String name) {
    assertThat(kubelets.get(name).getStatus().getConditions()).isEmpty();
  }

  private static long looksAt(String node) {
    return cluster.audit().operatorRequests().stream()
        .filter(r -> r.resource().equals("nodes") && r.name().equals(node))
        .count();
  }

  /** The last line of the log that says whether the operator approves requests. */
  private static String lastSwitch() {
    return cluster
        .operator()
        .log()
        .lines()
        .filter(line -> line.contains(APPROVAL))
        .reduce("", (a, b) -> b);
  }
}
