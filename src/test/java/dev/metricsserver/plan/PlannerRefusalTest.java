package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.decide;
import static dev.metricsserver.plan.Plans.plan;
import static dev.metricsserver.plan.Plans.refusal;
import static dev.metricsserver.plan.Plans.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.ViolationText;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.Owner.Kind;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Decision.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which specs are refused, and the messages. */
class PlannerRefusalTest {

  private static final SampleCluster TWO_NODES = SampleCluster.ofNodes(2);

  private static final UnmanagedObject HELMS =
      new UnmanagedObject(
          new ObjectName("Deployment", "kube-system", "metrics-server"),
          List.of(),
          new Owner(Kind.Helm, "kube-system", "metrics-server", "a label"));

  /** Other violations are of no use while nothing can be installed. */
  @ParameterizedTest
  @ValueSource(strings = {"{}", "version: 9.9.9"})
  void conflict_withOtherViolations_isReportedAlone(String spec) {
    var decision = decide(spec, SampleCluster.ofNodes(2).foreign(HELMS));

    assertThat(Ownership.respected(decision, List.of(HELMS, HELMS)))
        .isInstanceOfSatisfying(Refused.class, r -> assertThat(r.violations()).hasSize(1))
        .extracting("reason")
        .isEqualTo(Refusal.Conflict);
    assertThat(Ownership.respected(decision, List.of())).isEqualTo(decision);
  }

  /** For any spec and any existing installation. */
  @Test
  void observe_anySpec_plansNothing() {
    assertThat(decide("{conflictPolicy: Observe, version: 9.9.9}", TWO_NODES))
        .isEqualTo(new Observing(List.of()));
    assertThat(decide("conflictPolicy: Observe", SampleCluster.ofNodes(2).foreign(HELMS)))
        .isEqualTo(new Observing(List.of(HELMS)));
  }

  @Test
  void namespace_missing_isRefused() {
    assertThat(texts(refusal("namespace: monitoring", SampleCluster.ofNodes(2).withoutNamespace())))
        .isEqualTo(
            refused(
                "namespace",
                "namespace monitoring does not exist",
                "create it: kubectl create namespace monitoring"));
  }

  @Test
  void hostNetwork_kubeletPortConfigured_isRefused() {
    assertThat(texts(refusal("{hostNetwork: true, port: 10250}", TWO_NODES)))
        .isEqualTo(
            refused(
                "port",
                "10250 is the kubelet's port on node node-1, and with hostNetwork metrics-server"
                    + " needs it too",
                "set port to one that is free on every node, or remove it for 4443"));
  }

  @Test
  void hostNetwork_kubeletUsesDefaultPort_isRefused() {
    var cluster = SampleCluster.of(SampleNode.number(1).kubeletPort(4443).facts());

    assertThat(texts(refusal("hostNetwork: true", cluster)))
        .isEqualTo(
            refused(
                "port",
                "4443 is the kubelet's port on node node-1, and with hostNetwork metrics-server"
                    + " needs it too",
                "set port to one that is free on every node"));
  }

  /** A kubelet whose port is unknown is assumed to use the usual port. */
  @Test
  void hostNetwork_kubeletPortUnknown_usualOneIsRefused() {
    var cluster = SampleCluster.of(SampleNode.number(1).kubeletPort(0).facts());

    assertThat(refusal("{hostNetwork: true, port: 10250}", cluster).violations())
        .extracting(Violation::field)
        .containsExactly("port");
  }

  /** Version 0.9.0 exits with the message that vmodule is only for the text format. */
  @Test
  void vmodule_jsonLogs_isRefused() {
    assertThat(
            texts(
                refusal(
                    "{logging: {format: JSON}, extraArgs: ['--vmodule=scraper=5']}", TWO_NODES)))
        .isEqualTo(
            refused(
                "extraArgs",
                "metrics-server does not start with --vmodule and JSON logs",
                "remove --vmodule, or set logging.format: Text"));
    assertThat(plan("extraArgs: ['--vmodule=scraper=5']").pod().args())
        .contains("--vmodule=scraper=5");
  }

