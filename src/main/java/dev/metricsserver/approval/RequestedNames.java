package dev.metricsserver.approval;

import static dev.metricsserver.approval.CanonicalDER.oid;
import static dev.metricsserver.approval.CanonicalDER.sequence;
import static dev.metricsserver.approval.CanonicalDER.tagged;
import static dev.metricsserver.approval.RequestRejectedException.require;

import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.Verdict.Rule;
import dev.metricsserver.model.Prefix;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * The DNS names and IP addresses in a request, all of which a node can have. Other extensions are
 * rejected, unless they have the value that the signer uses anyway.
 *
 * @param names in lower case
 * @param addresses by their canonical text
 */
record RequestedNames(Set<String> names, Map<String, InetAddress> addresses) {

  private static final ASN1ObjectIdentifier EXTENSION_REQUEST =
      new ASN1ObjectIdentifier("1.2.840.113549.1.9.14");
  private static final ASN1ObjectIdentifier SUBJECT_ALTERNATIVE_NAME =
      new ASN1ObjectIdentifier("2.5.29.17");
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  /** Extensions that do not change what the signer writes, with all their allowed values. */
  private static final Map<ASN1ObjectIdentifier, Set<String>> HARMLESS =
      Map.of(
          // Key usage: digital signature and key encipherment, or one of them.
          new ASN1ObjectIdentifier("2.5.29.15"), Set.of("030205a0", "03020780", "03020520"),
          // Extended key usage: server auth.
          new ASN1ObjectIdentifier("2.5.29.37"), Set.of("300a06082b06010505070301"),
          // Basic constraints: no CA.
          new ASN1ObjectIdentifier("2.5.29.19"), Set.of("3000"));

