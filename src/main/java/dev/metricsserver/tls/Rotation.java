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
 * When certificates are replaced: after two thirds of their life, in steps that no request notices.
 *
 * <p>A new CA is trusted beside the old one first. When the registration of the metrics API says
 * so, it signs a new leaf. When every pod surely serves that, the old CA is dropped. Each step is
 * seen in the cluster, so whoever goes on after a crash goes on from there.
 *
 * <p>What somebody else issues goes the same way, also when its leaf and its CA come at once: the
 * pods serve a copy, which waits until it is trusted.
 */
public final class Rotation {

  /** Until every API server has heard whom to trust. */
  private static final Duration TRUST_SPREADS = Duration.ofSeconds(30);

  /**
   * Until every pod serves what its Secret holds: in large clusters kubelets may look at a Secret
   * only every five minutes, and metrics-server looks at its files every minute.
   */
  private static final Duration LEAF_SPREADS = Duration.ofMinutes(10);

  /** More than this in the future, a certificate was made while the clock was wrong. */
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
   * What the Secrets are to hold now; what is found, as long as nothing is to be done.
   *
   * @param published whom the registration of the metrics API trusts; empty when it trusts anybody,
   *     or is not there
   * @param names the DNS names that the leaf must have
   * @param everywhere whether all pods serve from the Secret
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
   * The same where somebody else issues.
   *
   * @param leaf what the pods are to serve
   * @param authorities whom it is verified by
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

  /** Whether no request depends on what is served until now. */
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
        trustedAnew(current) ? now : found.changed());
  }

  /** Whether a CA is not published yet that is too old for its age to tell since when it is. */
  private boolean trustedAnew(X509Certificate authority) {
    return !replacesNothing()
        && !published.isEmpty()
        && !published.contains(authority)
        && passed(Issuer.issued(authority), TRUST_SPREADS)
        && passed(found.changed(), TRUST_SPREADS);
  }

  /** The CA that signs, and all that may have signed what is served until now. */
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

  /** Whether a leaf of this CA would be accepted; as long as another CA's is, it can wait. */
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

  /** Whether a leaf is of this CA. */
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
