package dev.metricsserver.diagnosis;

import dev.metricsserver.model.MissingRight;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.ProvidedCertificate.Problem;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import java.util.List;

/** Why a provided serving certificate cannot be used, and the remedy. */
public final class ProvidedCertificateText {

  private ProvidedCertificateText() {}

  /** Returns the problem as a clause. */
  public static String message(Unusable unusable) {
    var secret = unusable.secret().described();
    return switch (unusable.problem()) {
      case Problem.Missing _ -> "there is no " + secret;
      case Problem.NotIssued(var certificate) ->
          "cert-manager has not issued the Certificate %s in namespace %s yet"
              .formatted(certificate, unusable.secret().namespace());
      case Problem.Forbidden _ -> "the operator is not allowed to read the " + secret;
      case Problem.Unreadable(var message) ->
          "the %s could not be read: %s".formatted(secret, message);
      case Problem.NoCertificate _ ->
          "the %s has no certificate in PEM under tls.crt".formatted(secret);
      case Problem.NoKey _ ->
          "the %s has no unencrypted private key in PEM under tls.key".formatted(secret);
      case Problem.OtherKey _ ->
          "tls.key of the %s is not the key of the first certificate in tls.crt".formatted(secret);
      case Problem.OtherNames(var expected, var names) ->
          "the certificate in tls.crt of the %s is for %s, but the API servers ask for %s"
              .formatted(secret, listed(names), expected);
      case Problem.Expired(var at) ->
          "the certificate in tls.crt of the %s expired at %s".formatted(secret, at);
      case Problem.NotYetValid(var from) ->
          "the certificate in tls.crt of the %s is not valid before %s".formatted(secret, from);
      case Problem.NoAuthority _ ->
          "the %s has no valid CA certificate in PEM under ca.crt".formatted(secret);
      case Problem.NotSigned _ ->
          "the certificate in tls.crt of the %s is not a server certificate signed by a CA in ca.crt"
              .formatted(secret);
    };
  }

  /** Returns the remedy. */
  public static Remedy remedy(Unusable unusable) {
    return switch (unusable.problem()) {
      case Problem.Missing _ -> create(unusable.secret());
      case Problem.NotIssued _ ->
          Remedy.of(
              Step.run(
                  "to see the reason",
                  "kubectl -n %s describe certificates.cert-manager.io,issuers.cert-manager.io",
                  unusable.secret().namespace()));
      case Problem.Forbidden(var message) -> allow(message);
      case Problem.Unreadable _ ->
          Remedy.none("none if it passes: the operator reads it again within a minute");
      case Problem.NoCertificate _ ->
          Remedy.manual(
              "put the certificate there, as text between -----BEGIN CERTIFICATE----- and"
                  + " -----END CERTIFICATE-----");
      case Problem.NoKey _ ->
          Remedy.manual("put the RSA or elliptic-curve key there, without a password");
      case Problem.OtherKey _ ->
          Remedy.manual(
              "put the key and the certificate that belong together there, the server's"
                  + " certificate before those of CAs");
      case Problem.OtherNames(var expected, _) ->
          Remedy.manual(
              "put a certificate there that has the DNS name %s among its subject alternative names"
                  .formatted(expected));
      case Problem.Expired _ -> Remedy.manual("put a new certificate there");
      case Problem.NotYetValid _ ->
          Remedy.manual("put a certificate there that is valid now, or correct the clock");
      case Problem.NoAuthority _ ->
          Remedy.manual(
              "put the CA certificate that signed tls.crt there, for the API servers to verify"
                  + " with");
      case Problem.NotSigned _ ->
          Remedy.manual(
              "put the CA certificate that signed it there, and intermediate CAs into tls.crt"
                  + " after it");
    };
  }

  private static Remedy create(ObjectName secret) {
    return Remedy.of(
        Step.run(
            "",
            "kubectl -n %s create secret generic %s --type=kubernetes.io/tls --from-file=tls.crt"
                + " --from-file=tls.key --from-file=ca.crt",
            secret.namespace(),
            secret.name()));
  }

  /** A policy that rejects a request names no right, so its message is shown. */
  private static Remedy allow(String message) {
    return MissingRight.of(message)
        .map(OperatorRemedy::grant)
        .orElseGet(
            () -> Remedy.manual("exempt the operator from the policy that rejects it: " + message));
  }

  private static String listed(List<String> names) {
    return names.isEmpty() ? "no name" : String.join(", ", names);
  }
}
