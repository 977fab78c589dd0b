package dev.metricsserver.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Optional;

/** A certificate with its private key, an elliptic-curve one. */
public record Identity(X509Certificate certificate, PrivateKey key) {

  private static final byte[] SAMPLE = {1};

  /**
   * Reads both from PEM; empty when one is missing, cannot be read, or does not belong to the
   * other.
   *
   * @param certificates of which the first one counts
   */
  public static Optional<Identity> parse(String certificates, String key) {
    return Certificates.parse(certificates).stream()
        .findFirst()
        .flatMap(certificate -> key(key).map(k -> new Identity(certificate, k)))
        .filter(Identity::belongTogether);
  }

  private static Optional<PrivateKey> key(String pem) {
    try {
      var block = Pem.blocks("PRIVATE KEY", pem).stream().findFirst();
      return block.isEmpty()
          ? Optional.empty()
          : Optional.of(
              KeyFactory.getInstance("EC")
                  .generatePrivate(new PKCS8EncodedKeySpec(Pem.decode(block.get()))));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private boolean belongTogether() {
    try {
      var signature = Signature.getInstance(Issuer.SIGNATURE);
      signature.initSign(key);
      signature.update(SAMPLE);
      var signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(SAMPLE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
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
            certificate.getSubjectX500Principal().getName(), certificate.getNotAfter().toInstant());
  }
}
