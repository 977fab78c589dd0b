package dev.metricsserver.approval;

import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.Prefix;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Addresses and names in one spelling each, so that equal ones are equal as text. */
public final class Addresses {

  private Addresses() {}

  /**
   * The one spelling of an IP address or DNS name.
   *
   * @param text as somebody wrote it; what is no IP address counts as a name
   */
  public static String canonical(String text) {
    return ip(text).map(InetAddress::getHostAddress).orElseGet(() -> text.toLowerCase(Locale.ROOT));
  }

  /** What a node answers to by its own account, its name included. */
  public static List<String> claimedBy(NodeFacts node) {
    return Stream.concat(
            Stream.of(node.name()), node.addresses().stream().map(NodeFacts.Address::address))
        .map(Addresses::canonical)
        .distinct()
        .toList();
  }

  /** The networks of a node's pods, as {@link #networksAround} spells them. */
  public static List<String> podNetworks(NodeFacts node) {
    return node.podCIDRs().stream()
        .flatMap(cidr -> Prefix.parse(cidr).stream())
        .map(network -> network(network.first().getAddress(), network.length()))
        .toList();
  }

  /** All networks in which an address is, so that the right ones can be found by their spelling. */
  static List<String> networksAround(InetAddress address) {
    var bytes = address.getAddress();
    return IntStream.rangeClosed(0, bytes.length * Byte.SIZE)
        .mapToObj(length -> network(bytes, length))
        .toList();
  }

  private static String network(byte[] address, int length) {
    var network = Arrays.copyOf(address, (length + Byte.SIZE - 1) / Byte.SIZE);
    if (length % Byte.SIZE != 0) {
      network[network.length - 1] &= (byte) (0xff00 >> (length % Byte.SIZE));
    }
    return HexFormat.of().formatHex(network) + "/" + length + " of " + address.length;
  }

  /** Never asks a DNS server. An IPv4 address in IPv6 clothes is the IPv4 address. */
  private static Optional<InetAddress> ip(String text) {
    var mayBe =
        text.indexOf(':') >= 0 || text.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    if (!mayBe || text.indexOf('%') >= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
