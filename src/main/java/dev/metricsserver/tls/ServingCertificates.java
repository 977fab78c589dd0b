package dev.metricsserver.tls;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What the two Secrets hold, or are to hold.
 *
 * @param authority the CA that signs
 * @param trusted the certificates of all CAs that may have signed what a pod serves, the one that
 *     signs first
 * @param leaf what the pods serve
 */
public record ServingCertificates(
    Optional<Identity> authority, List<X509Certificate> trusted, Optional<Identity> leaf) {

  /**
   * Reads them from PEM. What is as it was the last time is not read again: to find out whether a
   * key belongs to its certificate takes as long as all other decisions together.
   */
  public static final class Reader {

    private List<String> last = List.of();
    private ServingCertificates certificates;

    /** What is missing is empty text, and what cannot be read is as missing. */
    public synchronized ServingCertificates read(
        String authority, String authorityKey, String trusted, String leaf, String leafKey) {
      var now = List.of(authority, authorityKey, trusted, leaf, leafKey);
      if (!now.equals(last)) {
        certificates =
            new ServingCertificates(
                Identity.parse(authority, authorityKey),
                Certificates.parse(trusted),
                Identity.parse(leaf, leafKey));
        last = now;
      }
      return certificates;
    }
  }
}