  /** IPv4-compatible, NAT64 (RFC 6052, RFC 8215) and 6to4: they can lead to a Service. */
  private static final List<Prefix> TRANSLATED =
      Stream.of("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
          .map(prefix -> Prefix.parse(prefix).orElseThrow())
          .toList();

  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
  private static final Pattern LOOKS_LIKE_ADDRESS = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");
  private static final Pattern DOT = Pattern.compile("\\.");
  private static final int MAX_NAME = 253;

  /** The names and addresses in a request by a node. */
  static RequestedNames of(PKCS10CertificationRequest request, String node) {
    var names = new TreeSet<String>();
    var addresses = new TreeMap<String, InetAddress>();
    for (var san : alternativeNames(request)) {
      var tagged = tagged(san, Rule.Names);
      if (tagged.hasContextTag(DNS_NAME)) {
        names.add(name(tagged, node));
      } else if (tagged.hasContextTag(IP_ADDRESS)) {
        var address = address(tagged);
        addresses.put(address.getHostAddress(), address);
      } else {
        throw new RequestRejectedException(Rule.Names, Code.UnsupportedNameType);
      }
    }
    require(!names.isEmpty() || !addresses.isEmpty(), Rule.Names, Code.NoNames);
    return new RequestedNames(Set.copyOf(names), Map.copyOf(addresses));
  }

  /** Returns whether a text is a DNS name of lower-case letters, digits and hyphens. */
  static boolean isName(String text) {
    return text.length() <= MAX_NAME && NAME.matcher(text).matches();
  }

  /** Returns whether a name is a domain, or in it. */
  static boolean isIn(String name, String domain) {
    return name.equals(domain) || name.endsWith("." + domain);
  }

  /** The one extension that matters, of the one attribute that is allowed. */
  private static ASN1Sequence alternativeNames(PKCS10CertificationRequest request) {
    var attributes = request.getAttributes();
    require(attributes.length > 0, Rule.Names, Code.NoNames);
    require(attributes.length == 1, Rule.Extensions, Code.SeveralAttributes);
    require(
        attributes[0].getAttrType().equals(EXTENSION_REQUEST)
            && attributes[0].getAttrValues().size() == 1,
        Rule.Extensions,
        Code.UnexpectedAttribute);
    ASN1Sequence names = null;
    var seen = new HashSet<ASN1ObjectIdentifier>();
    for (var object : sequence(attributes[0].getAttributeValues()[0], Rule.Extensions)) {
      var extension = sequence(object, Rule.Extensions);
      var value = value(extension);
      var type = oid(extension.getObjectAt(0), Rule.Extensions);
      require(seen.add(type), Rule.Extensions, Code.RepeatedExtension, type);
      if (type.equals(SUBJECT_ALTERNATIVE_NAME)) {
        names = sequence(CanonicalDER.parse(value), Rule.Names);
      } else {
        require(
            HARMLESS.getOrDefault(type, Set.of()).contains(HexFormat.of().formatHex(value)),
            Rule.Extensions,
            Code.UnexpectedExtension,
            type);
      }
    }
    require(names != null, Rule.Names, Code.NoNames);
    return names;
  }

  /** An extension is a type, {@code critical} if it is true, and a value. */
  private static byte[] value(ASN1Sequence extension) {
    var size = extension.size();
    var last = size == 0 ? null : extension.getObjectAt(size - 1);
    require(
        (size == 2 || (size == 3 && isTrue(extension.getObjectAt(1))))
            && last instanceof ASN1OctetString,
        Rule.Extensions,
        Code.MalformedExtension);
    return ((ASN1OctetString) last).getOctets();
  }

  private static boolean isTrue(ASN1Encodable object) {
    return object instanceof ASN1Boolean critical && critical.isTrue();
  }

  private static String name(ASN1TaggedObject san, String node) {
    try {
      var name = ASN1IA5String.getInstance(san, false).getString().toLowerCase(Locale.ROOT);
      require(
          isName(name) && !LOOKS_LIKE_ADDRESS.matcher(name).matches(),
          Rule.Names,
          Code.InvalidDnsName,
          Reason.printable(name, 80));
      var labels = DOT.splitAsStream(name).toList();
      require(
          !labels.getFirst().equals("localhost") && !isIn(name, "localhost"),
          Rule.Names,
          Code.LoopbackName,
          name);
      require(!isServiceName(name, labels), Rule.Names, Code.ServiceName, name);
      require(labels.size() > 2 || isHost(labels, node), Rule.Names, Code.ShortName, name);
      return name;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new RequestRejectedException(Rule.Names, Code.MalformedDnsName);
    }
  }

  /** Cloud providers report host names that differ from the Node's name by their domain. */
  private static boolean isHost(List<String> labels, String node) {
    return labels.getFirst().equals(DOT.split(node, 2)[0]);
  }

  private static boolean isServiceName(String name, List<String> labels) {
    return labels.contains("svc")
        || (labels.size() > 1 && labels.getLast().equals("pod"))
        || name.equals("kubernetes")
        || name.equals("kubernetes.default");
  }

  private static InetAddress address(ASN1TaggedObject san) {
    try {
      var bytes = ASN1OctetString.getInstance(san, false).getOctets();
      var address = InetAddress.getByAddress(bytes);
      require(
          address.getAddress().length == bytes.length,
          Rule.Names,
          Code.MappedAddress,
          address.getHostAddress());
      require(
          bytes.length == 4 || TRANSLATED.stream().noneMatch(t -> t.contains(Prefix.of(address))),
          Rule.Names,
          Code.TranslatedAddress,
          address.getHostAddress());
      require(
          !address.isAnyLocalAddress()
              && !address.isLoopbackAddress()
              && !address.isLinkLocalAddress()
              && !address.isMulticastAddress()
              && !(bytes.length == 4 && (bytes[0] == 0 || (bytes[0] & 0xff) >= 240)),
          Rule.Names,
          Code.UnsuitableAddress,
          address.getHostAddress());
      return address;
    } catch (UnknownHostException | IllegalArgumentException | IllegalStateException e) {
      throw new RequestRejectedException(Rule.Names, Code.MalformedAddress);
    }
  }
}
