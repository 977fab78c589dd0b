package dev.metricsserver.approval;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.model.Prefix;
import dev.metricsserver.reading.ServiceRangesReader.Ranges;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the MetricsServerConfig says about the cluster's addresses and names. Every entry narrows
 * what is approved, except that known ranges of Services replace guessed ones.
 *
 * @param networks every address of a node is in one of them; empty for no limit
 * @param domains every name of a node that has a dot is in one of them, in lower case; empty for no
 *     limit
 * @param serviceRanges the ranges of Services
 */
public record Limits(List<Prefix> networks, List<String> domains, List<Prefix> serviceRanges) {

  /** Without limits. */
  public static final Limits NONE = new Limits(List.of(), List.of(), List.of());

  /** No node has this address, so it stands for what is not a CIDR. */
  private static final Prefix NOWHERE = Prefix.parse("0.0.0.0").orElseThrow();

  /**
   * The limits of a specification. An entry that is not a CIDR contains no address; such a
   * specification approves nothing, and its limits serve recommendations only.
   */
  public static Limits of(KubeletSpec.Approval approval) {
    return new Limits(
        prefixes(approval.allowedCIDRs()),
        approval.allowedDomains(),
        prefixes(approval.serviceCIDRs()));
  }

  private static List<Prefix> prefixes(List<String> cidrs) {
    return cidrs.stream().map(cidr -> Prefix.parse(cidr).orElse(NOWHERE)).toList();
  }

  /** Why names or addresses of a request are outside of the limits, if one is. */
  Optional<Reason> violation(Set<String> names, Map<String, InetAddress> addresses) {
    return Stream.concat(
            addresses.entrySet().stream()
                .filter(address -> !contain(address.getValue()))
                .map(address -> Reason.of(Code.OutsideAllowedCIDRs, address.getKey())),
            names.stream()
                .filter(name -> !contain(name))
                .map(name -> Reason.of(Code.OutsideAllowedDomains, name)))
        .findFirst();
  }

  private boolean contain(InetAddress address) {
    var ip = Prefix.of(address);
    return networks.isEmpty() || networks.stream().anyMatch(network -> network.contains(ip));
  }

  /** A name without a dot can only be the Node's own, see {@link RequestedNames}. */
  private boolean contain(String name) {
    return domains.isEmpty()
        || name.indexOf('.') < 0
        || domains.stream().anyMatch(domain -> RequestedNames.isIn(name, domain));
  }

  /**
   * The ranges of Services: those that the API server reports together with the specified ones. In
   * place of guessed ranges the specified ones are exact, if they fit the {@code kubernetes}
   * Service, whose address is the first of its range in every cluster.
   */
  Ranges serviceRanges(Ranges read) {
    if (serviceRanges.isEmpty()) {
      return read;
    }
    var specified = serviceRanges.stream().map(Prefix::toString);
    return !read.exact() && read.cidrs().stream().allMatch(this::isSpecified)
        ? new Ranges(specified.toList(), true)
        : new Ranges(Stream.concat(read.cidrs().stream(), specified).toList(), read.exact());
  }

  private boolean isSpecified(String guessed) {
    var largest = Prefix.parse(guessed).orElseThrow();
    var first = Prefix.of(largest.first());
    return serviceRanges.stream().anyMatch(range -> range.contains(first));
  }
}
