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
 * @param chain the certificate, and after it those that lead to its CA, if it needs any
 */
public record Identity(List<X509Certificate> chain, PrivateKey key) {

  private static final byte[] SAMPLE = {1};

  /** One that its CA has signed itself. */
  Identity(X509Certificate certificate, PrivateKey key) {
    this(List.of(certificate), key);
  }

  /**
   * Reads both from PEM; empty when one is missing, cannot be read, or does not belong to the
   * other.
   *
   * @param certificates of which the first one is the key's
   */
  public static Optional<Identity> parse(String certificates, String key) {
    var chain = Certificates.parse(certificates);
    return chain.isEmpty()
        ? Optional.empty()
        : key(key).map(k -> new Identity(chain, k)).filter(Identity::belongTogether);
  }

  /** The first private key in a text, in any of the usual forms; none that is encrypted. */
  public static Optional<PrivateKey> key(String pem) {
    var own = Pem.blocks("PRIVATE KEY", pem).stream().findFirst().flatMap(Identity::ownKey);
    return own.isPresent() ? own : anyKey(pem);
  }

  /** The form in which the operator writes its own, without another library. */
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
      // As good as none.
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

  /** The key's certificate. */
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** The key as PEM: a secret. */
  public String keyAsPem() {
    return Pem.write("PRIVATE KEY", key.getEncoded());
  }

  /** Without the key, which belongs into no log. */
  @Override
  public String toString() {
    return "Identity[%s, until %s]"
        .formatted(
            certificate().getSubjectX500Principal().getName(),
            certificate().getNotAfter().toInstant());
  }
}
