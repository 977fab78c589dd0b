package dev.metricsserver.plan;

import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Gatherers;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A short list of CIDRs that contains every given address: the addresses themselves as long as they
 * are few, else the smallest prefixes that cover neighbours. So a NetworkPolicy stays small in a
 * cluster of thousands of nodes, and a node that joins between others changes nothing.
 */
final class CoveringPrefixes {

  /** How many CIDRs a list has at most, for each of IPv4 and IPv6. */
  static final int MOST = 48;

  /** An IPv4 address has four numbers: 10.1 is none, and certainly not 10.0.0.1. */
  private static final IPAddressStringParameters USUAL_NOTATION =
      new IPAddressStringParameters.Builder()
          .allowAll(false)
          .allowEmpty(false)
          .allowSingleSegment(false)
          .setRangeOptions(RangeParameters.NO_RANGE)
          .getIPv4AddressParametersBuilder()
          .allow_inet_aton(false)
          .allowLeadingZeros(false)
          .getParentBuilder()
          .toParams();

  private static final int AT_A_TIME = 256;

  /** A place between two blocks, and how much the blocks have in common. */
  private record Gap(int before, int commonPrefix) {}

  private CoveringPrefixes() {}

  /** An address or a CIDR, when the text is one. */
  static Optional<IPAddress> parse(String text) {
    return Optional.ofNullable(new IPAddressString(text, USUAL_NOTATION).getAddress());
  }

  /** Whether one of the prefixes contains an address; what is neither is in none. */
  static boolean contain(Collection<String> prefixes, String address) {
    return parse(address).stream()
        .anyMatch(a ->
            prefixes.stream()
                .flatMap(p -> parse(p).stream())
                .anyMatch(p -> p.toPrefixBlock().contains(a)));
  }

  /**
   * Covers addresses and CIDRs.
   *
   * @param addresses what must be contained; what is no address is passed over, since nothing can
   *     connect from it
   * @return CIDRs, IPv4 before IPv6, in order of address
   */
  static List<String> cover(Collection<String> addresses) {
    return Stream.concat(
            few(merged(addresses.stream().filter(a -> !a.contains(":")))).stream(),
            few(merged(addresses.stream().filter(a -> a.contains(":")))).stream())
        .map(CoveringPrefixes::cidr)
        .toList();
  }

  /**
   * The same addresses in as few blocks as possible, in order. Those of thousands of nodes take
   * megabytes as objects, so it starts with some of them at a time.
   */
  private static List<IPAddress> merged(Stream<String> addresses) {
    return merged(
        addresses
            .gather(Gatherers.windowFixed(AT_A_TIME))
            .flatMap(some ->
                merged(
                    some.stream()
                        .flatMap(a -> parse(a).stream())
                        .map(IPAddress::toPrefixBlock)
                        .toList())
                    .stream())
            .toList());
  }

  /** Joins the neighbours that have most in common until few enough are left. */
  private static List<IPAddress> few(List<IPAddress> blocks) {
    if (blocks.isEmpty()) {
      return List.of();
    }
    var starts =
        Stream.concat(
                Stream.of(0),
                IntStream.range(1, blocks.size())
                    .mapToObj(
                        i -> new Gap(i, join(blocks.get(i - 1), blocks.get(i)).getPrefixLength()))
                    .sorted(
                        Comparator.comparingInt(Gap::commonPrefix)
                            .thenComparing(Gap::before, Comparator.reverseOrder()))
                    .limit(MOST - 1)
                    .map(Gap::before)
                    .sorted())
            .toList();
    var joined = new ArrayList<IPAddress>();
    for (var i = 0; i < starts.size(); i++) {
      var end = i + 1 < starts.size() ? starts.get(i + 1) : blocks.size();
      joined.add(join(blocks.get(starts.get(i)), blocks.get(end - 1)));
    }
    return merged(joined);
  }

  private static List<IPAddress> merged(List<IPAddress> blocks) {
    return blocks.isEmpty()
        ? List.of()
        : List.of(blocks.getFirst().mergeToPrefixBlocks(blocks.toArray(IPAddress[]::new)));
  }

  private static IPAddress join(IPAddress one, IPAddress other) {
    return one.coverWithPrefixBlock(other);
  }

  private static String cidr(IPAddress block) {
    var length = block.isPrefixed() ? block.getPrefixLength() : block.getBitCount();
    return block.getLower().withoutPrefixLength().toCanonicalString() + "/" + length;
  }
}
