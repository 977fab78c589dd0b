package dev.metricsserver.model;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The IP addresses whose first bits are alike, written as a CIDR (RFC 4632, RFC 4291); one address
 * is a prefix of all its bits. Own code, because the library for it, with all it can do, takes 3 MB
 * of the operator's memory.
 *
 * @param start its first address as a number; what is given after the first bits counts as zero
 * @param length how many bits are alike
 * @param bits how many an address has: 32 or 128
 */
public record Prefix(BigInteger start, int length, int bits) implements Comparable<Prefix> {

  private static final String NUMBER = "(?:0|[1-9][0-9]{0,2})";

  /** Four numbers without leading zeros, or anything with a colon that is no scope and no port. */
  private static final Pattern NOTATION =
      Pattern.compile(
          "("
              + NUMBER
              + "(?:[.]"
              + NUMBER
              + "){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(?:/("
              + NUMBER
              + "))?");

  private static final Pattern ZEROS = Pattern.compile("\\b0(:0)+\\b");

  private static final Comparator<Prefix> IN_ORDER =
      Comparator.comparingInt(Prefix::bits)
          .thenComparing(Prefix::start)
          .thenComparingInt(Prefix::length);

  /** Its start is the first of its addresses. */
  public Prefix {
    var free = bits - length;
    start = start.shiftRight(free).shiftLeft(free);
  }

  /** One address alone. */
  public static Prefix of(InetAddress address) {
    var bytes = address.getAddress();
    var bits = bytes.length * Byte.SIZE;
    return new Prefix(new BigInteger(1, bytes), bits, bits);
  }

  /**
   * An address or a CIDR as Go reads it, when the text is one: an IPv4 address inside IPv6 is the
   * IPv4 address. Never asks a DNS server.
   */
  public static Optional<Prefix> parse(String text) {
    var notation = NOTATION.matcher(text);
    if (!notation.matches()) {
      return Optional.empty();
    }
    try {
      var address = of(InetAddress.ofLiteral(notation.group(1)));
      var length = notation.group(2) == null ? address.bits() : Integer.parseInt(notation.group(2));
      return Optional.of(length)
          .filter(l -> l <= address.bits())
          .map(l -> new Prefix(address.start(), l, address.bits()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whether these are IPv4 addresses. */
  public boolean isIPv4() {
    return bits == Integer.SIZE;
  }

  /** Whether all addresses of another one are among these. */
  public boolean contains(Prefix other) {
    return bits == other.bits
        && length <= other.length
        && start.equals(new Prefix(other.start, length, bits).start);
  }

  /** The smallest one that contains both, which are of the same family. */
  public Prefix join(Prefix other) {
    var common = bits - start.xor(other.start).bitLength();
    return new Prefix(start, Math.min(common, Math.min(length, other.length)), bits);
  }

  /** Its first address. */
  public InetAddress first() {
    var bytes = new byte[bits / Byte.SIZE];
    var number = start.toByteArray();
    var significant = Math.min(number.length, bytes.length);
    System.arraycopy(
        number, number.length - significant, bytes, bytes.length - significant, significant);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("neither 4 nor 16 bytes", e);
    }
  }

  /** Its first address as RFC 5952 wants it written. */
  public String address() {
    var text = first().getHostAddress();
    return ZEROS
        .matcher(text)
        .results()
        .max(Comparator.comparingInt(zeros -> zeros.group().length()))
        .filter(_ -> !isIPv4())
        .map(zeros -> shortened(text, zeros))
        .orElse(text);
  }

  private static String shortened(String text, MatchResult zeros) {
    var before = text.substring(0, Math.max(0, zeros.start() - 1));
    var after = text.substring(Math.min(text.length(), zeros.end() + 1));
    return before + "::" + after;
  }

  @Override
  public int compareTo(Prefix other) {
    return IN_ORDER.compare(this, other);
  }

  /** The CIDR. */
  @Override
  public String toString() {
    return address() + "/" + length;
  }
}
