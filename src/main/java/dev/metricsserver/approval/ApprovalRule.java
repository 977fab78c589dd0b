package dev.metricsserver.approval;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.approval.Verdict.Approve;
import dev.metricsserver.approval.Verdict.Never;
import dev.metricsserver.approval.Verdict.NotYet;
import dev.metricsserver.approval.Verdict.Rule;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.Prefix;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Null;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.ASN1PrintableString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;

/**
 * Which requests for a kubelet's serving certificate are right. Whoever holds such a certificate
 * is, for everybody who trusts the cluster's CA, the servers whose names and addresses are in it;
 * so a node gets one for its own alone.
 *
 * <p>A request is read once ({@link #read}), for what depends on nothing but itself, and judged
 * whenever the cluster may have changed ({@link #judge}). Whatever is not known to be right is not
 * approved.
 *
 * <p>A node's addresses are what its kubelet writes into the Node's status. They prove nothing: a
 * node that was broken into can claim what it wants there. So an address that is known to be
 * somebody else's is refused although it is in the status: of another Node or its pods, a Service,
 * or an API server, unless somebody with more rights than a kubelet has called the Node a control
 * plane. The same goes for names by which Services and API servers are called.
 *
 * <p>What remains: an address or a name of three labels and more that no Node, Service or API
 * server of this cluster has, such as a machine's outside of the cluster, or a pod's where its
 * Node's spec does not say which addresses pods have, if that one's clients trust the cluster's CA
 * for it. And a node can keep another one from its certificate by claiming its address; both
 * requests then wait, and say why.
 */
public final class ApprovalRule {

  /** The signer of kubelets' serving certificates. */
  public static final String SIGNER = "kubernetes.io/kubelet-serving";

  /** How long a certificate may live at most: the default of most signers and a day. */
  public static final Duration LONGEST = Duration.ofDays(366);

  /** A label that the API server lets no kubelet give itself. */
  static final String CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

  private static final String USER_PREFIX = "system:node:";
  private static final String NODES = "system:nodes";
  private static final Set<String> GROUPS = Set.of(NODES, "system:authenticated");
  private static final String SERVER_AUTH = "server auth";
  private static final Set<String> USAGES =
      Set.of(SERVER_AUTH, "digital signature", "key encipherment");

  private static final String LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final Pattern NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
  private static final Pattern LOOKS_LIKE_ADDRESS = Pattern.compile("(.*\\.)?(\\d+|0x[0-9a-f]*)");
  private static final Pattern DOT = Pattern.compile("\\.");
  private static final int LONGEST_NAME = 253;

  private static final String PEM_BEGIN = "-----BEGIN CERTIFICATE REQUEST-----\n";
  private static final String PEM_END = "-----END CERTIFICATE REQUEST-----\n";

  /** Ten times what the longest key and a dozen names need, in bytes. */
  private static final int LARGEST = 32 * 1024;

  /** A request is nine deep. */
  private static final int DEEPEST = 12;

  private static final ASN1ObjectIdentifier ORGANIZATION = new ASN1ObjectIdentifier("2.5.4.10");
  private static final ASN1ObjectIdentifier COMMON_NAME = new ASN1ObjectIdentifier("2.5.4.3");
  private static final ASN1ObjectIdentifier EXTENSION_REQUEST =
      new ASN1ObjectIdentifier("1.2.840.113549.1.9.14");
  private static final ASN1ObjectIdentifier SUBJECT_ALTERNATIVE_NAME =
      new ASN1ObjectIdentifier("2.5.29.17");
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;

  /**
   * Extensions that add nothing to what the signer writes by itself, and all their right values.
   */
  private static final Map<ASN1ObjectIdentifier, Set<String>> HARMLESS =
      Map.of(
          // Key usage: digital signature and key encipherment, or one of them.
          new ASN1ObjectIdentifier("2.5.29.15"), Set.of("030205a0", "03020780", "03020520"),
          // Extended key usage: server auth.
          new ASN1ObjectIdentifier("2.5.29.37"), Set.of("300a06082b06010505070301"),
          // Basic constraints: no CA.
          new ASN1ObjectIdentifier("2.5.29.19"), Set.of("3000"));

