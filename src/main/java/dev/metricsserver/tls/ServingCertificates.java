package dev.metricsserver.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The content of the two Secrets, observed or desired.
 *
 * @param authority the operator's CA; empty if another issuer signs
 * @param trusted the certificates of all CAs that may have signed a certificate that a pod serves;
 *     the signing CA is the first
 * @param leaf the certificate that the pods serve
 * @param changed when the Secret of the pods was last changed, if the certificates do not tell it;
 *     {@link Instant#EPOCH} if long ago
 */
public record ServingCertificates(
    Optional<Identity> authority,
    List<X509Certificate> trusted,
    Optional<Identity> leaf,
    Instant changed) {

  /** Empty Secrets. */
  public static final ServingCertificates NONE =
      new ServingCertificates(Optional.empty(), List.of(), Optional.empty(), Instant.EPOCH);

  /**
   * Parses the Secrets. Keeps the last result, because the check that a key belongs to its
   * certificate takes as long as the rest of a reconcile.
   */
  public static final class Reader {

    private List<String> last = List.of();
    private ServingCertificates certificates;

    /** Parses PEM; empty text means missing, and malformed PEM is treated as missing. */
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

  /** Returns a copy without the signing CA, which is then not changed. */
  public ServingCertificates withoutAuthority() {
    return new ServingCertificates(Optional.empty(), trusted, leaf, changed);
  }
}
