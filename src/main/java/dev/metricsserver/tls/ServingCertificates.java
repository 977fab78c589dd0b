package dev.metricsserver.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the two Secrets hold, or are to hold.
 *
 * @param authority the operator's CA, where it is the one that signs
 * @param trusted the certificates of all CAs that may have signed what a pod serves, the one that
 *     signs first
 * @param leaf what the pods serve
 * @param changed since when the pods' Secret has said so, where the certificates do not tell it;
 *     {@link Instant#EPOCH} for long
 */
public record ServingCertificates(
    Optional<Identity> authority,
    List<X509Certificate> trusted,
    Optional<Identity> leaf,
    Instant changed) {

  /** There is nothing. */
  public static final ServingCertificates NONE =
      new ServingCertificates(Optional.empty(), List.of(), Optional.empty(), Instant.EPOCH);

  /**
   * Reads them from PEM. What is as it was the last time is not read again: to find out whether a
   * key belongs to its certificate takes as long as all other decisions together.
   */
  public static final class Reader {

    private List<String> last = List.of();
    private ServingCertificates certificates;

    /** What is missing is empty text, and what cannot be read is as missing. */
    public synchronized ServingCertificates read(
        String authority,
        String authorityKey,
        String trusted,
        String leaf,
        String leafKey,
        Instant changed) {
      var now = List.of(authority, authorityKey, trusted, leaf, leafKey, changed.toString());
      if (!now.equals(last)) {
        certificates =
            new ServingCertificates(
                Identity.parse(authority, authorityKey),
                Certificates.parse(trusted).stream().distinct().toList(),
                Identity.parse(leaf, leafKey),
                changed);
        last = now;
      }
      return certificates;
    }
  }

  /** The same without the CA that signs, which then stays as it is. */
  public ServingCertificates withoutAuthority() {
    return new ServingCertificates(Optional.empty(), trusted, leaf, changed);
  }
}
