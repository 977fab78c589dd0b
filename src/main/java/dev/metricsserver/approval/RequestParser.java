package dev.metricsserver.approval;

import static dev.metricsserver.approval.RequestRejectedException.require;

import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.approval.Verdict.Rule;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1PrintableString;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.ASN1UTF8String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * Parses certificate requests, and checks every rule that depends on the request alone. Bouncy
 * Castle provides the structure of PKCS#10; the checks for canonical DER, repeated parts and
 * unexpected parts are stricter than any signer's.
 */
public final class RequestParser {

  /** The longest lifetime of a certificate: the default of most signers and a day. */
  public static final Duration MAX_LIFETIME = Duration.ofDays(366);

  private static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
  private static final int MAX_OBJECT_NAME = 253;
  private static final String NODES = "system:nodes";
  private static final Set<String> GROUPS = Set.of(NODES, "system:authenticated");
  private static final String SERVER_AUTH = "server auth";
  private static final Set<String> USAGES =
      Set.of(SERVER_AUTH, "digital signature", "key encipherment");

  private static final ASN1ObjectIdentifier ORGANIZATION = new ASN1ObjectIdentifier("2.5.4.10");
  private static final ASN1ObjectIdentifier COMMON_NAME = new ASN1ObjectIdentifier("2.5.4.3");

  private RequestParser() {}

  /** Parses a request. The cheap rules come first. */
  public static ParsedRequest parse(CertificateRequest request) {
    try {
      return valid(request);
    } catch (RequestRejectedException e) {
      return e.verdict();
    } catch (RuntimeException e) {
      // Bouncy Castle parses lazily, and throws several types where the structure is another one.
      return new Rejected(Rule.Encoding, Reason.of(Code.UnexpectedStructure));
    }
  }

  private static ParsedRequest.Valid valid(CertificateRequest request) {
    require(isObjectName(request.name()), Rule.ObjectName, Code.InvalidObjectName);
    require(
        CertificateRequests.SIGNER.equals(request.signer()),
        Rule.Signer,
        Code.OtherSigner,
        CertificateRequests.SIGNER);
    require(request.decision().isEmpty(), Rule.Undecided, Code.AlreadyDecided);
    var user = request.user();
    var node = request.isByNode() ? request.node() : "";
    require(RequestedNames.isName(node), Rule.User, Code.NotANode, Reason.printable(user, 80));
    checkUse(request);
    var content = content(CanonicalDER.ofRequest(request.request()));
    checkSubject(content.getSubject(), user);
    var names = RequestedNames.of(content, node);
    RequestSignature.check(content);
    return new ParsedRequest.Valid(node, names.names(), names.addresses());
  }

  /** Kubernetes allows every name without / and %; in URLs, commands and logs others are unsafe. */
  static boolean isObjectName(String name) {
    return name.length() <= MAX_OBJECT_NAME && OBJECT_NAME.matcher(name).matches();
  }

  private static void checkUse(CertificateRequest request) {
    require(
        request.groups().containsAll(GROUPS),
        Rule.Groups,
        Code.MissingGroups,
        request.user(),
        sorted(GROUPS));
    require(request.usages().contains(SERVER_AUTH), Rule.Usages, Code.MissingUsage, SERVER_AUTH);
    require(USAGES.containsAll(request.usages()), Rule.Usages, Code.ForbiddenUsage, sorted(USAGES));
    request
        .lifetime()
        .ifPresent(lifetime ->
            require(
                lifetime.compareTo(MAX_LIFETIME) <= 0,
                Rule.Lifetime,
                Code.LifetimeTooLong,
                lifetime.toSeconds(),
                MAX_LIFETIME.toSeconds()));
  }

  /** The structure must contain every byte: Bouncy Castle ignores parts that it does not know. */
  private static PKCS10CertificationRequest content(byte[] der) {
    CanonicalDER.parse(der);
    try {
      var content = new PKCS10CertificationRequest(der);
      var structure = content.toASN1Structure();
      require(CanonicalDER.isEncodingOf(structure, der), Rule.Encoding, Code.UnexpectedStructure);
      require(
          structure.getCertificationRequestInfo().getVersion().hasValue(0),
          Rule.Encoding,
          Code.UnsupportedVersion);
      return content;
    } catch (IOException
        | IllegalArgumentException
        | IllegalStateException
        | ClassCastException e) {
      throw new RequestRejectedException(Rule.Encoding, Code.UnexpectedStructure);
    }
  }

  /** The subject must consist of one O and one CN, in either order. */
  private static void checkSubject(X500Name subject, String user) {
    var expected = Map.of(ORGANIZATION, NODES, COMMON_NAME, user);
    var found = new HashSet<ASN1ObjectIdentifier>();
    for (var part : subject.getRDNs()) {
      require(
          isOneOf(expected, part) && found.add(part.getFirst().getType()),
          Rule.Subject,
          Code.OtherSubject,
          NODES,
          user);
    }
    require(found.equals(expected.keySet()), Rule.Subject, Code.OtherSubject, NODES, user);
  }

  private static boolean isOneOf(Map<ASN1ObjectIdentifier, String> expected, RDN part) {
    return part.size() == 1
        && isText(part.getFirst().getValue())
        && ((ASN1String) part.getFirst().getValue())
            .getString()
            .equals(expected.get(part.getFirst().getType()));
  }

  private static boolean isText(ASN1Encodable value) {
    return value instanceof ASN1PrintableString || value instanceof ASN1UTF8String;
  }

  private static String sorted(Set<String> words) {
    return String.join(", ", new TreeSet<>(words));
  }
}
