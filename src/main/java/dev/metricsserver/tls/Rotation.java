package dev.metricsserver.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Replaces certificates after two thirds of their life, in steps that fail no request.
 *
 * <p>First the API servers trust a new CA in addition to the old one. When the APIService contains
 * it, the new CA signs a new leaf. When every pod serves that leaf, the old CA is removed. The
 * cluster shows which steps are done, so a restarted operator continues with the next one.
 *
 * <p>Certificates of another issuer are replaced in the same steps, even if leaf and CA change
 * together: the pods serve a copy, which is updated when the new CA is trusted.
 */
public final class Rotation {

  /** The time until every API server has read a changed APIService. */
  private static final Duration TRUST_SPREADS = Duration.ofSeconds(30);

  /**
   * The time until every pod serves the certificate in its Secret: in large clusters a kubelet may
   * read a Secret only every five minutes, and metrics-server reads its files every minute.
   */
  private static final Duration LEAF_SPREADS = Duration.ofMinutes(10);

  /** A certificate that is valid only after this time was created while the clock was wrong. */
  private static final Duration CLOCKS_DIFFER = Duration.ofDays(1);

  private final ServingCertificates found;
  private final List<X509Certificate> published;
  private final boolean everywhere;
  private final Instant now;

  private Rotation(
      ServingCertificates found, List<X509Certificate> published, boolean everywhere, Instant now) {
    this.found = found;
    this.published = published;
    this.everywhere = everywhere;
    this.now = now;
  }

  /**
   * Returns the desired content of the Secrets; {@code found} if nothing has to change.
   *
   * @param published the CAs in the APIService; empty if it verifies nothing or does not exist
   * @param names the DNS names of the leaf
   * @param everywhere whether all pods serve the certificate in the Secret
   */
  public static ServingCertificates next(
      ServingCertificates found,
      List<X509Certificate> published,
      List<String> names,
      boolean everywhere,
      Instant now) {
    return new Rotation(found, published, everywhere, now).own(names);
  }

  /**
   * Returns the desired content of the Secrets for a certificate of another issuer.
   *
   * @param leaf the certificate that the pods should serve
   * @param authorities the CAs that verify it
   */
  public static ServingCertificates next(
      ServingCertificates found,
      List<X509Certificate> published,
      Identity leaf,
      List<X509Certificate> authorities,
      boolean everywhere,
      Instant now) {
    return new Rotation(found.withoutAuthority(), published, everywhere, now)
        .given(leaf, authorities);
  }

  private ServingCertificates given(Identity leaf, List<X509Certificate> authorities) {
    var same = found.leaf().map(Identity::chain).filter(leaf.chain()::equals).isPresent();
    var settled = everywhere && same && passed(found.changed(), LEAF_SPREADS);
    var trusted = settled ? authorities : trusted(authorities);
    var takesOver =
        !same
            && (published.isEmpty()
                || (published.containsAll(authorities)
                    && (replacesNothing() || passed(found.changed(), TRUST_SPREADS))));
    return new ServingCertificates(
        Optional.empty(),
        trusted,
        takesOver ? Optional.of(leaf) : found.leaf(),
        takesOver || !found.trusted().containsAll(trusted) ? now : found.changed());
  }

  /** Whether no request depends on the present leaf. */
  private boolean replacesNothing() {
    return found.leaf().filter(leaf -> !expired(leaf.certificate())).isEmpty();
  }

  private ServingCertificates own(List<String> names) {
    var authority =
        found.authority().filter(a -> !due(a.certificate())).orElseGet(() -> Issuer.authority(now));
    var current = authority.certificate();
    var fresh = found.leaf().filter(leaf -> isFresh(leaf.certificate(), current, names));
    var settled =
        everywhere
            && fresh.filter(l -> passed(Issuer.issued(l.certificate()), LEAF_SPREADS)).isPresent();
    return new ServingCertificates(
        Optional.of(authority),
        settled ? List.of(current) : trusted(List.of(current)),
        fresh.or(() ->
            trustedEverywhere(current)
                ? Optional.of(Issuer.leaf(authority, names, now))
                : found.leaf()),
        isAddedNow(current) ? now : found.changed());
  }

  /**
   * Whether a CA is not in the APIService yet, and was created so long ago that its age does not
   * tell when it was added.
   */
  private boolean isAddedNow(X509Certificate authority) {
    return !replacesNothing()
        && !published.isEmpty()
        && !published.contains(authority)
        && passed(Issuer.issued(authority), TRUST_SPREADS)
        && passed(found.changed(), TRUST_SPREADS);
  }

  /** The signing CA, and all CAs that may have signed a certificate that a pod still serves. */
  private List<X509Certificate> trusted(List<X509Certificate> current) {
    return Stream.of(
            current.stream(),
            found.authority().stream().map(Identity::certificate),
            found.trusted().stream(),
            published.stream())
        .flatMap(certificates -> certificates)
        .distinct()
        .filter(certificate -> !expired(certificate))
        .toList();
  }

  /**
   * Whether every API server accepts a leaf of this CA. While the present leaf is accepted, a new
   * one can wait.
   */
  private boolean trustedEverywhere(X509Certificate authority) {
    var another =
        found
            .leaf()
            .map(Identity::certificate)
            .filter(leaf -> !expired(leaf) && !signed(leaf, authority))
            .isPresent();
    return published.isEmpty()
        || (published.contains(authority)
            && (!another
                || (passed(Issuer.issued(authority), TRUST_SPREADS)
                    && passed(found.changed(), TRUST_SPREADS))));
  }

  private boolean isFresh(X509Certificate leaf, X509Certificate authority, List<String> names) {
    return !due(leaf) && signed(leaf, authority) && names(leaf).containsAll(names);
  }

  private boolean due(X509Certificate certificate) {
    var from = certificate.getNotBefore().toInstant();
    var life = Duration.between(from, certificate.getNotAfter().toInstant());
    return passed(from, life.multipliedBy(2).dividedBy(3))
        || now.isBefore(from.minus(CLOCKS_DIFFER));
  }

  private boolean expired(X509Certificate certificate) {
    return now.isAfter(certificate.getNotAfter().toInstant());
  }

  private boolean passed(Instant since, Duration duration) {
    return !now.isBefore(since.plus(duration));
  }

  /** Returns whether a CA has signed a leaf. */
  static boolean signed(X509Certificate leaf, X509Certificate authority) {
    try {
      leaf.verify(authority.getPublicKey());
      return leaf.getIssuerX500Principal().equals(authority.getSubjectX500Principal());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static List<Object> names(X509Certificate leaf) {
    try {
      return Optional.ofNullable(leaf.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .<Object>map(List::getLast)
          .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }
}
