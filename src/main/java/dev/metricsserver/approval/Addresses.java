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

/** The canonical text of addresses and names, so that equal ones are equal as text. */
public final class Addresses {

  /** The shortest prefixes of networks of pods that are taken into account. */
  private static final int MIN_IPV4 = 8;

  private static final int MIN_IPV6 = 32;

  private Addresses() {}

  /**
   * Returns the canonical text of an IP address or DNS name.
   *
   * @param text any text; a text that is not an IP address is taken as a name
   */
  public static String canonical(String text) {
    return ip(text).map(InetAddress::getHostAddress).orElseGet(() -> text.toLowerCase(Locale.ROOT));
  }

  /** Returns the name of a Node and the addresses and names in its status. */
  public static List<String> claimedBy(NodeFacts node) {
    return Stream.concat(
            Stream.of(node.name()), node.addresses().stream().map(NodeFacts.Address::address))
        .map(Addresses::canonical)
        .distinct()
        .toList();
  }

  /**
   * The networks of a node's pods, in the form of {@link #networksAround}. Networks that are larger
   * than any cluster's are ignored: with 0.0.0.0/0 a node would claim every address.
   */
  public static List<String> podNetworks(NodeFacts node) {
    return node.podCIDRs().stream()
        .flatMap(cidr -> Prefix.parse(cidr).stream())
        .filter(network -> network.length() >= (network.isIPv4() ? MIN_IPV4 : MIN_IPV6))
        .map(network -> network(network.first().getAddress(), network.length()))
        .toList();
  }

  /** Returns the text of every network that contains an address, to find networks by their text. */
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

  /** IPv4-mapped IPv6 addresses are treated as IPv4. Never resolves names. */
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
