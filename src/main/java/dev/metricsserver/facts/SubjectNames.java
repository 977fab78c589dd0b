package dev.metricsserver.facts;

import inet.ipaddr.AddressStringParameters.RangeParameters;
import inet.ipaddr.IPAddress;
import inet.ipaddr.IPAddressString;
import inet.ipaddr.IPAddressStringParameters;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The names in certificates, and whether they cover an address by the rules of Go's x509. */
final class SubjectNames {

  /** As Go reads it: four numbers without leading zeros, or IPv6 without a zone; no prefix. */
  private static final IPAddressStringParameters NOTATION =
      new IPAddressStringParameters.Builder()
          .allowAll(false)
          .allowEmpty(false)
          .allowSingleSegment(false)
          .allowPrefix(false)
          .allowMask(false)
          .setRangeOptions(RangeParameters.NO_RANGE)
          .getIPv6AddressParametersBuilder()
          .allowZone(false)
          .getParentBuilder()
          .getIPv4AddressParametersBuilder()
          .allow_inet_aton(false)
          .allowLeadingZeros(false)
          .getParentBuilder()
          .toParams();

  /** A DNS name as Go accepts it; the left-most label of a pattern may be a wildcard. */
  private static final String LABEL = "[a-z0-9_][a-z0-9_-]*";

  private static final Pattern HOST = Pattern.compile(LABEL + "([.]" + LABEL + ")*");
  private static final Pattern WILDCARD = Pattern.compile("[*]([.]" + LABEL + ")+");

  private SubjectNames() {}

  /** The canonical form of an IP address; none when it is a name. */
  static Optional<String> ip(String text) {
    return Optional.ofNullable(new IPAddressString(text, NOTATION).getAddress())
        .map(SubjectNames::unmapped)
        .map(IPAddress::toCanonicalString);
  }

  /** Whether one of the names covers the address that is dialled. */
  static boolean cover(List<String> names, String address) {
    // As good as always, and a hundred times faster than to read the address.
    if (names.contains(address) && HOST.matcher(address).matches()) {
      return true;
    }
    return ip(address)
        .map(names::contains)
        .orElseGet(() -> names.stream().anyMatch(name -> coversName(name, address)));
  }

  private static boolean coversName(String name, String address) {
    var host = address.toLowerCase(Locale.ROOT);
    var relative = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    if (!HOST.matcher(relative).matches()) {
      return !host.isEmpty() && !host.equals(".") && host.equals(name);
    }
    if (WILDCARD.matcher(name).matches()) {
      var dot = relative.indexOf('.');
      return dot > 0 && relative.substring(dot).equals(name.substring(1));
    }
    return HOST.matcher(name).matches() ? relative.equals(name) : host.equals(name);
  }

  /** Go takes an IPv4 address and the same one inside IPv6 for equal. */
  private static IPAddress unmapped(IPAddress address) {
    return address.isIPv6() && address.toIPv6().isIPv4Mapped()
        ? address.toIPv6().getEmbeddedIPv4Address()
        : address;
  }
}
