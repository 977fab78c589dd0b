package dev.metricsserver.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The names in certificates, and whether they cover an address by the rules of Go's x509. */
public final class SubjectNames {

  /** A DNS name as Go accepts it; the left-most label of a pattern may be a wildcard. */
  private static final String LABEL = "[a-z0-9_][a-z0-9_-]*";

  private static final Pattern HOST = Pattern.compile(LABEL + "([.]" + LABEL + ")*");
  private static final Pattern WILDCARD = Pattern.compile("[*]([.]" + LABEL + ")+");

  private SubjectNames() {}

  /** The canonical form of an IP address; none when it is a name. */
  public static Optional<String> ip(String text) {
    return text.contains("/") ? Optional.empty() : Prefix.parse(text).map(Prefix::address);
  }

  /** Whether one of the names covers the address that is dialled. */
  public static boolean cover(List<String> names, String address) {
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
}
