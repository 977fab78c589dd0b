package dev.metricsserver.plan;

import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A short list of CIDRs that contains every given address: the addresses themselves as long as they
 * are few, else the smallest prefixes that cover neighbours. So a NetworkPolicy stays small in a
 * cluster of thousands of nodes, and a node that joins between others changes nothing.
 */
final class CoveringPrefixes {

  /** How many CIDRs a list has at most, for each of IPv4 and IPv6. */
  static final int MOST = 48;

  private CoveringPrefixes() {}

  /**
   * Covers addresses and CIDRs.
   *
   * @param addresses what must be contained; what is no address is passed over, since nothing can
   *     connect from it
   * @return CIDRs, IPv4 before IPv6, in order of address
   */
  static List<String> cover(Collection<String> addresses) {
    var parsed =
        addresses.stream()
            .map(a -> new IPAddressString(a).getAddress())
            .filter(Objects::nonNull)
            .map(IPAddress::toPrefixBlock)
            .toList();
    return Stream.concat(
            few(parsed.stream().filter(IPAddress::isIPv4).toList()).stream(),
            few(parsed.stream().filter(IPAddress::isIPv6).toList()).stream())
        .map(CoveringPrefixes::cidr)
        .toList();
  }

  /** Joins the neighbours with the longest common prefix until few enough are left. */
  private static List<IPAddress> few(List<IPAddress> addresses) {
    if (addresses.isEmpty()) {
      return List.of();
    }
    var sorted = new TreeSet<IPAddress>(Comparator.comparing(IPAddress::getLower));
    var first = addresses.getFirst();
    sorted.addAll(List.of(first.mergeToPrefixBlocks(addresses.toArray(IPAddress[]::new))));
    var blocks = new ArrayList<>(sorted);
    while (blocks.size() > MOST) {
      var best = 0;
      var longest = -1;
      for (var i = 0; i + 1 < blocks.size(); i++) {
        var length = join(blocks.get(i), blocks.get(i + 1)).getPrefixLength();
        if (length > longest) {
          longest = length;
          best = i;
        }
      }
      var joined = join(blocks.get(best), blocks.get(best + 1));
      blocks.removeIf(joined::contains);
      blocks.add(best, joined);
    }
    return blocks;
  }

  private static IPAddress join(IPAddress one, IPAddress other) {
    return one.coverWithPrefixBlock(other);
  }

  private static String cidr(IPAddress block) {
    var length = block.isPrefixed() ? block.getPrefixLength() : block.getBitCount();
    return block.getLower().withoutPrefixLength().toCanonicalString() + "/" + length;
  }
}
