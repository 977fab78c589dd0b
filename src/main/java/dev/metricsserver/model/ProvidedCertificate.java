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

/** A serving certificate in a Secret of the user or of an issuer, or why it cannot be used. */
public sealed interface ProvidedCertificate {

  /**
   * A certificate that can be used.
   *
   * @param leaf the certificate with its key, for the pods to serve
   * @param authorities the CAs that verify it, at least one
   */
  record Usable(Identity leaf, List<X509Certificate> authorities) implements ProvidedCertificate {}

  /**
   * A certificate that cannot be used.
   *
   * @param secret where it is expected
   */
  record Unusable(ObjectName secret, Problem problem) implements ProvidedCertificate {

    /** Reports whether the Secret exists. */
    public boolean exists() {
      return !(problem instanceof Problem.Missing || problem instanceof Problem.NotIssued);
    }
  }

  /** Why a certificate cannot be used. */
  sealed interface Problem {

    /** The Secret does not exist. */
    record Missing() implements Problem {}

    /** cert-manager has not created the Secret for this Certificate yet. */
    record NotIssued(String certificate) implements Problem {}

    /** The operator has no right to read the Secret; the message is the API server's. */
    record Forbidden(String message) implements Problem {}

    /** The API server did not return the Secret; the message says why. */
    record Unreadable(String message) implements Problem {}

    /** {@code tls.crt} holds no certificate in PEM. */
    record NoCertificate() implements Problem {}

    /** {@code tls.key} holds no unencrypted private key in PEM. */
    record NoKey() implements Problem {}

    /** {@code tls.key} is not the key of the first certificate in {@code tls.crt}. */
    record OtherKey() implements Problem {}

    /** The certificate has these names, and not the one that the API servers ask for. */
    record OtherNames(String expected, List<String> names) implements Problem {}

    /** The certificate expired. */
    record Expired(Instant at) implements Problem {}

    /** The certificate is not valid yet. */
    record NotYetValid(Instant from) implements Problem {}

    /** {@code ca.crt} holds no valid certificate in PEM. */
    record NoAuthority() implements Problem {}

    /** No CA in {@code ca.crt} has signed the certificate for a server. */
    record NotSigned() implements Problem {}
  }

  /** The keys of a Secret of type kubernetes.io/tls, and of the CA beside them. */
  String CERTIFICATE = "tls.crt";

  String KEY = "tls.key";
  String AUTHORITY = "ca.crt";

  /**
   * Judges the content of a Secret.
   *
   * @param data its text by key
   * @param name the DNS name that the API servers ask for
   */
  static ProvidedCertificate of(
      ObjectName secret, Map<String, String> data, String name, Instant now) {
    var chain = Certificates.parse(data.getOrDefault(CERTIFICATE, ""));
    if (chain.isEmpty()) {
      return new Unusable(secret, new Problem.NoCertificate());
    }
    if (Identity.key(data.getOrDefault(KEY, "")).isEmpty()) {
      return new Unusable(secret, new Problem.NoKey());
    }
    var identity = Identity.parse(data.get(CERTIFICATE), data.get(KEY));
    if (identity.isEmpty()) {
      return new Unusable(secret, new Problem.OtherKey());
    }
    var authorities =
        Certificates.parse(data.getOrDefault(AUTHORITY, "")).stream()
            .filter(authority -> !now.isAfter(authority.getNotAfter().toInstant()))
            .toList();
    return leafProblem(chain.getFirst(), name, now)
        .or(() -> chainProblem(chain, authorities, now))
        .<ProvidedCertificate>map(problem -> new Unusable(secret, problem))
        .orElseGet(() -> new Usable(identity.get(), authorities));
  }

  private static Optional<Problem> leafProblem(X509Certificate leaf, String name, Instant now) {
    var names = names(leaf);
    if (!SubjectNames.cover(names, name)) {
      return Optional.of(new Problem.OtherNames(name, names));
    }
    var notAfter = leaf.getNotAfter().toInstant();
    if (now.isAfter(notAfter)) {
      return Optional.of(new Problem.Expired(notAfter));
    }
    var notBefore = leaf.getNotBefore().toInstant();
    return now.isBefore(notBefore)
        ? Optional.of(new Problem.NotYetValid(notBefore))
        : Optional.empty();
  }

  private static Optional<Problem> chainProblem(
      List<X509Certificate> chain, List<X509Certificate> authorities, Instant now) {
    if (authorities.isEmpty()) {
      return Optional.of(new Problem.NoAuthority());
    }
    return new CertificateChain(chain).leadsTo(authorities, now)
        ? Optional.empty()
        : Optional.of(new Problem.NotSigned());
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
