package dev.metricsserver.facts;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** Certificates in PEM. */
public final class Certificates {

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----");

  private Certificates() {}

  /**
   * The certificates in a text; like Go's {@code AppendCertsFromPEM} it passes over everything
   * else, a private key or a certificate that cannot be read.
   */
  public static List<X509Certificate> parse(String pem) {
    var certificates = new ArrayList<X509Certificate>();
    var block = BLOCK.matcher(pem);
    while (block.find()) {
      try {
        var der = Base64.getMimeDecoder().decode(block.group(1));
        if (CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(der))
            instanceof X509Certificate certificate) {
          certificates.add(certificate);
        }
      } catch (CertificateException | IllegalArgumentException e) {
        // Passed over.
      }
    }
    return List.copyOf(certificates);
  }

  /**
   * Certificates as text, always written the same.
   *
   * @throws CertificateException when one cannot be encoded
   */
  static String pem(List<X509Certificate> certificates) throws CertificateException {
    var text = new StringBuilder();
    for (var certificate : certificates) {
      text.append("-----BEGIN CERTIFICATE-----\n")
          .append(
              Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded()))
          .append("\n-----END CERTIFICATE-----\n");
    }
    return text.toString();
  }
}
