package dev.metricsserver.approval;

import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestCondition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.x509.GeneralName;

/** A certificate request as a kubelet makes it, every part of which a test can change. */
public final class Draft {

  static final String ORGANIZATION = "2.5.4.10";
  static final String COMMON_NAME = "2.5.4.3";
  static final String SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
  static final String EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

  /** Made once: keys take time. */
  static final KeyPair P256 = key("EC", new ECGenParameterSpec("secp256r1"));

  String name = "csr-1";
  String signer = CertificateRequests.SIGNER;
  String user = "system:node:node-1";
  List<String> groups = List.of("system:nodes", "system:authenticated");
  List<String> usages = List.of("digital signature", "server auth");
  Integer lifetime;
  List<CertificateSigningRequestCondition> conditions = List.of();
  int version;
  ASN1Encodable subject;
  List<GeneralName> names = new ArrayList<>(List.of(dns("node-1"), ip("192.168.7.1")));
  List<ASN1Encodable> extensions = new ArrayList<>();
  List<ASN1Encodable> attributes = new ArrayList<>();
  int attributesTag;
  KeyPair key = P256;
  KeyPair signingKey;
  String algorithm = "SHA256withECDSA";
  String algorithmId = "1.2.840.10045.4.3.2";
  boolean algorithmHasNull;
  UnaryOperator<byte[]> der = bytes -> bytes;
  UnaryOperator<String> pem = text -> text;

  static KeyPair key(String algorithm, AlgorithmParameterSpec parameters) {
    try {
      var generator = KeyPairGenerator.getInstance(algorithm);
      generator.initialize(parameters);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An RSA key, with a signature that fits it. */
  public Draft rsa(int bits, long exponent) {
    key = key("RSA", new RSAKeyGenParameterSpec(bits, BigInteger.valueOf(exponent)));
    algorithm = "SHA256withRSA";
    algorithmId = "1.2.840.113549.1.1.11";
    algorithmHasNull = true;
    return this;
  }

  /** Of another node. */
  public Draft node(String node) {
    user = "system:node:" + node;
    return this;
  }

  /** For these names and addresses. */
  public Draft names(GeneralName... names) {
    this.names = new ArrayList<>(List.of(names));
    return this;
  }

  /** A DNS name. */
  public static GeneralName dns(String name) {
    return new GeneralName(GeneralName.dNSName, name);
  }

  /** An IP address. */
  public static GeneralName ip(String address) {
    return new GeneralName(GeneralName.iPAddress, address);
  }

  static GeneralName ip(byte[] address) {
    return new GeneralName(GeneralName.iPAddress, new DEROctetString(address));
  }

  static ASN1Encodable part(String type, ASN1Encodable value) {
    return new DERSet(new DERSequence(of(new ASN1ObjectIdentifier(type), value)));
  }

  static ASN1Encodable extension(String type, ASN1Encodable value) {
    return extension(type, bytes(value));
  }

  static ASN1Encodable extension(String type, byte[] value) {
    return new DERSequence(of(new ASN1ObjectIdentifier(type), new DEROctetString(value)));
  }

  static ASN1Encodable attribute(String type, ASN1Encodable... values) {
    return new DERSequence(of(new ASN1ObjectIdentifier(type), new DERSet(of(values))));
  }

  static ASN1EncodableVector of(ASN1Encodable... objects) {
    var vector = new ASN1EncodableVector();
    Arrays.asList(objects).forEach(vector::add);
    return vector;
  }

  static byte[] bytes(ASN1Encodable object) {
    try {
      return object.toASN1Primitive().getEncoded("DER");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ParsedRequest parsed() {
    return RequestParser.parse(CertificateRequest.of(build()));
  }

  CertificateSigningRequest build() {
    return new CertificateSigningRequestBuilder()
        .withNewMetadata()
        .withName(name)
        .withUid("uid-" + name)
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .endMetadata()
        .withNewSpec()
        .withSignerName(signer)
        .withUsername(user)
        .withGroups(groups)
        .withUsages(usages)
        .withExpirationSeconds(lifetime)
        .withRequest(request())
        .endSpec()
        .withNewStatus()
        .withConditions(conditions)
        .endStatus()
        .build();
  }

  /** The request as the API has it: base64 of PEM. */
  public String request() {
    var text =
        "-----BEGIN CERTIFICATE REQUEST-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der.apply(signed()))
            + "\n-----END CERTIFICATE REQUEST-----\n";
    return Base64.getEncoder().encodeToString(pem.apply(text).getBytes(StandardCharsets.UTF_8));
  }

  private byte[] signed() {
    var info =
        bytes(
            new DERSequence(
                of(
                    new ASN1Integer(version),
                    subject == null ? usualSubject() : subject,
                    parsed(key.getPublic().getEncoded()),
                    new DERTaggedObject(false, attributesTag, attributes()))));
    try {
      var signature = Signature.getInstance(algorithm);
      signature.initSign((signingKey == null ? key : signingKey).getPrivate());
      signature.update(info);
      var id = new ASN1ObjectIdentifier(algorithmId);
      return bytes(
          new DERSequence(
              of(
                  parsed(info),
                  new DERSequence(algorithmHasNull ? of(id, DERNull.INSTANCE) : of(id)),
                  new DERBitString(signature.sign()))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private ASN1Encodable usualSubject() {
    return new DERSequence(
        of(
            part(ORGANIZATION, new DERPrintableString("system:nodes")),
            part(COMMON_NAME, new DERPrintableString(user))));
  }

  private DERSet attributes() {
    var requested = new ArrayList<ASN1Encodable>();
    if (!names.isEmpty()) {
      requested.add(
          extension(
              SUBJECT_ALTERNATIVE_NAME, new DERSequence(of(names.toArray(ASN1Encodable[]::new)))));
    }
    requested.addAll(extensions);
    var all = new ArrayList<>(attributes);
    if (!requested.isEmpty()) {
      all.addFirst(
          attribute(
              EXTENSION_REQUEST, new DERSequence(of(requested.toArray(ASN1Encodable[]::new)))));
    }
    return new DERSet(of(all.toArray(ASN1Encodable[]::new)));
  }

  private static ASN1Encodable parsed(byte[] der) {
    try {
      return ASN1Primitive.fromByteArray(der);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
