package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.NetworkPlan.NetworkRules;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The NetworkPolicy: the allowed connections to and from metrics-server. */
public final class Network {

  private static final int DNS_PORT = 53;

  private Network() {}

  /** The NetworkPolicy; empty if the plan has no rules for one. */
  public static Optional<NetworkPolicy> policy(MetricsServerPlan plan) {
    return plan.network().kubernetes().map(rules -> policy(plan, rules));
  }

  private static NetworkPolicy policy(MetricsServerPlan plan, NetworkRules rules) {
    return new NetworkPolicyBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.NETWORK_POLICY))
        .withNewSpec()
        .withPodSelector(new LabelSelectorBuilder().withMatchLabels(Names.PODS).build())
        .withPolicyTypes("Ingress", "Egress")
        .addNewIngress()
        .withFrom(clients(rules))
        .withPorts(port("TCP", plan.pod().port()))
        .endIngress()
        .withEgress(egress(rules))
        .endSpec()
        .build();
  }

  private static List<NetworkPolicyEgressRule> egress(NetworkRules rules) {
    var egress = new ArrayList<NetworkPolicyEgressRule>();
    if (!rules.kubelets().isEmpty()) {
      egress.add(
          new NetworkPolicyEgressRuleBuilder()
              .withTo(peers(rules.kubelets()))
              .withPorts(rules.kubeletPorts().stream().map(p -> port("TCP", p)).toList())
              .build());
    }
    rules
        .apiServers()
        .forEach(server ->
            egress.add(
                new NetworkPolicyEgressRuleBuilder()
                    .withTo(peers(server.cidrs()))
                    .withPorts(port("TCP", server.port()))
                    .build()));
    if (rules.dns()) {
      egress.add(
          new NetworkPolicyEgressRuleBuilder()
              .withPorts(port("UDP", DNS_PORT), port("TCP", DNS_PORT))
              .build());
    }
    return egress;
  }

  private static List<NetworkPolicyPeer> clients(NetworkRules rules) {
    return Stream.concat(
            peers(rules.clients()).stream(),
            rules.clientNamespace().stream().map(Network::namespace))
        .toList();
  }

  private static NetworkPolicyPeer namespace(String name) {
    return new NetworkPolicyPeerBuilder()
        .withNamespaceSelector(
            new LabelSelectorBuilder()
                .addToMatchLabels("kubernetes.io/metadata.name", name)
                .build())
        .build();
  }

  private static List<NetworkPolicyPeer> peers(List<String> cidrs) {
    return cidrs.stream()
        .map(c -> new NetworkPolicyPeerBuilder().withNewIpBlock().withCidr(c).endIpBlock().build())
        .toList();
  }

  private static NetworkPolicyPort port(String protocol, int port) {
    return new NetworkPolicyPortBuilder()
        .withProtocol(protocol)
        .withPort(new IntOrString(port))
        .build();
  }
}
