package dev.metricsserver.facts;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Node;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What matters of a node. Two nodes with equal facts lead to equal decisions, so an update that
 * leaves these as they are (a heartbeat, a list of images) is no news.
 *
 * @param tunnelAddresses addresses the node's network plugin uses as source towards pods
 * @param kubeletPort the port the node reports, 0 when it reports none
 * @param created when the Node object was made
 * @param osImage the operating system's name for itself, such as {@code Talos (v1.13.2)}
 * @param kubeletVersion the kubelet's version with its distribution's suffix
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
    String osImage,
    String kubeletVersion,
    String providerID) {

  /** Annotations by which Calico tells the addresses of its tunnels. */
  private static final List<String> TUNNEL_ANNOTATIONS =
      List.of(
          "projectcalico.org/IPv4IPIPTunnelAddr",
          "projectcalico.org/IPv4VXLANTunnelAddr",
          "projectcalico.org/IPv6VXLANTunnelAddr",
          "projectcalico.org/IPv4WireguardInterfaceAddr",
          "projectcalico.org/IPv6WireguardInterfaceAddr");

  /** An address with its type, such as InternalIP. */
  public record Address(String type, String address) {
    /** Whether it is an IP address, and not a name. */
    public boolean isIP() {
      return type.endsWith("IP");
    }
  }

  /** A taint; {@code value} is empty when the taint has none. */
  public record Taint(String key, String value, String effect) {}

  /** The facts of a node as the API server has it. */
  public static NodeFacts of(Node node) {
    var metadata = node.getMetadata();
    var spec = Optional.ofNullable(node.getSpec());
    var status = Optional.ofNullable(node.getStatus());
    var annotations = requireNonNullElse(metadata.getAnnotations(), Map.<String, String>of());
    var ready =
        status.stream()
            .flatMap(s -> s.getConditions().stream())
            .filter(c -> "Ready".equals(c.getType()))
            .findFirst();
    return new NodeFacts(
        metadata.getName(),
        Map.copyOf(requireNonNullElse(metadata.getLabels(), Map.of())),
        status.stream()
            .flatMap(s -> s.getAddresses().stream())
            .map(a -> new Address(a.getType(), a.getAddress()))
            .toList(),
        spec.map(s -> List.copyOf(s.getPodCIDRs())).orElse(List.of()),
        TUNNEL_ANNOTATIONS.stream()
            .map(annotations::get)
            .filter(a -> a != null && !a.isEmpty())
            .toList(),
        spec.stream()
            .flatMap(s -> s.getTaints().stream())
            .map(t -> new Taint(t.getKey(), requireNonNullElse(t.getValue(), ""), t.getEffect()))
            .toList(),
        ready.filter(c -> "True".equals(c.getStatus())).isPresent(),
        ready.flatMap(c -> Timestamps.parse(c.getLastTransitionTime())).orElse(Instant.EPOCH),
        status
            .map(s -> s.getDaemonEndpoints())
            .map(d -> d.getKubeletEndpoint())
            .map(e -> e.getPort())
            .orElse(0),
        Instant.parse(requireNonNullElse(metadata.getCreationTimestamp(), "1970-01-01T00:00:00Z")),
        status.map(s -> s.getNodeInfo()).map(i -> i.getOsImage()).orElse(""),
        status.map(s -> s.getNodeInfo()).map(i -> i.getKubeletVersion()).orElse(""),
        spec.map(s -> s.getProviderID()).orElse(""));
  }

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
        osImage.intern(),
        kubeletVersion.intern(),
        providerID);
  }

  /** Whether the node has all of these labels. */
  public boolean hasLabels(Map<String, String> wanted) {
    return labels.entrySet().containsAll(wanted.entrySet());
  }
}
