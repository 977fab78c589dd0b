package dev.metricsserver.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes keys and signs certificates, on the curve P-256. */
public final class Issuer {

  static final String SIGNATURE = "SHA256withECDSA";

  /** Tolerates clocks that are wrong by less than this. */
  static final Duration BACKDATED = Duration.ofMinutes(5);

  private static final Duration AUTHORITY_LIFE = Duration.ofDays(3 * 365);

  /** Ends before the CA does, since a CA is replaced after two thirds of its life. */
  private static final Duration LEAF_LIFE = Duration.ofDays(90);

  /** No process lives that long. */
  private static final Duration SELF_SIGNED_LIFE = Duration.ofDays(3650);

  private static final SecureRandom RANDOM = new SecureRandom();

  private Issuer() {}

  /** A new CA, whose name no other one has. */
  public static Identity authority(Instant now) {
    var key = newKey();
    var name = new X500Principal("CN=metrics-server-serving-ca@" + now.getEpochSecond());
    var builder = builder(name, name, key, now, AUTHORITY_LIFE);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
    return new Identity(sign(builder, key, key), key.getPrivate());
  }

  /**
   * A new server's certificate with a new key.
   *
   * @param names the DNS names of the server
   */
  public static Identity leaf(Identity authority, List<String> names, Instant now) {
    var key = newKey();
    var signer = new KeyPair(authority.certificate().getPublicKey(), authority.key());
    var builder =
        builder(
            authority.certificate().getSubjectX500Principal(),
            new X500Principal("CN=" + names.getFirst()),
            key,
            now,
            LEAF_LIFE);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
          .addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(
                  names.stream()
                      .map(name -> new GeneralName(GeneralName.dNSName, name))
                      .toArray(GeneralName[]::new)));
    } catch (CertIOException e) {
      throw new IllegalStateException(e);
    }
    return new Identity(sign(builder, key, signer), key.getPrivate());
  }

  /** Makes a certificate that signs itself, for a server that clients do not verify. */
  public static Identity selfSigned(String name, Instant now) {
    var key = newKey();
    var subject = new X500Principal("CN=" + name);
    return new Identity(
        sign(builder(subject, subject, key, now, SELF_SIGNED_LIFE), key, key), key.getPrivate());
  }

  /** Returns the time when this class created a certificate. */
  static Instant issued(X509Certificate certificate) {
    return certificate.getNotBefore().toInstant().plus(BACKDATED);
  }

  private static KeyPair newKey() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JcaX509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair key, Instant now, Duration life) {
    var notBefore = now.minus(BACKDATED);
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, RANDOM).setBit(126),
        Date.from(notBefore),
        Date.from(notBefore.plus(life)),
        subject,
        key.getPublic());
  }

  /** With the identifiers by which a verifier finds the CA's key among several. */
  private static X509Certificate sign(
      JcaX509v3CertificateBuilder builder, KeyPair subject, KeyPair issuer) {
    try {
      var identifiers = new JcaX509ExtensionUtils();
      builder
          .addExtension(
              Extension.subjectKeyIdentifier,
              false,
              identifiers.createSubjectKeyIdentifier(subject.getPublic()))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              identifiers.createAuthorityKeyIdentifier(issuer.getPublic()));
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder(SIGNATURE).build(issuer.getPrivate())));
    } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
