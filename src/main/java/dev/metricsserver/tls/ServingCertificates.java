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

  /** Reads them from PEM; what is missing is empty text, and what cannot be read is as missing. */
  public static ServingCertificates parse(
      String authority, String authorityKey, String trusted, String leaf, String leafKey) {
    return new ServingCertificates(
        Identity.parse(authority, authorityKey),
        Certificates.parse(trusted),
        Identity.parse(leaf, leafKey));
  }
}
