package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.plan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.plan.MonitoringPlan.ServiceAccountName;
import dev.metricsserver.plan.NetworkPlan.CiliumPlan;
import dev.metricsserver.plan.NetworkPlan.CiliumRules;
import dev.metricsserver.plan.NetworkPlan.Destination;
import dev.metricsserver.plan.NetworkPlan.NetworkRules;
import dev.metricsserver.plan.Reason.NetworkReason;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The allowed connections to and from metrics-server. */
class NetworkPlannerTest {

  private static final Endpoint NODE_2 = new Endpoint("10.0.0.2", 6443);
  private static final Endpoint ELSEWHERE = new Endpoint("172.30.0.10", 6443);

  // ------------------------------------------------------------------------- whether, and which

  @Test
  void policy_apiServersAreNodes_isStrict() {
    var plan = plan("{}");

    assertThat(plan.network().reason()).isEqualTo(NetworkReason.Strict);
    assertThat(plan.network().kubernetes())
        .contains(
            new NetworkRules(
                List.of("10.0.0.1/32", "10.0.0.2/32", "10.128.1.0/31", "10.128.2.0/31"),
                Optional.empty(),
                List.of("10.0.0.1/32", "10.0.0.2/32"),
                List.of(10250),
                List.of(
                    new Destination(List.of("10.96.0.1/32"), 443),
                    new Destination(List.of("10.0.0.1/32"), 6443)),
                false));
  }

  @Test
  void policy_nodeWithManyAddresses_keepsTheOthersPrefixes() {
    var hostile = SampleNode.number(3);
    IntStream.range(0, 219).forEach(i -> hostile.address("InternalIP", i + 1 + ".1.1.1"));
    var rules =
        rules(
            plan(
                "{}",
                SampleCluster.of(
                    SampleNode.number(1).facts(), SampleNode.number(2).facts(), hostile.facts())));

    assertThat(rules.kubelets())
        .containsExactly("1.1.1.1/32", "2.1.1.1/32", "3.1.1.1/32", "10.0.0.1/32", "10.0.0.2/31");
    assertThat(rules.clients()).noneMatch(prefix -> prefix.matches(".*/[0-9]"));
  }

  @Test
  void policy_apiServersAreElsewhere_isOpen() {
    var plan = plan("{}", SampleCluster.ofNodes(2).apiServers(ELSEWHERE));

    assertThat(plan.network().reason()).isEqualTo(NetworkReason.Open);
    assertThat(rules(plan).clients()).isEmpty();
    assertThat(rules(plan).kubelets()).containsExactly("10.0.0.1/32", "10.0.0.2/32");
  }

  @Test
  void policy_oneAPIServerIsElsewhere_isOpen() {
    var cluster = SampleCluster.ofNodes(2).apiServers(new Endpoint("10.0.0.1", 6443), ELSEWHERE);

    assertThat(plan("{}", cluster).network().reason()).isEqualTo(NetworkReason.Open);
  }

  @Test
  void policy_noAPIServerKnown_isOpen() {
    assertThat(plan("{}", SampleCluster.ofNodes(2).apiServers()).network().reason())
        .isEqualTo(NetworkReason.Open);
  }

  @Test
  void policy_controlPlaneCIDRs_isStrict() {
    var plan =
        plan(
            "networkPolicy: {controlPlaneCIDRs: [172.30.0.0/28]}",
            SampleCluster.ofNodes(2).apiServers(ELSEWHERE));

    assertThat(plan.network().reason()).isEqualTo(NetworkReason.Strict);
    assertThat(rules(plan).clients())
        .contains("172.30.0.0/28", "10.0.0.1/32", "10.128.1.0/31")
        .doesNotContain("172.30.0.10/32");
  }

