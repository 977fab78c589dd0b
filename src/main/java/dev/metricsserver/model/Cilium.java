package dev.metricsserver.model;

/**
 * What the cluster has of Cilium.
 *
 * @param runs whether it runs the network of today's nodes
 * @param policies whether there are CiliumNetworkPolicies, wanted or not: their definition outlives
 *     Cilium, and some clusters that run it do without
 */
public record Cilium(boolean runs, boolean policies) {

  /** Nothing of it. */
  public static final Cilium NONE = new Cilium(false, false);
}
