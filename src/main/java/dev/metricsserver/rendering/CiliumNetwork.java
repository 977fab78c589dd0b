package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.NetworkPlan.CiliumRules;
import dev.metricsserver.rendering.CiliumNetworkPolicy.Port;
import dev.metricsserver.rendering.CiliumNetworkPolicy.PortRule;
import dev.metricsserver.rendering.CiliumNetworkPolicy.Rule;
import dev.metricsserver.rendering.CiliumNetworkPolicy.Selector;
import dev.metricsserver.rendering.CiliumNetworkPolicy.Spec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The CiliumNetworkPolicy. Cilium matches nodes and API servers as entities, not by address. */
public final class CiliumNetwork {

  private static final List<String> NODES = List.of("host", "remote-node");
  private static final List<String> API_SERVERS = List.of("kube-apiserver");
  private static final List<String> CONTROL_PLANE =
      List.of("host", "remote-node", "kube-apiserver");
  private static final List<String> ANY_CLIENT = List.of("all");

  /** The DNS servers: pods, or a cache on each node. */
  private static final List<String> CLUSTER = List.of("cluster");

  private static final String DNS_PORT = "53";

  private CiliumNetwork() {}

  /** The CiliumNetworkPolicy; empty if the plan has no rules for one. */
  public static Optional<CiliumNetworkPolicy> policy(MetricsServerPlan plan) {
    return plan.network().cilium().rules().map(rules -> policy(plan, rules));
  }

  private static CiliumNetworkPolicy policy(MetricsServerPlan plan, CiliumRules rules) {
    return new CiliumNetworkPolicy(
        Names.metadata(plan.namespace(), Names.NETWORK_POLICY),
        new Spec(new Selector(Names.PODS), ingress(rules, plan.pod().port()), egress(rules)));
  }

  private static List<Rule> ingress(CiliumRules rules, int port) {
    var ports = tcp(List.of(port));
    var ingress = new ArrayList<Rule>();
    ingress.add(new Rule(null, rules.open() ? ANY_CLIENT : CONTROL_PLANE, null, null, ports));
    if (!rules.controlPlaneCIDRs().isEmpty()) {
      ingress.add(new Rule(null, null, rules.controlPlaneCIDRs(), null, ports));
    }
    rules
        .clientNamespace()
        .map(name -> new Selector(Map.of("k8s:io.kubernetes.pod.namespace", name)))
        .ifPresent(pods -> ingress.add(new Rule(List.of(pods), null, null, null, ports)));
    return ingress;
  }

  private static List<Rule> egress(CiliumRules rules) {
    var egress = new ArrayList<Rule>();
    egress.add(new Rule(null, null, null, NODES, tcp(rules.kubeletPorts())));
    egress.add(new Rule(null, null, null, API_SERVERS, tcp(rules.apiServerPorts())));
    if (rules.dns()) {
      egress.add(
          new Rule(
              null,
              null,
              null,
              CLUSTER,
              List.of(
                  new PortRule(List.of(new Port(DNS_PORT, "UDP"), new Port(DNS_PORT, "TCP"))))));
    }
    return egress;
  }

  private static List<PortRule> tcp(List<Integer> ports) {
    return List.of(new PortRule(ports.stream().map(p -> new Port(p.toString(), "TCP")).toList()));
  }
}