  private static final ASN1ObjectIdentifier RSA = new ASN1ObjectIdentifier("1.2.840.113549.1.1.1");
  private static final ASN1ObjectIdentifier EC = new ASN1ObjectIdentifier("1.2.840.10045.2.1");
  private static final Map<ASN1ObjectIdentifier, ECDomainParameters> CURVES =
      Stream.of("1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35")
          .map(ASN1ObjectIdentifier::new)
          .collect(
              Collectors.toUnmodifiableMap(
                  oid -> oid, oid -> new ECDomainParameters(CustomNamedCurves.getByOID(oid))));
  private static final int UNCOMPRESSED = 4;
  private static final int SMALLEST_RSA = 2048;

  /** A longer key only takes time. */
  private static final int LARGEST_RSA = 8192;

  private static final int SMALLEST_RSA_EXPONENT = 65_537;

  private static final Map<ASN1ObjectIdentifier, String> RSA_SIGNATURES =
      Map.of(
          new ASN1ObjectIdentifier("1.2.840.113549.1.1.11"), "SHA256withRSA",
          new ASN1ObjectIdentifier("1.2.840.113549.1.1.12"), "SHA384withRSA",
          new ASN1ObjectIdentifier("1.2.840.113549.1.1.13"), "SHA512withRSA");
  private static final Map<ASN1ObjectIdentifier, String> EC_DIGESTS =
      Map.of(
          new ASN1ObjectIdentifier("1.2.840.10045.4.3.2"), "SHA-256",
          new ASN1ObjectIdentifier("1.2.840.10045.4.3.3"), "SHA-384",
          new ASN1ObjectIdentifier("1.2.840.10045.4.3.4"), "SHA-512");

  private ApprovalRule() {}

  /**
   * A request that was read: one that is right as far as it depends on itself, or never will be.
   */
  public sealed interface Reading permits Request, Never {}

  /**
   * What a request asks for.
   *
   * @param node the name of the Node that asks
   * @param names DNS names in lower case
   * @param addresses IP addresses by their one spelling, see {@link Addresses#canonical}
   */
  public record Request(String node, Set<String> names, Map<String, InetAddress> addresses)
      implements Reading {}

  /**
   * What else there is in the cluster.
   *
   * @param serviceRanges where Services have their addresses, as CIDRs
   * @param apiServers addresses of the endpoints of the {@code kubernetes} Service
   * @param domains the cluster's DNS domains, such as {@code cluster.local}
   * @param claimants who answers to an address or name (in its one spelling) by their own account,
   *     as names of Nodes
   * @param podNetworks whose pods have their addresses in a network (see {@link
   *     Addresses#podNetworks}), as names of Nodes
   */
  public record Surroundings(
      List<Prefix> serviceRanges,
      Set<String> apiServers,
      Set<String> domains,
      Function<String, ? extends Collection<String>> claimants,
      Function<String, ? extends Collection<String>> podNetworks) {

    /**
     * From text as the API server has it.
     *
     * @throws IllegalArgumentException when a service range is not a CIDR
     */
    public static Surroundings of(
        Collection<String> serviceRanges,
        Collection<String> apiServers,
        Collection<String> domains,
        Function<String, ? extends Collection<String>> claimants,
        Function<String, ? extends Collection<String>> podNetworks) {
      return new Surroundings(
          serviceRanges.stream().map(Surroundings::range).toList(),
          apiServers.stream().map(Addresses::canonical).collect(Collectors.toUnmodifiableSet()),
          domains.stream()
              .map(domain -> domain.toLowerCase(Locale.ROOT))
              .collect(Collectors.toUnmodifiableSet()),
          claimants,
          podNetworks);
    }

    private static Prefix range(String cidr) {
      return Prefix.parse(cidr)
          .orElseThrow(() -> new IllegalArgumentException("not a CIDR: " + cidr));
    }

    /** Another Node than this, the pods of which have such addresses. */
    private Optional<String> podNetworkOfAnother(InetAddress address, String node) {
      return Addresses.networksAround(address).stream()
          .flatMap(network -> podNetworks.apply(network).stream())
          .filter(name -> !name.equals(node))
          .sorted()
          .findFirst();
    }

    private boolean isServiceAddress(InetAddress address) {
      var ip = Prefix.of(address);
      return serviceRanges.stream().anyMatch(range -> range.contains(ip));
    }
  }

  /** Ends the reading of a request. */
  private static final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Rule rule;

