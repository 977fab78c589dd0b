package dev.metricsserver.approval;

import dev.metricsserver.model.Prefix;
import dev.metricsserver.model.SubjectNames;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The state of the cluster on which the decision about a request depends.
 *
 * @param limits what the MetricsServerConfig says about the cluster
 */
public record ClusterContext(
    APIServers apiServers, Services services, Names names, Nodes nodes, Limits limits) {

  /**
   * The API servers. A machine with one of these names or addresses in its certificate can
   * impersonate them.
   *
   * @param addresses addresses of the endpoints of the {@code kubernetes} Service, by their
   *     canonical text
   * @param names the names and addresses in the API servers' serving certificates, see {@link
   *     SubjectNames}
   */
  public record APIServers(Set<String> addresses, List<String> names) {

    /** API servers with addresses as the API server has them. */
    public static APIServers of(Collection<String> addresses, Collection<String> names) {
      return new APIServers(
          addresses.stream().map(Addresses::canonical).collect(Collectors.toUnmodifiableSet()),
          List.copyOf(names));
    }

    boolean areKnown() {
      return !addresses.isEmpty() && !names.isEmpty();
    }

    boolean have(String address) {
      return addresses.contains(address) || SubjectNames.cover(names, address);
    }
  }

  /**
   * The addresses of Services.
   *
   * @param ranges the address ranges of Services
   * @param exact whether the ranges are known; else they are the largest possible ones
   * @param loadBalancers the Service, as namespace/name, that has an address or name in its {@code
   *     status.loadBalancer}, by the canonical text of that
   */
  public record Services(List<Prefix> ranges, boolean exact, Map<String, String> loadBalancers) {

    /**
     * Services with ranges as the API server has them.
     *
     * @throws IllegalArgumentException if a range is not a CIDR
     */
    public static Services of(
        Collection<String> ranges, boolean exact, Map<String, String> loadBalancers) {
      return new Services(
          ranges.stream()
              .map(cidr ->
                  Prefix.parse(cidr)
                      .orElseThrow(() -> new IllegalArgumentException("not a CIDR: " + cidr)))
              .toList(),
          exact,
          loadBalancers);
    }

    boolean contain(InetAddress address) {
      var ip = Prefix.of(address);
      return ranges.stream().anyMatch(range -> range.contains(ip));
    }
  }

  /**
   * What DNS names of Services and pods end with.
   *
   * @param domains the cluster's DNS domains, such as {@code cluster.local}, in lower case
   * @param namespaces the names of the namespaces
   */
  public record Names(Set<String> domains, Set<String> namespaces) {

    /** Longest name of a pod that is completed by a search domain: POD.SERVICE.NAMESPACE. */
    private static final int MAX_LABELS = 3;

    private static final Pattern DOT = Pattern.compile("\\.");

    /** Names with domains in any case. */
    public static Names of(Collection<String> domains, Collection<String> namespaces) {
      return new Names(
          domains.stream()
              .map(domain -> domain.toLowerCase(Locale.ROOT))
              .collect(Collectors.toUnmodifiableSet()),
          Set.copyOf(namespaces));
    }

    boolean areInClusterDomain(String name) {
      return domains.stream().anyMatch(domain -> RequestedNames.isIn(name, domain));
    }

    /** The namespace to which a client's search domains can complete a name. */
    Optional<String> namespace(String name) {
      var labels = DOT.split(name, -1);
      return labels.length > 1
              && labels.length <= MAX_LABELS
              && namespaces.contains(labels[labels.length - 1])
          ? Optional.of(labels[labels.length - 1])
          : Optional.empty();
    }
  }

  /**
   * The Nodes.
   *
   * @param claimants the names of the Nodes whose status contains an address or name, by its
   *     canonical text
   * @param podNetworks the names of the Nodes whose pods have their addresses in a network, see
   *     {@link Addresses#podNetworks}
   */
  public record Nodes(
      Function<String, ? extends Collection<String>> claimants,
      Function<String, ? extends Collection<String>> podNetworks) {

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
  }
}
