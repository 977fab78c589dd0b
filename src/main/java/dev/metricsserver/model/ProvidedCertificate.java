package dev.metricsserver.model;

import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A serving certificate in a Secret that is not the operator's, or why it cannot be used. */
public sealed interface ProvidedCertificate {

  /**
   * It can.
   *
   * @param leaf what the pods are to serve
   * @param authorities whom it is verified by, at least one
   */
  record Usable(Identity leaf, List<X509Certificate> authorities) implements ProvidedCertificate {}

  /**
   * It cannot.
   *
   * @param why a sentence
   * @param remedy what mends it: a sentence, or commands
   * @param there whether there is such a Secret at all
   */
  record Unusable(String why, String remedy, boolean there) implements ProvidedCertificate {}

  /** The keys of a Secret of type kubernetes.io/tls, and of the CA beside them. */
  String CERTIFICATE = "tls.crt";

  String KEY = "tls.key";
  String AUTHORITY = "ca.crt";

  /**
   * What there is to say of a Secret's content.
   *
   * @param place the Secret, as a sentence names it
   * @param data its text by key
   * @param name the DNS name by which the API servers ask for the certificate
   */
  static ProvidedCertificate of(String place, Map<String, String> data, String name, Instant now) {
    var chain = Certificates.parse(data.getOrDefault(CERTIFICATE, ""));
    if (chain.isEmpty()) {
      return unusable(
          "the %s has no certificate in PEM under tls.crt".formatted(place),
          "put it there, as text between -----BEGIN CERTIFICATE----- and -----END"
              + " CERTIFICATE-----");
    }
    if (Identity.key(data.getOrDefault(KEY, "")).isEmpty()) {
      return unusable(
          "the %s has no private key in PEM under tls.key that can be read".formatted(place),
          "put it there unencrypted: RSA, or elliptic-curve");
    }
    var identity = Identity.parse(data.get(CERTIFICATE), data.get(KEY));
    if (identity.isEmpty()) {
      return unusable(
          "tls.key of the %s is not the key of the first certificate in tls.crt".formatted(place),
          "put there both of one certificate, the server's own before those of CAs");
    }
    var leaf = chain.getFirst();
    if (!SubjectNames.cover(names(leaf), name)) {
      return unusable(
          "the certificate in tls.crt of the %s is for %s, and not for %s, by which the API servers ask for it"
              .formatted(place, said(names(leaf)), name),
          "put one there that has the DNS name %s among its subject alternative names"
              .formatted(name));
    }
    if (now.isAfter(leaf.getNotAfter().toInstant())) {
      return unusable(
          "the certificate in tls.crt of the %s expired at %s"
              .formatted(place, leaf.getNotAfter().toInstant()),
          "put a new one there");
    }
    if (now.isBefore(leaf.getNotBefore().toInstant())) {
      return unusable(
          "the certificate in tls.crt of the %s is not valid before %s"
              .formatted(place, leaf.getNotBefore().toInstant()),
          "put one there that is valid now, or set the clock right");
    }
    var authorities =
        Certificates.parse(data.getOrDefault(AUTHORITY, "")).stream()
            .filter(authority -> !now.isAfter(authority.getNotAfter().toInstant()))
            .toList();
    if (authorities.isEmpty()) {
      return unusable(
          "the %s has no certificate of a CA in PEM under ca.crt that is valid".formatted(place),
          "put the CA there that signed tls.crt: the API servers verify by it");
    }
    if (!new CertificateChain(chain).leadsTo(authorities, now)) {
      return unusable(
          "the certificate in tls.crt of the %s is not signed by a CA in ca.crt for a server"
              .formatted(place),
          "put the CA there that signed it, and CAs in between into tls.crt after it");
    }
    return new Usable(identity.get(), authorities);
  }

  private static Unusable unusable(String why, String remedy) {
    return new Unusable(why, remedy, true);
  }

  private static String said(List<String> names) {
    return names.isEmpty() ? "no name" : String.join(", ", names);
  }

  private static List<String> names(X509Certificate leaf) {
    try {
      return Optional.ofNullable(leaf.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .map(List::getLast)
          .filter(String.class::isInstance)
          .map(name -> ((String) name).toLowerCase(Locale.ROOT))
          .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }
}
