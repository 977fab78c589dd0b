package dev.metricsserver.model;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The certificates that a server presented, and whether they lead to a CA by the rules of Go's
 * x509, since it is metrics-server that will verify them.
 *
 * @param presented the server's own first; the others in any order
 */
public record CertificateChain(List<X509Certificate> presented) {

  /** Extended key usages that let a certificate be a server's: serverAuth and any. */
  private static final Set<String> SERVER = Set.of("1.3.6.1.5.5.7.3.1", "2.5.29.37.0");

  private static final int SIGNS_CERTIFICATES = 5;

  public X509Certificate leaf() {
    return presented.getFirst();
  }

  /**
   * Whether the chain leads to one of the authorities, each of them valid now. The dates of the
   * server's own certificate do not matter: they are told apart from the signature.
   */
  public boolean leadsTo(List<X509Certificate> authorities, Instant now) {
    // Like Go, a certificate that is itself trusted needs no signature.
    if (authorities.contains(leaf())) {
      return servesServers(leaf());
    }
    var anchors =
        authorities.stream()
            .filter(a -> validAt(a, now) && maySign(a) && servesServers(a))
            // By name and key: PKIX would ask a certificate whether it was valid at another date.
            .map(a -> new TrustAnchor(a.getSubjectX500Principal(), a.getPublicKey(), null))
            .collect(Collectors.toSet());
    if (anchors.isEmpty()) {
      return false;
    }
    try {
      return path(anchors, now).getCertPath().getCertificates().stream()
          .map(X509Certificate.class::cast)
          .allMatch(certificate -> strong(certificate) && servesServers(certificate));
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private PKIXCertPathBuilderResult path(Set<TrustAnchor> anchors, Instant now)
      throws GeneralSecurityException {
    var target = new X509CertSelector();
    target.setCertificate(leaf());
    var parameters = new PKIXBuilderParameters(anchors, target);
    parameters.setRevocationEnabled(false);
    parameters.setDate(dateWithin(leaf(), now));
    var intermediates =
        presented.stream().filter(c -> c.equals(leaf()) || validAt(c, now)).toList();
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(intermediates)));
    return (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
  }

  @SuppressWarnings("JavaUtilDate") // PKIX knows no other.
  private static Date dateWithin(X509Certificate certificate, Instant now) {
    var notBefore = certificate.getNotBefore().toInstant();
    var notAfter = certificate.getNotAfter().toInstant();
    return Date.from(now.isBefore(notBefore) ? notBefore : now.isAfter(notAfter) ? notAfter : now);
  }

  private static boolean validAt(X509Certificate certificate, Instant now) {
    try {
      certificate.checkValidity(Date.from(now));
      return true;
    } catch (CertificateExpiredException | CertificateNotYetValidException e) {
      return false;
    }
  }

  /** What PKIX does not ask of a trust anchor, and Go does. */
  private static boolean maySign(X509Certificate authority) {
    var usage = authority.getKeyUsage();
    return (authority.getVersion() < 3 || authority.getBasicConstraints() >= 0)
        && (usage == null || usage[SIGNS_CERTIFICATES]);
  }

  private static boolean strong(X509Certificate certificate) {
    return !certificate.getSigAlgName().startsWith("SHA1");
  }

  private static boolean servesServers(X509Certificate certificate) {
    try {
      var usages = certificate.getExtendedKeyUsage();
      return usages == null || usages.isEmpty() || usages.stream().anyMatch(SERVER::contains);
    } catch (CertificateParsingException e) {
      return false;
    }
  }
}