  @Test
  void podNetwork_kubeletPort_isAccepted() {
    assertThat(plan("port: 10250").pod().port()).isEqualTo(10250);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{requests: {cpu: '2'}, limits: {cpu: '1'}} | cpu | 1 | 2",
        "{limits: {cpu: 50m}} | cpu | 50m | 100m",
        "{requests: {memory: 1Gi}, limits: {memory: 1G}} | memory | 1G | 1Gi",
        "{limits: {memory: 100Mi}} | memory | 100Mi | 200Mi"
      })
  void limit_belowRequest_isRefused(String resources, String what, String limit, String request) {
    assertThat(texts(refusal("resources: " + resources, TWO_NODES)))
        .isEqualTo(
            refused(
                "resources.limits." + what,
                "the limit %s is below the request %s".formatted(limit, request),
                "raise resources.limits.%s or lower resources.requests.%s".formatted(what, what)));
  }

  @Test
  void limits_bothBelowRequests_areBothReported() {
    var spec = "resources: {requests: {cpu: '2', memory: 2Gi}, limits: {cpu: '1', memory: 1Gi}}";

    assertThat(refusal(spec, TWO_NODES).violations())
        .extracting(Violation::field)
        .containsExactly("resources.limits.cpu", "resources.limits.memory");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "10.0.0.0/33",
        "256.0.0.1/32",
        "2001:db8::/129",
        "1:2/64",
        "10/8",
        "10.1/16",
        "10.0.1/24",
        "ff/8",
        "::::/64",
        "010.0.0.1/32"
      })
  void controlPlaneCIDRs_invalid_isRefused(String cidr) {
    assertThat(texts(refusal("networkPolicy: {controlPlaneCIDRs: ['" + cidr + "']}", TWO_NODES)))
        .isEqualTo(
            refused(
                "networkPolicy.controlPlaneCIDRs",
                cidr + " is not a CIDR",
                "write an address and a prefix length, such as 10.0.0.0/28"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"allowedCIDRs", "serviceCIDRs"})
  void approvalCIDRs_invalid_areRefusedAndNothingIsApproved(String field) {
    var spec =
        "kubelet: {servingCertificateApproval: {policy: Enabled, %s: [10.0.0.0/8, 10.0.0.0/99]}}"
            .formatted(field);

    assertThat(texts(refusal(spec, TWO_NODES)))
        .isEqualTo(
            refused(
                "kubelet.servingCertificateApproval." + field,
                "10.0.0.0/99 is not a CIDR",
                "write an address and a prefix length, such as 10.0.0.0/28"));
    assertThat(Planner.approves(spec(spec))).isFalse();
    assertThat(Planner.approves(spec(spec.replace("/99", "/9")))).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "10.0.0.0/28",
        "10.0.0.5/32",
        "10.0.0.5/24",
        "0.0.0.0/0",
        "::/0",
        "2001:db8::/64",
        "2001:DB8:0:0::1/128"
      })
  void controlPlaneCIDRs_valid_isAccepted(String cidr) {
    assertThat(decide("networkPolicy: {controlPlaneCIDRs: ['" + cidr + "']}", TWO_NODES))
        .isInstanceOf(Planned.class);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "kubelet.requestTimeout | kubelet: {requestTimeout: 5s}",
        "kubelet.nodeSelector | kubelet: {nodeSelector: {matchLabels: {a: b}}}",
        "logging.format | logging: {format: JSON}"
      })
  void field_unsupportedByVersion_isRefused(String field, String spec) {
    var old = SampleCluster.ofNodes(2).kubernetes("1.26");

    assertThat(texts(refusal(spec, old)))
        .isEqualTo(
            refused(
                field,
                "metrics-server 0.6.4 does not support this, 0.7.0 is the first version that does",
                "remove it, or set version to 0.7.0 or newer, which needs Kubernetes 1.27 or"
                    + " newer"));
    assertThat(decide(spec, SampleCluster.ofNodes(2).kubernetes("1.27")))
        .isInstanceOf(Planned.class);
  }

  @Test
  void spec_severalViolations_reportsAll() {
    var spec =
        """
        namespace: nowhere
        hostNetwork: true
        port: 10250
        resources: {limits: {cpu: 10m}}
        networkPolicy: {controlPlaneCIDRs: [10.0.0.0/99]}
        extraArgs: [--metric-resolution=1m, --nonsense=1]
        """;

    var refusal = refusal(spec, SampleCluster.ofNodes(2).withoutNamespace());

    assertThat(refusal.reason()).isEqualTo(Refusal.InvalidSpec);
    assertThat(refusal.violations())
        .extracting(Violation::field)
        .containsExactlyInAnyOrder(
            "namespace",
            "port",
            "resources.limits.cpu",
            "networkPolicy.controlPlaneCIDRs",
            "extraArgs",
            "extraArgs");
  }

  private static List<ViolationText> texts(Refused refused) {
    assertThat(refused.reason()).isEqualTo(Refusal.InvalidSpec);
    return refused.violations().stream().map(ViolationText::of).toList();
  }

  private static List<ViolationText> refused(String field, String message, String remedy) {
    return List.of(new ViolationText(field, message, Remedy.manual(remedy)));
  }
}
