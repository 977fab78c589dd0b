package dev.metricsserver.approval;

import static dev.metricsserver.approval.CanonicalDER.sequence;
import static dev.metricsserver.approval.RequestRejectedException.require;

import dev.metricsserver.approval.Reason.Code;
import dev.metricsserver.approval.Verdict.Rule;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1Null;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/** Checks that the key of a request is strong, and that the request is signed with it. */
final class RequestSignature {

  private static final ASN1ObjectIdentifier RSA = new ASN1ObjectIdentifier("1.2.840.113549.1.1.1");
  private static final ASN1ObjectIdentifier EC = new ASN1ObjectIdentifier("1.2.840.10045.2.1");
  private static final Map<ASN1ObjectIdentifier, ECDomainParameters> CURVES =
      Stream.of("1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35")
          .map(ASN1ObjectIdentifier::new)
          .collect(
              Collectors.toUnmodifiableMap(
                  oid -> oid, oid -> new ECDomainParameters(CustomNamedCurves.getByOID(oid))));
  private static final int UNCOMPRESSED = 4;
  private static final int MIN_RSA = 2048;

  /** A longer key only costs time. */
  private static final int MAX_RSA = 8192;

  private static final int MIN_RSA_EXPONENT = 65_537;

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

  private RequestSignature() {}

  static void check(PKCS10CertificationRequest request) {
    var key = request.getSubjectPublicKeyInfo();
    var algorithm = key.getAlgorithm();
    var ec = algorithm.getAlgorithm().equals(EC);
    require(
        (ec || (algorithm.getAlgorithm().equals(RSA) && isNull(algorithm.getParameters())))
            && key.getPublicKeyData().getPadBits() == 0,
        Rule.Key,
        Code.UnsupportedKey);
    require(
        request.toASN1Structure().getSignature().getPadBits() == 0,
        Rule.Signature,
        Code.WrongSignature);
    try {
      var bits = key.getPublicKeyData().getOctets();
      require(
          ec
              ? isSigned(request, pointOn(algorithm.getParameters(), bits))
              : isSignedWithRSA(request, bits),
          Rule.Signature,
          Code.WrongSignature);
    } catch (GeneralSecurityException | IOException e) {
      throw new RequestRejectedException(Rule.Signature, Code.WrongSignature);
    }
  }

  /** Uses Bouncy Castle, which takes a fifth of the JDK's time without the C2 compiler. */
  private static boolean isSigned(PKCS10CertificationRequest request, ECPublicKeyParameters key)
      throws GeneralSecurityException, IOException {
    var algorithm = request.getSignatureAlgorithm();
    var digest =
        MessageDigest.getInstance(
            signedBy(EC_DIGESTS, algorithm, algorithm.getParameters() == null));
    var signer = new ECDSASigner();
    signer.init(false, key);
    var numbers = sequence(CanonicalDER.parse(request.getSignature()), 2, Rule.Signature);
    return signer.verifySignature(
        digest.digest(signed(request)),
        number(numbers.getObjectAt(0)),
        number(numbers.getObjectAt(1)));
  }

  private static boolean isSignedWithRSA(PKCS10CertificationRequest request, byte[] key)
      throws GeneralSecurityException, IOException {
    CanonicalDER.parse(key);
    var publicKey = rsa(request);
    checkStrength(publicKey);
    var algorithm = request.getSignatureAlgorithm();
    var verifier =
        Signature.getInstance(
            signedBy(RSA_SIGNATURES, algorithm, isNull(algorithm.getParameters())));
    verifier.initVerify(publicKey);
    verifier.update(signed(request));
    return verifier.verify(request.getSignature());
  }

  private static byte[] signed(PKCS10CertificationRequest request) throws IOException {
    return request.toASN1Structure().getCertificationRequestInfo().getEncoded(ASN1Encoding.DER);
  }

  private static String signedBy(
      Map<ASN1ObjectIdentifier, String> known, AlgorithmIdentifier algorithm, boolean usual) {
    var name = known.get(algorithm.getAlgorithm());
    require(name != null && usual, Rule.Signature, Code.UnsupportedSignature);
    return name;
  }

  private static BigInteger number(ASN1Encodable object) {
    require(object instanceof ASN1Integer, Rule.Signature, Code.WrongSignature);
    return ((ASN1Integer) object).getValue();
  }

  private static boolean isNull(ASN1Encodable parameters) {
    return parameters instanceof ASN1Null;
  }

  private static RSAPublicKey rsa(PKCS10CertificationRequest request) throws IOException {
    try {
      return (RSAPublicKey)
          KeyFactory.getInstance("RSA")
              .generatePublic(
                  new X509EncodedKeySpec(
                      request.getSubjectPublicKeyInfo().getEncoded(ASN1Encoding.DER)));
    } catch (GeneralSecurityException e) {
      throw new RequestRejectedException(Rule.Key, Code.MalformedKey);
    }
  }

  /** Accepts the uncompressed form only, which all kubelets use. */
  private static ECPublicKeyParameters pointOn(ASN1Encodable curve, byte[] point) {
    var domain = curve instanceof ASN1ObjectIdentifier oid ? CURVES.get(oid) : null;
    require(domain != null, Rule.Key, Code.UnsupportedCurve);
    try {
      require(point.length > 0 && point[0] == UNCOMPRESSED, Rule.Key, Code.NotOnCurve);
      return new ECPublicKeyParameters(domain.getCurve().decodePoint(point), domain);
    } catch (IllegalArgumentException e) {
      throw new RequestRejectedException(Rule.Key, Code.NotOnCurve);
    }
  }

  private static void checkStrength(RSAPublicKey key) {
    var size = key.getModulus().bitLength();
    require(
        size >= MIN_RSA && size <= MAX_RSA && key.getModulus().testBit(0),
        Rule.Key,
        Code.RsaKeySize,
        size,
        MIN_RSA,
        MAX_RSA);
    var exponent = key.getPublicExponent();
    require(
        exponent.bitLength() < Integer.SIZE
            && exponent.intValue() >= MIN_RSA_EXPONENT
            && exponent.testBit(0),
        Rule.Key,
        Code.RsaExponent);
  }
}
