package dev.metricsserver.plan;

import dev.metricsserver.model.Prefix;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Covers addresses with a short list of CIDRs: the addresses themselves while they are few,
 * otherwise the smallest prefixes that cover neighbours. This keeps a NetworkPolicy small in a
 * cluster of thousands of nodes, and a node that joins between others does not change it.
 */
final class CoveringPrefixes {

  /** The most CIDRs in a list, for each of IPv4 and IPv6. */
  static final int MOST = 48;

  /** A gap between two blocks, and how many leading bits the blocks have in common. */
  private record Gap(int before, int commonPrefix) {}

  private CoveringPrefixes() {}

  /** Whether one of the prefixes contains an address; an invalid address is in none. */
  static boolean contain(Collection<String> prefixes, String address) {
    return Prefix.parse(address).stream()
        .anyMatch(a ->
            prefixes.stream().flatMap(p -> Prefix.parse(p).stream()).anyMatch(p -> p.contains(a)));
  }

  /**
   * Covers addresses and CIDRs.
   *
   * @param addresses the addresses to contain; invalid ones are ignored, since nothing can connect
   *     from them
   * @return CIDRs, IPv4 before IPv6, in order of address
   */
  static List<String> cover(Collection<String> addresses) {
    var byFamily =
        addresses.stream()
            .flatMap(a -> Prefix.parse(a).stream())
            .collect(Collectors.partitioningBy(Prefix::isIPv4));
    return Stream.of(true, false)
        .flatMap(family -> few(merged(byFamily.get(family))).stream())
        .map(Prefix::toString)
        .toList();
  }

  /** The same addresses in as few blocks as possible, in order. */
  private static List<Prefix> merged(List<Prefix> blocks) {
    var merged = new ArrayDeque<Prefix>();
    for (var block : blocks.stream().sorted().toList()) {
      if (merged.isEmpty() || !merged.getLast().contains(block)) {
        var next = block;
        while (!merged.isEmpty() && areHalves(merged.getLast(), next)) {
          next = merged.removeLast().join(next);
        }
        merged.addLast(next);
      }
    }
    return List.copyOf(merged);
  }

  private static boolean areHalves(Prefix one, Prefix other) {
    return one.length() == other.length() && one.join(other).length() == one.length() - 1;
  }

  /** Joins the neighbours with the longest common prefix until few enough are left. */
  private static List<Prefix> few(List<Prefix> blocks) {
    if (blocks.isEmpty()) {
      return List.of();
    }
    var starts =
        Stream.concat(
                Stream.of(0),
                IntStream.range(1, blocks.size())
                    .mapToObj(i -> new Gap(i, blocks.get(i - 1).join(blocks.get(i)).length()))
                    .sorted(
                        Comparator.comparingInt(Gap::commonPrefix)
                            .thenComparing(Gap::before, Comparator.reverseOrder()))
                    .limit(MOST - 1)
                    .map(Gap::before)
                    .sorted())
            .toList();
    var joined = new ArrayList<Prefix>();
    for (var i = 0; i < starts.size(); i++) {
      var end = i + 1 < starts.size() ? starts.get(i + 1) : blocks.size();
      joined.add(blocks.get(starts.get(i)).join(blocks.get(end - 1)));
    }
    return merged(joined);
  }
}
