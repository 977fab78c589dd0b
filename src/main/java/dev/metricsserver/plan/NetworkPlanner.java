package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MonitoringSpec;
import dev.metricsserver.api.MonitoringSpec.Prometheus;
import dev.metricsserver.api.NetworkPolicySpec.Mode;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.Prefix;
import dev.metricsserver.plan.MonitoringPlan.ServiceAccountName;
import dev.metricsserver.plan.NetworkPlan.CiliumPlan;
import dev.metricsserver.plan.NetworkPlan.CiliumRules;
import dev.metricsserver.plan.NetworkPlan.Destination;
import dev.metricsserver.plan.NetworkPlan.NetworkRules;
import dev.metricsserver.plan.Reason.NetworkReason;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides which connections to and from metrics-server the network policy allows. */
final class NetworkPlanner {

  private static final List<String> ANYWHERE = List.of("0.0.0.0/0", "::/0");

  /** The ports before and after translation of the Service address. */
  private static final List<Integer> USUAL_API_SERVER_PORTS = List.of(443, 6443);

  private static final List<String> NODE_IPS = List.of("InternalIP", "ExternalIP");

  /** Of one node and type: two families, and a second network. */
  private static final int MAX_ADDRESSES = 4;

  private final MetricsServerConfigSpec spec;
  private final ClusterFacts facts;
  private final KubeletPlanner kubelets;
  private final NetworkReason reason;

  NetworkPlanner(MetricsServerConfigSpec spec, ClusterFacts facts, KubeletPlanner kubelets) {
    this.spec = spec;
    this.facts = facts;
    this.kubelets = kubelets;
    this.reason = decide();
  }

  NetworkPlan plan() {
    return new NetworkPlan(reason, rules(), cilium());
  }

  private NetworkReason decide() {
    if (spec.networkPolicy().mode() == Mode.Disabled) {
      return NetworkReason.Disabled;
    }
    if (spec.hostNetwork()) {
      return NetworkReason.HostNetwork;
    }
    if (byCilium() && !facts.cilium().policies()) {
      return spec.networkPolicy().mode() == Mode.Cilium
          ? NetworkReason.CiliumMissing
          : NetworkReason.CiliumWithoutPolicies;
    }
    return strict() ? NetworkReason.Strict : NetworkReason.Open;
  }

  private boolean byCilium() {
    return switch (spec.networkPolicy().mode()) {
      case Cilium -> true;
      case Auto -> facts.cilium().runs();
      case Kubernetes, Disabled -> false;
    };
  }

  private CiliumPlan cilium() {
    var rules =
        byCilium() && reason.isPolicy()
            ? Optional.of(
                new CiliumRules(
                    reason == NetworkReason.Open,
                    spec.networkPolicy().controlPlaneCIDRs(),
                    prometheus().map(Prometheus::namespace),
                    kubeletPorts(),
                    apiServers().stream().map(Destination::port).toList(),
                    kubelets.namesDialled()))
            : Optional.<CiliumRules>empty();
    return new CiliumPlan(facts.cilium().policies(), rules);
  }

  private Optional<NetworkRules> rules() {
    return byCilium() ? Optional.empty() : kubernetesRules();
  }

  private Optional<NetworkRules> kubernetesRules() {
    return switch (reason) {
      case Strict -> Optional.of(rules(clients()));
      case Open -> Optional.of(rules(List.of()));
      case Disabled, HostNetwork, CiliumMissing, CiliumWithoutPolicies -> Optional.empty();
    };
  }

  private NetworkRules rules(List<String> clients) {
    return new NetworkRules(
        clients,
        clients.isEmpty() ? Optional.empty() : prometheus().map(Prometheus::namespace),
        kubelets(),
        kubeletPorts(),
        apiServers(),
        kubelets.namesDialled());
  }

  private Optional<Prometheus> prometheus() {
    return Optional.ofNullable(spec.monitoring().prometheus());
  }