  @ParameterizedTest(name = "{0}, Cilium: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "networkPolicy: {mode: Disabled} | false | Disabled",
        "networkPolicy: {mode: Disabled} | true | Disabled",
        "{networkPolicy: {mode: Disabled}, hostNetwork: true} | false | Disabled",
        "hostNetwork: true | false | HostNetwork",
        "{hostNetwork: true, networkPolicy: {mode: Kubernetes}} | false | HostNetwork",
        "{hostNetwork: true} | true | HostNetwork",
        "{} | true | CiliumWithoutPolicies",
        "networkPolicy: {mode: Cilium} | false | CiliumMissing",
        "networkPolicy: {controlPlaneCIDRs: [10.0.0.0/28]} | true | CiliumWithoutPolicies"
      })
  void policy_disabledOrUseless_isAbsent(String spec, boolean cilium, NetworkReason reason) {
    var cluster = SampleCluster.ofNodes(2);
    var plan = plan(spec, cluster.cilium(cilium, false));

    assertThat(plan.network().kubernetes()).isEmpty();
    assertThat(plan.network().cilium().rules()).isEmpty();
    assertThat(plan.network().reason()).isEqualTo(reason);
  }

  @Test
  void policy_kubernetesModeWithCilium_isWritten() {
    var plan =
        plan("networkPolicy: {mode: Kubernetes}", SampleCluster.ofNodes(2).cilium(true, true));

    assertThat(plan.network().reason()).isEqualTo(NetworkReason.Strict);
    assertThat(plan.network().kubernetes()).isPresent();
    assertThat(plan.network().cilium()).isEqualTo(new CiliumPlan(true, Optional.empty()));
  }

  // ----------------------------------------------------------------------------------- Prometheus

  private static final String PROMETHEUS = "monitoring: {prometheus: {namespace: monitoring}}";

  @Test
  void policy_prometheusNamespace_isAllowed() {
    assertThat(rules(plan(PROMETHEUS)).clientNamespace()).contains("monitoring");
    assertThat(rules(plan("{}")).clientNamespace()).isEmpty();
    assertThat(
            plan(PROMETHEUS, SampleCluster.ofNodes(2).cilium(true, true))
                .network()
                .cilium()
                .rules())
        .hasValueSatisfying(r -> assertThat(r.clientNamespace()).contains("monitoring"));
  }

  /** A rule without peers allows any client; a namespace beside it would allow only that one. */
  @Test
  void openPolicy_prometheusNamespace_isLeftOut() {
    var open = plan(PROMETHEUS, SampleCluster.ofNodes(2).apiServers(ELSEWHERE));

    assertThat(rules(open).clients()).isEmpty();
    assertThat(rules(open).clientNamespace()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        // spec | ServiceMonitor | shut out | PrometheusRule
        "{} | false | true | true",
        "monitoring: {serviceMonitor: Disabled} | false | false | true",
        "monitoring: {prometheusRule: Disabled} | false | true | false",
        "monitoring: {prometheus: {namespace: monitoring}} | true | false | true",
        "networkPolicy: {mode: Disabled} | true | false | true",
        "hostNetwork: true | true | false | true",
      })
  void serviceMonitor_prometheusCanConnect_isWritten(
      String spec, boolean serviceMonitor, boolean shutOut, boolean rule) {
    var monitoring = plan(spec, SampleCluster.ofNodes(2).prometheusOperator()).monitoring();

    assertThat(monitoring.serviceMonitor()).isEqualTo(serviceMonitor);
    assertThat(monitoring.shutOut()).isEqualTo(shutOut);
    assertThat(monitoring.rule()).isEqualTo(rule);
  }

  @Test
  void serviceMonitor_noPrometheusOperator_isAbsent() {
    var monitoring = plan(PROMETHEUS).monitoring();

    assertThat(monitoring.serviceMonitor()).isFalse();
    assertThat(monitoring.shutOut()).isFalse();
    assertThat(monitoring.rule()).isFalse();
    assertThat(monitoring.reader()).isEmpty();
  }

  @Test
  void metricsReader_serviceAccountNamed_getsTheRight() {
    var spec =
        "monitoring: {prometheus: {namespace: monitoring, serviceAccountName: prometheus-k8s}}";

    assertThat(plan(spec).monitoring().reader())
        .contains(new ServiceAccountName("monitoring", "prometheus-k8s"));
  }

  // --------------------------------------------------------------------------------------- Cilium

  @ParameterizedTest(name = "{0}, Cilium runs: {1}")
  @CsvSource(
      delimiter = '|',
      value = {"{} | true", "networkPolicy: {mode: Cilium} | false"})
  void ciliumPolicy_ciliumRunsOrIsConfigured_isWritten(String spec, boolean runs) {
    var plan = plan(spec, SampleCluster.ofNodes(2).cilium(runs, true));

    assertThat(plan.network().reason()).isEqualTo(NetworkReason.Strict);
    assertThat(plan.network().kubernetes()).isEmpty();
    assertThat(plan.network().cilium().rules())
        .contains(
            new CiliumRules(
                false, List.of(), Optional.empty(), List.of(10250), List.of(443, 6443), false));
  }

  @Test
  void ciliumPolicy_onlyDefinitionsExist_isAbsent() {
    var plan = plan("{}", SampleCluster.ofNodes(2).cilium(false, true));

    assertThat(plan.network().kubernetes()).isPresent();
    assertThat(plan.network().cilium()).isEqualTo(new CiliumPlan(true, Optional.empty()));
  }

  @Test
  void ciliumPolicy_apiServersUnknown_isOpen() {
    var cluster = SampleCluster.ofNodes(2).apiServers(ELSEWHERE).cilium(true, true);

    assertThat(plan("{}", cluster).network().reason()).isEqualTo(NetworkReason.Open);
    assertThat(plan("{}", cluster).network().cilium().rules().orElseThrow().open()).isTrue();
  }

  // ---------------------------------------------------------------------------------- from where

  @Test
  void clients_podCIDRs_includeTheirFirstTwoAddresses() {
    var node = SampleNode.bare("a").podCIDR("10.244.3.0/24").podCIDR("fd00:10:244:3::/64");

    assertThat(clients(node)).contains("10.244.3.0/31", "fd00:10:244:3::/127");
  }

  @Test
  void clients_tunnelAddresses_areIncluded() {
    var node = SampleNode.bare("a").tunnel("10.244.9.17").tunnel("fd00::9:17");

    assertThat(clients(node)).contains("10.244.9.17/32", "fd00::9:17/128");
  }

  @Test
  void clients_nodeWithSeveralAddresses_includeAll() {
    var node =
        SampleNode.bare("a")
            .address("InternalIP", "10.0.0.9")
            .address("InternalIP", "fd00::9")
            .address("ExternalIP", "203.0.113.9")
            .address("Hostname", "a")
            .address("ExternalDNS", "a.example.com");

    assertThat(clients(node)).contains("10.0.0.9/32", "203.0.113.9/32", "fd00::9/128");
  }

  private static List<String> clients(SampleNode node) {
    var cluster = SampleCluster.of(SampleNode.number(1).facts(), node.facts());
    return rules(plan("{}", cluster)).clients();
  }

  @Test
  void rules_nodeJoinsBetweenOthers_areUnchanged() {
    var nodes = IntStream.rangeClosed(1, 500).mapToObj(i -> SampleNode.number(2 * i).facts());
    var evenOnes = nodes.toArray(NodeFacts[]::new);
    var oneMore = Arrays.copyOf(evenOnes, evenOnes.length + 1);
    oneMore[evenOnes.length] = SampleNode.number(777).facts();

    assertThat(plan("{}", SampleCluster.of(oneMore).apiServers(NODE_2)).network().kubernetes())
        .isEqualTo(
            plan("{}", SampleCluster.of(evenOnes).apiServers(NODE_2)).network().kubernetes());
  }

  // ------------------------------------------------------------------------------------ to where

  @Test
  void kubelets_nodesWithNames_areAddressesOnly() {
    var node = SampleNode.number(2).tunnel("10.244.9.17");
    var cluster = SampleCluster.of(SampleNode.number(1).facts(), node.facts());

    assertThat(rules(plan("{}", cluster)).kubelets()).containsExactly("10.0.0.1/32", "10.0.0.2/32");
  }

  @Test
  void kubeletPorts_reportedByNodes_areUsed() {
    var cluster =
        SampleCluster.of(
            SampleNode.number(1).kubeletPort(10260).facts(),
            SampleNode.number(2).kubeletPort(0).facts(),
            SampleNode.number(3).facts());

    assertThat(rules(plan("{}", cluster)).kubeletPorts()).containsExactly(10250, 10260);
  }

  @Test
  void kubeletPorts_configured_areUsed() {
    var cluster = SampleCluster.of(SampleNode.number(1).kubeletPort(10260).facts());

    assertThat(rules(plan("kubelet: {port: 10255}", cluster)).kubeletPorts())
        .containsExactly(10255);
  }

  @Test
  void rules_addressesUnknown_allowAnyAddress() {
    var cluster = SampleCluster.of().apiServers().service();

    assertThat(rules(plan("{}", cluster)).kubeletPorts()).containsExactly(10250);
    assertThat(rules(plan("{}", cluster)).kubelets()).containsExactly("0.0.0.0/0", "::/0");
    assertThat(rules(plan("{}", cluster)).apiServers())
        .containsExactly(
            new Destination(List.of("0.0.0.0/0", "::/0"), 443),
            new Destination(List.of("0.0.0.0/0", "::/0"), 6443));
  }

  @Test
  void apiServers_serviceAndEndpoints_areAllowed() {
    var cluster =
        SampleCluster.ofNodes(3)
            .apiServers(new Endpoint("10.0.0.1", 6443), new Endpoint("10.0.0.2", 6443))
            .service(new Endpoint("10.96.0.1", 443), new Endpoint("fd00:10:96::1", 443));

    assertThat(rules(plan("{}", cluster)).apiServers())
        .containsExactly(
            new Destination(List.of("10.96.0.1/32", "fd00:10:96::1/128"), 443),
            new Destination(List.of("10.0.0.1/32", "10.0.0.2/32"), 6443));
  }

  @Test
  void apiServers_samePort_areOneDestination() {
    var cluster = SampleCluster.ofNodes(1).apiServers(new Endpoint("172.30.0.10", 443));

    assertThat(rules(plan("{}", cluster)).apiServers())
        .containsExactly(new Destination(List.of("10.96.0.1/32", "172.30.0.10/32"), 443));
  }

  // ------------------------------------------------------------------------------------ names

  @ParameterizedTest(name = "{0}, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | InternalIP | false",
        "{} | ExternalIP | false",
        "{} | Hostname | true",
        "{} | InternalDNS | false",
        "{kubelet: {addressTypes: [Hostname]}} | InternalIP | true",
        "{kubelet: {addressTypes: [InternalIP, Hostname]}} | InternalIP | false",
        "{kubelet: {addressTypes: [InternalDNS, InternalIP]}} | InternalDNS | true",
        "{kubelet: {addressTypes: [ExternalDNS, InternalIP]}} | InternalIP | false"
      })
  void dns_nodeDialledByName_isAllowed(String spec, String has, boolean dns) {
    var node = SampleNode.bare("a");
    if (!has.equals("Hostname")) {
      node.address(has, has.endsWith("IP") ? "10.0.0.9" : "a.example.com");
    }
    node.address("Hostname", "a");
    // An InternalDNS address alone is not dialled by default; its Hostname is.
    var expected = dns || (spec.equals("{}") && has.equals("InternalDNS"));

    assertThat(rules(plan(spec, SampleCluster.of(node.facts()))).dns()).isEqualTo(expected);
  }

  private static NetworkRules rules(MetricsServerPlan plan) {
    return plan.network().kubernetes().orElseThrow();
  }
}
