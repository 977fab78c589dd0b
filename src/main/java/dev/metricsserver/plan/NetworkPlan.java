package dev.metricsserver.plan;

import dev.metricsserver.plan.Reason.NetworkReason;
import java.util.List;
import java.util.Optional;

/**
 * Which connections of the pods the network policy allows.
 *
 * @param reason why the policy is as it is, or why there is none
 * @param kubernetes the rules of the NetworkPolicy; empty for no NetworkPolicy
 * @param cilium the CiliumNetworkPolicy
 */
public record NetworkPlan(
    NetworkReason reason, Optional<NetworkRules> kubernetes, CiliumPlan cilium) {

  /**
   * The rules of a NetworkPolicy.
   *
   * @param clients the CIDRs that may connect to the metrics port; empty for any address
   * @param clientNamespace the namespace whose pods may connect too
   * @param kubelets the addresses of the nodes, as CIDRs
   * @param kubeletPorts the TCP ports of the kubelets
   * @param apiServers the API servers, one rule for each port
   * @param dns whether metrics-server looks up names
   */
  public record NetworkRules(
      List<String> clients,
      Optional<String> clientNamespace,
      List<String> kubelets,
      List<Integer> kubeletPorts,
      List<Destination> apiServers,
      boolean dns) {

    /** Whether an address may connect to the metrics port. */
    public boolean admits(String address) {
      return clients.isEmpty() || CoveringPrefixes.contain(clients, address);
    }
  }

  /**
   * The CiliumNetworkPolicy.
   *
   * @param known whether the cluster has the kind, so that an unwanted policy is looked for
   * @param rules its rules; empty for no policy
   */
  public record CiliumPlan(boolean known, Optional<CiliumRules> rules) {}

  /**
   * The rules of a CiliumNetworkPolicy.
   *
   * @param open whether any client may connect to the metrics port
   * @param controlPlaneCIDRs clients beside the nodes and API servers that Cilium knows
   * @param clientNamespace the namespace whose pods may connect too
   * @param kubeletPorts the TCP ports of the kubelets
   * @param apiServerPorts the TCP ports of the API servers and of their Service
   * @param dns whether metrics-server looks up names
   */
  public record CiliumRules(
      boolean open,
      List<String> controlPlaneCIDRs,
      Optional<String> clientNamespace,
      List<Integer> kubeletPorts,
      List<Integer> apiServerPorts,
      boolean dns) {}

  /** CIDRs and a TCP port. */
  public record Destination(List<String> cidrs, int port) {}
}
