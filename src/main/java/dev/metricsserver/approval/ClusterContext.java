package dev.metricsserver.approval;

import dev.metricsserver.model.Prefix;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The state of the cluster on which the decision about a request depends.
 *
 * @param serviceRanges the address ranges of Services
 * @param apiServers addresses of the endpoints of the {@code kubernetes} Service
 * @param domains the cluster's DNS domains, such as {@code cluster.local}
 * @param claimants the names of the Nodes whose status contains an address or name, by its
 *     canonical text
 * @param podNetworks the names of the Nodes whose pods have their addresses in a network, see
 *     {@link Addresses#podNetworks}
 */
public record ClusterContext(
    List<Prefix> serviceRanges,
    Set<String> apiServers,
    Set<String> domains,
    Function<String, ? extends Collection<String>> claimants,
    Function<String, ? extends Collection<String>> podNetworks) {

  /**
   * The context from text as the API server has it.
   *
   * @throws IllegalArgumentException if a service range is not a CIDR
   */
  public static ClusterContext of(
      Collection<String> serviceRanges,
      Collection<String> apiServers,
      Collection<String> domains,
      Function<String, ? extends Collection<String>> claimants,
      Function<String, ? extends Collection<String>> podNetworks) {
    return new ClusterContext(
        serviceRanges.stream().map(ClusterContext::range).toList(),
        apiServers.stream().map(Addresses::canonical).collect(Collectors.toUnmodifiableSet()),
        domains.stream()
            .map(domain -> domain.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet()),
        claimants,
        podNetworks);
  }

  private static Prefix range(String cidr) {
    return Prefix.parse(cidr)
        .orElseThrow(() -> new IllegalArgumentException("not a CIDR: " + cidr));
  }

  /** A Node other than {@code node} whose status contains an address or name. */
  Optional<String> otherClaimant(String address, String node) {
    Collection<String> names = claimants.apply(address);
    return names.stream().filter(name -> !name.equals(node)).sorted().findFirst();
  }

  /** A Node other than {@code node} whose pods have addresses such as this. */
  Optional<String> otherPodNetwork(InetAddress address, String node) {
    return Addresses.networksAround(address).stream()
        .flatMap(network -> podNetworks.apply(network).stream())
        .filter(name -> !name.equals(node))
        .sorted()
        .findFirst();
  }

  boolean isServiceAddress(InetAddress address) {
    var ip = Prefix.of(address);
    return serviceRanges.stream().anyMatch(range -> range.contains(ip));
  }

  boolean isInClusterDomain(String name) {
    return domains.stream().anyMatch(domain -> RequestedNames.isIn(name, domain));
  }
}