  /** No ServiceMonitor where the policy blocks Prometheus: its target would raise an alert. */
  MonitoringPlan monitoring() {
    var monitoring = spec.monitoring();
    var kinds = facts.prometheus();
    var wanted = kinds.serviceMonitors() && monitoring.serviceMonitor() == MonitoringSpec.Mode.Auto;
    var shutOut = reason == NetworkReason.Strict && prometheus().isEmpty();
    return new MonitoringPlan(
        kinds,
        wanted && !shutOut,
        wanted && shutOut,
        kinds.rules() && monitoring.prometheusRule() == MonitoringSpec.Mode.Auto,
        monitoring.labels(),
        prometheus()
            .filter(p -> p.serviceAccountName() != null)
            .map(p -> new ServiceAccountName(p.namespace(), p.serviceAccountName())));
  }

  private boolean strict() {
    if (!spec.networkPolicy().controlPlaneCIDRs().isEmpty()) {
      return true;
    }
    var nodes = addressesOfNodes().collect(Collectors.toSet());
    return !facts.apiServers().endpoints().isEmpty()
        && facts.apiServers().endpoints().stream().map(Endpoint::address).allMatch(nodes::contains);
  }

  /**
   * The API servers, and the source addresses that their packets can have after a node forwarded
   * them: the node's addresses, the network and first address of its pod CIDR (flannel's tunnel, a
   * bridge), and Calico's tunnels.
   */
  private List<String> clients() {
    var sources =
        Stream.of(
                spec.networkPolicy().controlPlaneCIDRs().stream(),
                facts.apiServers().endpoints().stream().map(Endpoint::address),
                addressesOfNodes(),
                facts.nodes().stream().map(NodeFacts::tunnelAddresses).flatMap(List::stream),
                facts.nodes().stream()
                    .map(NodeFacts::podCIDRs)
                    .flatMap(List::stream)
                    .flatMap(NetworkPlanner::firstTwo))
            .flatMap(s -> s);
    return CoveringPrefixes.cover(sources.toList());
  }

  /** Any address while no Node address is known, so that scrapes are not blocked. */
  private List<String> kubelets() {
    var addresses = addressesOfNodes().toList();
    return addresses.isEmpty() ? ANYWHERE : CoveringPrefixes.cover(addresses);
  }

  private List<Integer> kubeletPorts() {
    var ports = facts.nodes().stream().map(kubelets::port).distinct().sorted().toList();
    return ports.isEmpty() ? List.of(KubeletPlanner.KUBELET_PORT) : ports;
  }

  /**
   * Service address and endpoints: network plugins differ in whether they filter before or after
   * address translation.
   */
  private List<Destination> apiServers() {
    if (facts.apiServers().service().isEmpty() && facts.apiServers().endpoints().isEmpty()) {
      return USUAL_API_SERVER_PORTS.stream().map(port -> new Destination(ANYWHERE, port)).toList();
    }
    var byPort = new TreeMap<Integer, TreeSet<String>>();
    Stream.concat(facts.apiServers().service().stream(), facts.apiServers().endpoints().stream())
        .forEach(e -> byPort.computeIfAbsent(e.port(), p -> new TreeSet<>()).add(e.address()));
    return byPort.entrySet().stream()
        .map(e -> new Destination(CoveringPrefixes.cover(e.getValue()), e.getKey()))
        .toList();
  }

  private Stream<String> addressesOfNodes() {
    return facts.nodes().stream().flatMap(NetworkPlanner::addresses);
  }

  /** Bounded, so that one node's status cannot widen the prefixes of all. */
  private static Stream<String> addresses(NodeFacts node) {
    return NODE_IPS.stream()
        .flatMap(type ->
            node.addresses().stream()
                .filter(address -> address.type().equals(type))
                .map(Address::address)
                .limit(MAX_ADDRESSES));
  }

  private static Stream<String> firstTwo(String cidr) {
    return Prefix.parse(cidr).stream()
        .flatMap(block ->
            Stream.of(block.start(), block.start().add(BigInteger.ONE))
                .map(start -> new Prefix(start, block.bits(), block.bits()).address()));
  }
}
