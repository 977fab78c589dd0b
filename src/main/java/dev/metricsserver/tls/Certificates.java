package dev.metricsserver.tls;

import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Certificates in PEM. */
public final class Certificates {

  private Certificates() {}

  /**
   * Parses the certificates in a text. Like Go's {@code AppendCertsFromPEM} it ignores everything
   * else, such as a private key or a malformed certificate.
   */
  public static List<X509Certificate> parse(String pem) {
    var certificates = new ArrayList<X509Certificate>();
    for (var block : Pem.blocks("CERTIFICATE", pem)) {
      try {
        if (CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Pem.decode(block)))
            instanceof X509Certificate certificate) {
          certificates.add(certificate);
        }
      } catch (CertificateException | IllegalArgumentException e) {
        // Ignored, as by Go.
      }
    }
    return List.copyOf(certificates);
  }

  /** Returns certificates as PEM; equal certificates give equal text. */
  public static String pem(List<X509Certificate> certificates) {
    return certificates.stream()
        .map(certificate -> Pem.write("CERTIFICATE", encoded(certificate)))
        .collect(Collectors.joining());
  }

  /**
   * Returns the SHA-256 digest of a certificate in hexadecimal, as openssl prints it without the
   * colons.
   */
  public static String fingerprint(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(encoded(certificate)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a parsed certificate cannot be encoded", e);
    }
  }
}
