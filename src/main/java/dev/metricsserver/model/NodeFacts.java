package dev.metricsserver.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What matters of a node. Two nodes with equal facts lead to equal decisions, so an update that
 * leaves these as they are (a heartbeat, a list of images) is no news.
 *
 * @param tunnelAddresses addresses the node's network plugin uses as source towards pods
 * @param kubeletPort the port the node reports, 0 when it reports none
 * @param created when the Node object was made
 * @param readySince when it became ready; meaningless while it is not
 * @param providerID the node's name at its cloud, such as {@code kind://docker/kind/kind-worker}
 */
public record NodeFacts(
    String name,
    Map<String, String> labels,
    List<Address> addresses,
    List<String> podCIDRs,
    List<String> tunnelAddresses,
    List<Taint> taints,
    boolean ready,
    Instant readySince,
    int kubeletPort,
    Instant created,
    Software software,
    String providerID) {

  /**
   * What runs on the node.
   *
   * @param osImage the operating system's name for itself, such as {@code Talos (v1.13.2)}
   * @param kubeletVersion the kubelet's version with its distribution's suffix
   */
  public record Software(String osImage, String kubeletVersion) {}

  /** An address with its type, such as InternalIP. */
  public record Address(String type, String address) {
    /** Whether it is an IP address, and not a name. */
    public boolean isIP() {
      return type.endsWith("IP");
    }
  }

  /** A taint; {@code value} is empty when the taint has none. */
  public record Taint(String key, String value, String effect) {}

  /** The same, with each text in memory once however many nodes have it. */
  public NodeFacts shared() {
    return new NodeFacts(
        name.intern(),
        labels.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(e -> e.getKey().intern(), e -> e.getValue().intern())),
        addresses.stream().map(a -> new Address(a.type().intern(), a.address().intern())).toList(),
        podCIDRs,
        tunnelAddresses,
        taints,
        ready,
        readySince,
        kubeletPort,
        created,
        new Software(software.osImage().intern(), software.kubeletVersion().intern()),
        providerID);
  }

  /** Whether the node has all of these labels. */
  public boolean hasLabels(Map<String, String> wanted) {
    return labels.entrySet().containsAll(wanted.entrySet());
  }
}