    Refusal(Rule rule, String reason) {
      super(reason, null, false, false);
      this.rule = rule;
    }
  }

  /** Reads a request, cheap rules first. */
  public static Reading read(CertificateSigningRequest request) {
    try {
      return requested(request);
    } catch (Refusal e) {
      return new Never(e.rule, e.getMessage());
    }
  }

  /**
   * Judges a request that was read.
   *
   * @param node the Node that asks, as the API server has it now
   */
  public static Verdict judge(
      Request request, Optional<NodeFacts> node, Surroundings surroundings) {
    var service =
        request.addresses().values().stream().filter(surroundings::isServiceAddress).findFirst();
    if (service.isPresent()) {
      return new Never(
          Rule.ServiceAddress,
          service.get().getHostAddress() + " is in a range of addresses of Services");
    }
    var inDomain =
        request.names().stream()
            .filter(name -> surroundings.domains().stream().anyMatch(d -> isIn(name, d)))
            .findFirst();
    if (inDomain.isPresent()) {
      return new Never(Rule.Names, inDomain.get() + " is a name in the cluster's own domain");
    }
    return node.map(n -> judge(request, n, surroundings))
        .orElseGet(() -> new NotYet("Node " + request.node() + " does not exist"));
  }

  private static Verdict judge(Request request, NodeFacts node, Surroundings surroundings) {
    if (!node.name().equals(request.node())) {
      throw new IllegalArgumentException("%s asks, not %s".formatted(request.node(), node.name()));
    }
    if (surroundings.apiServers().isEmpty()) {
      return new NotYet("the addresses of the API servers are not known");
    }
    var own =
        node.addresses().stream()
            .map(a -> Addresses.canonical(a.address()))
            .collect(Collectors.toSet());
    var wanted = new TreeSet<>(request.names());
    wanted.addAll(request.addresses().keySet());
    for (var address : wanted) {
      if (!own.contains(address)) {
        return new NotYet("%s is not an address of Node %s".formatted(address, node.name()));
      }
      var other =
          surroundings.claimants().apply(address).stream()
              .filter(name -> !name.equals(node.name()))
              .sorted()
              .findFirst();
      if (other.isPresent()) {
        return new NotYet("%s is also an address of Node %s".formatted(address, other.get()));
      }
      if (surroundings.apiServers().contains(address)
          && !node.labels().containsKey(CONTROL_PLANE)) {
        return new NotYet(
            "%s is an address of an API server, and Node %s has no label %s"
                .formatted(address, node.name(), CONTROL_PLANE));
      }
    }
    for (var address : request.addresses().values()) {
      var other = surroundings.podNetworkOfAnother(address, node.name());
      if (other.isPresent()) {
        return new NotYet(
            "%s is an address of the pods of Node %s"
                .formatted(address.getHostAddress(), other.get()));
      }
    }
    return new Approve();
  }

  // -------------------------------------------------------------------------------- the object

  private static Request requested(CertificateSigningRequest request) {
    var spec = request.getSpec();
    require(SIGNER.equals(spec.getSignerName()), Rule.Signer, "the signer is another one");
    require(isUndecided(request), Rule.Undecided, "it is decided already");
    var user = requireNonNullElse(spec.getUsername(), "");
    var node = user.startsWith(USER_PREFIX) ? user.substring(USER_PREFIX.length()) : "";
    require(isName(node), Rule.User, "user %s is not a node".formatted(shown(user)));
    require(
        spec.getGroups().containsAll(GROUPS),
        Rule.Groups,
        "user %s is not in the groups %s".formatted(user, sorted(GROUPS)));
    require(
        spec.getUsages().contains(SERVER_AUTH),
        Rule.Usages,
        "the usages do not contain %s".formatted(SERVER_AUTH));
    require(
        USAGES.containsAll(spec.getUsages()),
        Rule.Usages,
        "the usages contain more than " + sorted(USAGES));
    var lifetime = spec.getExpirationSeconds();
    require(
        lifetime == null || lifetime <= LONGEST.toSeconds(),
        Rule.Lifetime,
        "it asks for %s seconds, at most %d are right".formatted(lifetime, LONGEST.toSeconds()));
    return requested(new PKCS10(der(spec.getRequest())), user, node);
  }

  private static Request requested(PKCS10 request, String user, String node) {
    checkSubject(request.subject(), user);
    var sans = alternativeNames(request.attributes());
    var names = new TreeSet<String>();
    var addresses = new TreeMap<String, InetAddress>();
    for (var san : sans) {
      var tagged = tagged(san, Rule.Names);
      if (tagged.hasContextTag(DNS_NAME)) {
        names.add(name(tagged, node));
      } else if (tagged.hasContextTag(IP_ADDRESS)) {
        var address = address(tagged);
        addresses.put(address.getHostAddress(), address);
      } else {
        throw new Refusal(
            Rule.Names, "it asks for a kind of name that is neither a DNS name nor an IP address");
      }
    }
    require(
        !names.isEmpty() || !addresses.isEmpty(),
        Rule.Names,
        "it asks for neither a DNS name nor an IP address");
    request.verify();
    return new Request(node, Set.copyOf(names), Map.copyOf(addresses));
  }

  /** Whether nobody has said anything of a request yet. */
  static boolean isUndecided(CertificateSigningRequest request) {
    var status = request.getStatus();
    return request.getMetadata().getDeletionTimestamp() == null
        && (status == null
            || (status.getConditions().isEmpty()
                && (status.getCertificate() == null || status.getCertificate().isEmpty())));
  }

  // -------------------------------------------------------------------------------- encoding

  private static byte[] der(String base64) {
    try {
      var pem =
          new String(
                  Base64.getDecoder().decode(requireNonNullElse(base64, "")),
                  StandardCharsets.ISO_8859_1)
              .replace("\r\n", "\n");
      var framed = pem.endsWith("\n") ? pem : pem + "\n";
      require(
          framed.length() <= 2 * LARGEST
              && framed.startsWith(PEM_BEGIN)
              && framed.endsWith(PEM_END)
              && framed.length() > PEM_BEGIN.length() + PEM_END.length(),
          Rule.Encoding,
          "it is not exactly one PEM block of a certificate request");
      var body = framed.substring(PEM_BEGIN.length(), framed.length() - PEM_END.length());
      return Base64.getDecoder().decode(body.replace("\n", ""));
    } catch (IllegalArgumentException e) {
      throw new Refusal(Rule.Encoding, "it is not exactly one PEM block of a certificate request");
    }
  }

  /** Parses DER that is written in the one way in which it can be. */
  private static ASN1Primitive canonical(byte[] der) {
    require(
        der.length <= LARGEST && DER.isOne(der),
        Rule.Encoding,
        "it is not DER, or has bytes to spare");
    try {
      var parsed = ASN1Primitive.fromByteArray(der);
      require(
          parsed != null && Arrays.equals(parsed.getEncoded(ASN1Encoding.DER), der),
          Rule.Encoding,
          "it is not in the canonical encoding");
      return parsed;
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      throw new Refusal(Rule.Encoding, "it is not DER");
    }
  }

  /** Tags and lengths, before they reach a parser that recurses as deep as it is told to. */
  private static final class DER {

    private static final int CONSTRUCTED = 0x20;
    private static final int LONG_TAG = 0x1f;

    private DER() {}

    static boolean isOne(byte[] bytes) {
      return bytes.length > 0 && end(bytes, 0, bytes.length, 0) == bytes.length;
    }

    /** Where the value that starts at {@code from} ends; -1 when it does not within {@code to}. */
    private static int end(byte[] bytes, int from, int to, int depth) {
      if (depth > DEEPEST || to - from < 2 || (bytes[from] & LONG_TAG) == LONG_TAG) {
        return -1;
      }
      var first = bytes[from + 1] & 0xff;
      var lengthBytes = first < 0x80 ? 0 : first - 0x80;
      var start = from + 2 + lengthBytes;
      if (lengthBytes > 2 || first == 0x80 || start > to) {
        return -1;
      }
      var length = lengthBytes == 0 ? first : 0;
      for (var i = from + 2; i < start; i++) {
        length = (length << 8) | (bytes[i] & 0xff);
      }
      var end = start + length;
      if (end > to) {
        return -1;
      }
      if ((bytes[from] & CONSTRUCTED) != 0) {
        for (var next = start; next != end; ) {
          next = end(bytes, next, end, depth + 1);
          if (next < 0) {
            return -1;
          }
        }
      }
      return end;
    }
  }

  /** The parts of a certificate request, RFC 2986. */
  private record PKCS10(
      ASN1Primitive info,
      ASN1Sequence subject,
      ASN1Sequence key,
      ASN1Set attributes,
      ASN1Sequence algorithm,
      ASN1BitString signature) {

    private static final Rule RULE = Rule.Encoding;

    PKCS10(byte[] der) {
      this(sequence(canonical(der), 3, RULE));
    }

    private PKCS10(ASN1Sequence request) {
      this(
          sequence(request.getObjectAt(0), 4, RULE),
          sequence(request.getObjectAt(1), RULE),
          bits(request.getObjectAt(2), RULE));
    }

    private PKCS10(ASN1Sequence info, ASN1Sequence algorithm, ASN1BitString signature) {
      this(
          info,
          sequence(info.getObjectAt(1), Rule.Subject),
          sequence(info.getObjectAt(2), 2, Rule.Key),
          attributes(info.getObjectAt(3)),
          algorithm,
          signature);
      require(
          info.getObjectAt(0) instanceof ASN1Integer version && version.hasValue(0),
          RULE,
          "its version is another one");
    }

    private static ASN1Set attributes(ASN1Encodable object) {
      var tagged = tagged(object, Rule.Extensions);
      require(tagged.hasContextTag(0), Rule.Extensions, "it has something else than attributes");
      try {
        return ASN1Set.getInstance(tagged, false);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new Refusal(Rule.Extensions, "its attributes are not a set");
      }
    }

    private void verify() {
      var kind = sequence(key.getObjectAt(0), 2, Rule.Key);
      var bits = bits(key.getObjectAt(1), Rule.Key).getOctets();
      var oid = oid(kind.getObjectAt(0), Rule.Key);
      require(
          oid.equals(EC) || (oid.equals(RSA) && kind.getObjectAt(1) instanceof ASN1Null),
          Rule.Key,
          "its key is neither RSA nor EC");
      try {
        require(
            oid.equals(EC) ? isSignedOn(kind.getObjectAt(1), bits) : isSignedWithRSA(bits),
            Rule.Signature,
            "its signature is not by its own key");
      } catch (GeneralSecurityException | IOException e) {
        throw new Refusal(Rule.Signature, "its signature is not by its own key");
      }
    }

    /** With Bouncy Castle, which takes a fifth of the JDK's time where there is no C2 compiler. */
    private boolean isSignedOn(ASN1Encodable curve, byte[] point)
        throws GeneralSecurityException, IOException {
      var publicKey = pointOn(CURVES.get(curve), point);
      var digest = MessageDigest.getInstance(signedBy(EC_DIGESTS, algorithm.size() == 1));
      var signer = new ECDSASigner();
      signer.init(false, publicKey);
      var numbers = sequence(canonical(signature.getOctets()), 2, Rule.Signature);
      return signer.verifySignature(
          digest.digest(info.getEncoded(ASN1Encoding.DER)),
          number(numbers.getObjectAt(0)),
          number(numbers.getObjectAt(1)));
    }

    private static BigInteger number(ASN1Encodable object) {
      require(object instanceof ASN1Integer, Rule.Signature, "its signature is not two numbers");
      return ((ASN1Integer) object).getValue();
    }

    private boolean isSignedWithRSA(byte[] bits) throws GeneralSecurityException, IOException {
      canonical(bits);
      var publicKey = rsa();
      checkStrength(publicKey);
      var verifier =
          Signature.getInstance(
              signedBy(
                  RSA_SIGNATURES,
                  algorithm.size() == 2 && algorithm.getObjectAt(1) instanceof ASN1Null));
      verifier.initVerify(publicKey);
      verifier.update(info.getEncoded(ASN1Encoding.DER));
      return verifier.verify(signature.getOctets());
    }

    private RSAPublicKey rsa() throws IOException {
      try {
        return (RSAPublicKey)
            KeyFactory.getInstance("RSA")
                .generatePublic(new X509EncodedKeySpec(key.getEncoded(ASN1Encoding.DER)));
      } catch (GeneralSecurityException e) {
        throw new Refusal(Rule.Key, "its key is not a key");
      }
    }

    private String signedBy(Map<ASN1ObjectIdentifier, String> known, boolean plain) {
      var name =
          algorithm.size() == 0 ? null : known.get(oid(algorithm.getObjectAt(0), Rule.Signature));
      require(name != null && plain, Rule.Signature, "its signature is of another kind");
      return name;
    }
  }

  /** In the one way in which everybody writes a point; there are shorter ones. */
  private static ECPublicKeyParameters pointOn(ECDomainParameters curve, byte[] point) {
    require(curve != null, Rule.Key, "its key is on another curve than P-256, P-384 and P-521");
    try {
      require(
          point.length > 0 && point[0] == UNCOMPRESSED,
          Rule.Key,
          "its key is not a point on its curve");
      return new ECPublicKeyParameters(curve.getCurve().decodePoint(point), curve);
    } catch (IllegalArgumentException e) {
      throw new Refusal(Rule.Key, "its key is not a point on its curve");
    }
  }

  private static void checkStrength(RSAPublicKey key) {
    var size = key.getModulus().bitLength();
    require(
        size >= SMALLEST_RSA && size <= LARGEST_RSA && key.getModulus().testBit(0),
        Rule.Key,
        "its RSA key has %d bits, %d to %d are right".formatted(size, SMALLEST_RSA, LARGEST_RSA));
    var exponent = key.getPublicExponent();
    require(
        exponent.bitLength() < Integer.SIZE
            && exponent.intValue() >= SMALLEST_RSA_EXPONENT
            && exponent.testBit(0),
        Rule.Key,
        "its RSA key has an unusual exponent");
  }

  // -------------------------------------------------------------------------------- content

  /** One O and one CN, in either order, and nothing else. */
  private static void checkSubject(ASN1Sequence subject, String user) {
    var wanted = Map.of(ORGANIZATION, NODES, COMMON_NAME, user);
    var found = new HashSet<ASN1ObjectIdentifier>();
    for (var part : subject) {
      require(
          part instanceof ASN1Set set && set.size() == 1,
          Rule.Subject,
          "its subject has several values in one place");
      var pair = sequence(((ASN1Set) part).getObjectAt(0), 2, Rule.Subject);
      var type = oid(pair.getObjectAt(0), Rule.Subject);
      require(
          (pair.getObjectAt(1) instanceof ASN1PrintableString
                  || pair.getObjectAt(1) instanceof ASN1UTF8String)
              && ((ASN1String) pair.getObjectAt(1)).getString().equals(wanted.get(type))
              && found.add(type),
          Rule.Subject,
          subjectIs(user));
    }
    require(found.equals(wanted.keySet()), Rule.Subject, subjectIs(user));
  }

  private static String subjectIs(String user) {
    return "its subject is not exactly O=%s, CN=%s".formatted(NODES, user);
  }

  /** What the one attribute asks for by the one extension that matters. */
  private static ASN1Sequence alternativeNames(ASN1Set attributes) {
    require(attributes.size() > 0, Rule.Names, "it asks for neither a DNS name nor an IP address");
    require(attributes.size() == 1, Rule.Extensions, "it has several attributes");
    var attribute = sequence(attributes.getObjectAt(0), 2, Rule.Extensions);
    require(
        oid(attribute.getObjectAt(0), Rule.Extensions).equals(EXTENSION_REQUEST)
            && attribute.getObjectAt(1) instanceof ASN1Set values
            && values.size() == 1,
        Rule.Extensions,
        "it has another attribute than one request for extensions");
    ASN1Sequence names = null;
    var seen = new HashSet<ASN1ObjectIdentifier>();
    var extensions = sequence(((ASN1Set) attribute.getObjectAt(1)).getObjectAt(0), Rule.Extensions);
    for (var object : extensions) {
      var extension = sequence(object, Rule.Extensions);
      var size = extension.size();
      require(size == 2 || size == 3, Rule.Extensions, "an extension has other parts");
      var type = oid(extension.getObjectAt(0), Rule.Extensions);
      require(seen.add(type), Rule.Extensions, "it asks for extension %s twice".formatted(type));
      require(
          size == 2
              || (extension.getObjectAt(1) instanceof ASN1Boolean critical && critical.isTrue()),
          Rule.Extensions,
          "an extension has other parts");
      require(
          extension.getObjectAt(size - 1) instanceof ASN1OctetString,
          Rule.Extensions,
          "an extension has other parts");
      var value = ((ASN1OctetString) extension.getObjectAt(size - 1)).getOctets();
      if (type.equals(SUBJECT_ALTERNATIVE_NAME)) {
        names = sequence(canonical(value), Rule.Names);
      } else {
        require(
            HARMLESS.getOrDefault(type, Set.of()).contains(HexFormat.of().formatHex(value)),
            Rule.Extensions,
            "it asks for extension %s with a value that is not a kubelet's".formatted(type));
      }
    }
    require(names != null, Rule.Names, "it asks for neither a DNS name nor an IP address");
    return names;
  }

  private static String name(ASN1TaggedObject san, String node) {
    try {
      var name = ASN1IA5String.getInstance(san, false).getString().toLowerCase(Locale.ROOT);
      require(
          isName(name) && !LOOKS_LIKE_ADDRESS.matcher(name).matches(),
          Rule.Names,
          "%s is not the DNS name of a machine".formatted(shown(name)));
      var labels = DOT.splitAsStream(name).toList();
      require(
          !labels.getFirst().equals("localhost") && !isIn(name, "localhost"),
          Rule.Names,
          name + " is every machine's name for itself");
      require(
          !labels.contains("svc")
              && !name.equals("kubernetes")
              && !name.equals("kubernetes.default"),
          Rule.Names,
          name + " is the name of a Service");
      require(
          labels.size() > 2 || name.equals(node),
          Rule.Names,
          "%s is not the node's name, and so short that it can be the name of a Service"
              .formatted(name));
      return name;
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new Refusal(Rule.Names, "it asks for a DNS name that is none");
    }
  }

  private static InetAddress address(ASN1TaggedObject san) {
    try {
      var bytes = ASN1OctetString.getInstance(san, false).getOctets();
      var address = InetAddress.getByAddress(bytes);
      require(
          address.getAddress().length == bytes.length,
          Rule.Names,
          "it asks for the IPv4 address %s as an IPv6 address".formatted(address.getHostAddress()));
      require(
          !address.isAnyLocalAddress()
              && !address.isLoopbackAddress()
              && !address.isLinkLocalAddress()
              && !address.isMulticastAddress()
              && !(bytes.length == 4 && (bytes[0] == 0 || (bytes[0] & 0xff) >= 240)),
          Rule.Names,
          address.getHostAddress() + " is not the address of one machine in the network");
      return address;
    } catch (UnknownHostException | IllegalArgumentException | IllegalStateException e) {
      throw new Refusal(Rule.Names, "it asks for an IP address that is none");
    }
  }

  private static boolean isName(String text) {
    return text.length() <= LONGEST_NAME && NAME.matcher(text).matches();
  }

  private static boolean isIn(String name, String domain) {
    return name.equals(domain) || name.endsWith("." + domain);
  }

  // -------------------------------------------------------------------------------- small things

  private static ASN1Sequence sequence(ASN1Encodable object, int size, Rule rule) {
    var sequence = sequence(object, rule);
    require(sequence.size() == size, rule, "it has other parts than a certificate request");
    return sequence;
  }

  private static ASN1Sequence sequence(ASN1Encodable object, Rule rule) {
    require(object instanceof ASN1Sequence, rule, "it has other parts than a certificate request");
    return (ASN1Sequence) object;
  }

  private static ASN1TaggedObject tagged(ASN1Encodable object, Rule rule) {
    require(
        object instanceof ASN1TaggedObject, rule, "it has other parts than a certificate request");
    return (ASN1TaggedObject) object;
  }

  private static ASN1ObjectIdentifier oid(ASN1Encodable object, Rule rule) {
    require(
        object instanceof ASN1ObjectIdentifier,
        rule,
        "it has other parts than a certificate request");
    return (ASN1ObjectIdentifier) object;
  }

  private static ASN1BitString bits(ASN1Encodable object, Rule rule) {
    require(
        object instanceof ASN1BitString bits && bits.getPadBits() == 0,
        rule,
        "it has other parts than a certificate request");
    return (ASN1BitString) object;
  }

  private static void require(boolean right, Rule rule, String reason) {
    if (!right) {
      throw new Refusal(rule, reason);
    }
  }

  private static String sorted(Set<String> words) {
    return String.join(", ", new TreeSet<>(words));
  }

  /** Somebody else's text, short enough for a sentence and without what a terminal would obey. */
  private static String shown(String text) {
    var printable = text.replaceAll("[^ -~]", "?");
    return "'" + (printable.length() <= 80 ? printable : printable.substring(0, 77) + "...") + "'";
  }
}
