package dev.metricsserver.tls;

import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/**
 * A certificate with its private key.
 *
 * @param chain the certificate, followed by the intermediate certificates
 */
public record Identity(List<X509Certificate> chain, PrivateKey key) {

  private static final byte[] SAMPLE = {1};

  /** An identity without intermediate certificates. */
  Identity(X509Certificate certificate, PrivateKey key) {
    this(List.of(certificate), key);
  }

  /**
   * Parses certificate and key from PEM. Returns empty if one is missing or malformed, or if the
   * key is not that of the certificate.
   *
   * @param certificates the first one is that of the key
   */
  public static Optional<Identity> parse(String certificates, String key) {
    var chain = Certificates.parse(certificates);
    return chain.isEmpty()
        ? Optional.empty()
        : key(key).map(k -> new Identity(chain, k)).filter(Identity::belongTogether);
  }

  /** Returns the first private key in a text, in any of the usual formats except encrypted ones. */
  public static Optional<PrivateKey> key(String pem) {
    var own = Pem.blocks("PRIVATE KEY", pem).stream().findFirst().flatMap(Identity::ownKey);
    return own.isPresent() ? own : anyKey(pem);
  }

  /** Parses the format that the operator writes, without Bouncy Castle. */
  private static Optional<PrivateKey> ownKey(String block) {
    try {
      return Optional.of(
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Pem.decode(block))));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<PrivateKey> anyKey(String pem) {
    var converter = new JcaPEMKeyConverter();
    try (var parser = new PEMParser(new StringReader(pem))) {
      for (var object = parser.readObject(); object != null; object = parser.readObject()) {
        if (object instanceof PEMKeyPair pair) {
          return Optional.of(converter.getPrivateKey(pair.getPrivateKeyInfo()));
        }
        if (object instanceof PrivateKeyInfo info) {
          return Optional.of(converter.getPrivateKey(info));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      // Treated as missing.
    }
    return Optional.empty();
  }

  private boolean belongTogether() {
    try {
      var algorithm =
          switch (key.getAlgorithm()) {
            case "EC" -> Issuer.SIGNATURE;
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm();
          };
      var signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(SAMPLE);
      var signed = signature.sign();
      signature.initVerify(certificate().getPublicKey());
      signature.update(SAMPLE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Returns the certificate of the key. */
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** Returns the key as PEM. Do not log it. */
  public String keyAsPem() {
    return Pem.write("PRIVATE KEY", key.getEncoded());
  }

  /** Returns a text without the key, so that the key is never logged. */
  @Override
  public String toString() {
    return "Identity[%s, until %s]"
        .formatted(
            certificate().getSubjectX500Principal().getName(),
            certificate().getNotAfter().toInstant());
  }
}
