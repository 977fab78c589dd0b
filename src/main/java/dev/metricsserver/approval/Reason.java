package dev.metricsserver.approval;

import java.util.List;
import java.util.stream.Stream;

/**
 * Why a request is not approved: a code with its parameters. All English text about verdicts is in
 * {@link Code}.
 *
 * @param parameters in the order in which the code's text uses them; printable ASCII only, because
 *     the maker of the request chooses them
 */
public record Reason(Code code, List<String> parameters) {

  private static final int MAX_PARAMETER = 512;

  /** The reasons, each with its text: a clause without a full stop. */
  public enum Code {
    /** The name is not a DNS subdomain. */
    InvalidObjectName("the name of the request is not a DNS subdomain"),
    /** The signer is another one. */
    OtherSigner("the signer is not %s"),
    /** There is a decision already. */
    AlreadyDecided("the request is already approved, denied or failed"),
    /** The user is not a node. */
    NotANode("user '%s' is not a node"),
    /** The user is not in the groups of nodes. */
    MissingGroups("user %s is not in the groups %s"),
    /** The certificate would not be for a server. */
    MissingUsage("the usages do not contain %s"),
    /** The certificate would be for more than a server. */
    ForbiddenUsage("the usages contain more than %s"),
    /** The lifetime exceeds the maximum. */
    LifetimeTooLong("the requested lifetime is %s seconds, the maximum is %s"),

    /** The request is not PEM, or has more than one block. */
    NotOnePemBlock("the request is not exactly one PEM block of a certificate request"),
    /** The PEM block does not contain DER. */
    NotDer("the request is not valid DER"),
    /** DER that can be written in another way. */
    NotCanonical("the request is not in canonical DER"),
    /** DER of another structure. */
    UnexpectedStructure("the request does not have the structure of a certificate request"),
    /** Not version 1, which is written as 0. */
    UnsupportedVersion("the version of the request is not supported"),
    /** The subject is not the node. */
    OtherSubject("the subject is not exactly O=%s, CN=%s"),

    /** More than one attribute. */
    SeveralAttributes("the request has several attributes"),
    /** An attribute other than the request for extensions. */
    UnexpectedAttribute("the request has an attribute other than one list of extensions"),
    /** An extension without a value, or with a wrong criticality. */
    MalformedExtension("an extension is malformed"),
    /** One extension twice. */
    RepeatedExtension("extension %s occurs twice"),
    /** An extension that kubelets do not ask for. */
    UnexpectedExtension("extension %s has a value that a kubelet does not request"),

    /** No subject alternative name. */
    NoNames("the request contains neither a DNS name nor an IP address"),
    /** A name such as an e-mail address. */
    UnsupportedNameType("the request contains a name that is neither a DNS name nor an IP address"),
    /** A DNS name with characters that no machine has. */
    InvalidDnsName("'%s' is not the DNS name of a machine"),
    /** A DNS name that is not ASCII. */
    MalformedDnsName("the request contains a malformed DNS name"),
    /** localhost. */
    LoopbackName("every machine uses the name %s for itself"),
    /** A name of a Service or a pod. */
    ServiceName("%s is the name of a Service or a pod"),
    /** A name with too few labels. */
    ShortName("%s is not a name of the node, and short enough to be the name of a Service"),
    /** An IPv4 address in 16 bytes. */
    MappedAddress("the IPv4 address %s is written as an IPv6 address"),
    /** NAT64, 6to4 and similar addresses. */
    TranslatedAddress("%s is an IPv6 form of an IPv4 address"),
    /** An address such as 127.0.0.1. */
    UnsuitableAddress("%s is not the address of one machine in the network"),
    /** Not an address. */
    MalformedAddress("the request contains a malformed IP address"),
    /** A name in the cluster's DNS domain. */
    ClusterDomainName("%s is a name in the cluster's own domain"),
    /** An address in a Service range. */
    ServiceAddress("%s is in the address range of Services"),

    /** Another algorithm. */
    UnsupportedKey("the key is neither RSA nor EC"),
    /** Another curve. */
    UnsupportedCurve("the key is not on one of the curves P-256, P-384 and P-521"),
    /** Not a point. */
    NotOnCurve("the key is not a point on its curve"),
    /** Not a key. */
    MalformedKey("the key is malformed"),
    /** Too short or too long. */
    RsaKeySize("the RSA key has %s bits, allowed are %s to %s"),
    /** An exponent that weakens the key. */
    RsaExponent("the RSA key has an unusual exponent"),
    /** Another algorithm than the key's, or with SHA-1. */
    UnsupportedSignature("the signature algorithm is not supported"),
    /** The signature does not verify. */
    WrongSignature("the signature was not made with the key of the request"),

    /** The Node is not there. */
    NodeMissing("Node %s does not exist"),
    /** Without them the rules cannot be checked. */
    APIServersUnknown("the addresses and certificates of the API servers are not known"),
    /** The real ranges are not known. */
    PossibleServiceAddress(
        "%s may be in the address range of Services, which this Kubernetes version does not"
            + " report"),
    /** The specification does not allow the address. */
    OutsideAllowedCIDRs("%s is not in spec.kubelet.servingCertificateApproval.allowedCIDRs"),
    /** The specification does not allow the name. */
    OutsideAllowedDomains("%s is not in spec.kubelet.servingCertificateApproval.allowedDomains"),
    /** A load balancer has it. */
    OfALoadBalancer("%s is an address of the load balancer of Service %s"),
    /** The search domains of clients can complete it. */
    PossiblePodName("%s can be the name of a Service or a pod in namespace %s"),
    /** The Node does not have the address or name. */
    NotOfThisNode("%s is not an address of Node %s"),
    /** Another Node has it, too. */
    OfAnotherNode("%s is also an address of Node %s"),
    /** Only control plane nodes may have the address of an API server. */
    OfAnAPIServer("%s belongs to an API server, and Node %s has no label %s"),
    /** Another Node's pods have it. */
    OfPods("%s is an address of the pods of Node %s"),
    /** The API server does not allow the operator to approve requests. */
    Forbidden("%s"),
    /** The API server answered with an error. */
    APIServerError("the API server did not approve it: %s"),
    /** A defect of the operator. */
    InternalError("the operator cannot judge it: %s");

    private final String text;

    Code(String text) {
      this.text = text;
    }
  }

  /** A reason with parameters that may come from anywhere. */
  static Reason of(Code code, Object... parameters) {
    return new Reason(
        code, Stream.of(parameters).map(p -> printable(String.valueOf(p), MAX_PARAMETER)).toList());
  }

  /** The reason as a clause without a full stop. */
  public String text() {
    return code.text.formatted(parameters.toArray());
  }

  /** Text without control characters and escape sequences, cut to a length. */
  static String printable(String text, int length) {
    var cut = text.length() <= length ? text : text.substring(0, length - 3) + "...";
    return cut.replaceAll("[^ -~]", "?");
  }
}
