package dev.metricsserver.diagnosis;

import dev.metricsserver.model.MissingRight;
import dev.metricsserver.model.TrustBundle.Missing;
import dev.metricsserver.model.TrustBundle.Problem;
import java.util.Locale;
import java.util.Optional;

/** Why the kubelets' configured CA cannot be used, and the remedy. */
public final class TrustBundleText {

  private static final String FIELD = "spec.kubelet.tls.certificateAuthority";
  private static final String ACCOUNT = "metrics-server-operator:metrics-server-operator";
  private static final String ROLE = "metrics-server-operator-kubelet-ca";

  private TrustBundleText() {}

  /** Returns the problem as a clause. */
  public static String message(Missing missing) {
    var object = missing.object().described();
    return switch (missing.problem()) {
      case Problem.NoObject _ -> "there is no " + object;
      case Problem.NoKey _ -> "the %s has no key %s".formatted(object, missing.key());
      case Problem.NoCertificate _ ->
          "the key %s of %s holds no certificate in PEM".formatted(missing.key(), object);
      case Problem.Forbidden _ -> "the operator is not allowed to read the " + object;
      case Problem.Unreadable(var message) ->
          "the %s could not be read: %s".formatted(object, message);
    };
  }

  /** Returns the remedy. */
  public static Remedy remedy(Missing missing) {
    return switch (missing.problem()) {
      case Problem.NoObject _ ->
          Remedy.manual("create it with the kubelets' CA under the key " + missing.key())
              .or("name another one in " + FIELD);
      case Problem.NoKey _ ->
          Remedy.manual("put the kubelets' CA under that key").or("name another one in " + FIELD);
      case Problem.NoCertificate _ ->
          Remedy.manual(
              "put the kubelets' CA there, as text between -----BEGIN CERTIFICATE----- and"
                  + " -----END CERTIFICATE-----");
      case Problem.Forbidden(var message) -> OperatorRemedy.grant(right(missing, message), ROLE);
      case Problem.Unreadable _ ->
          Remedy.none("none if it passes: the operator reads it again within a minute");
    };
  }

  /** The right to read this object alone; the API server's answer names the account. */
  private static MissingRight right(Missing missing, String message) {
    var object = missing.object();
    return new MissingRight(
        MissingRight.of(message).map(MissingRight::account).orElse(ACCOUNT),
        "get",
        object.kind().toLowerCase(Locale.ROOT) + "s",
        Optional.of(object.name()),
        Optional.of(object.namespace()));
  }
}
