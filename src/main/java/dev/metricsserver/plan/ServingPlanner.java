package dev.metricsserver.plan;

import static java.util.stream.Collectors.joining;

import dev.metricsserver.api.ServingSpec;
import dev.metricsserver.api.ServingSpec.CipherSuite;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.api.ServingSpec.Version;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.MetricsServerPlan.Reason;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.ServingTLS.CertManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides how metrics-server's serving certificate is verified. A pod and the registration change
 * one after the other, in the order in which no request fails: before pods serve another
 * certificate it must be trusted, and before it is all that is trusted they must serve it. Once
 * verified, only the user's word ends that.
 */
final class ServingPlanner {

  private static final String PATH = "/etc/metrics-server/serving";

  private final ServingSpec.TLS spec;
  private final ServingFacts facts;

  ServingPlanner(ServingSpec.TLS spec, ServingFacts facts) {
    this.spec = spec;
    this.facts = facts;
  }

  ServingTLS tls() {
    return switch (spec.source()) {
      case Operator -> mounted("the operator's CA");
      case CertManager -> mounted("the CA of cert-manager's issuer");
      case Secret -> mounted("ca.crt of Secret " + spec.secret().name());
      case SelfSigned ->
          decision(
              // Until the API servers have stopped to verify it.
              facts.registration().filter(Registration::verified).isPresent(),
              Optional.empty(),
              ServingTLS.SELF_SIGNED,
              "each pod makes its own certificate, so the API servers accept any"
                  + " (insecureSkipTLSVerify), as spec.serving.tls.source asks for");
    };
  }

  /**
   * What is served is in the operator's Secret, whoever issues it.
   *
   * @param authority by whom it is verified, for people
   */
  private ServingTLS mounted(String authority) {
    var verified = facts.registration().filter(Registration::verified).isPresent();
    if (unusable().isPresent() && !verified) {
      return decision(true, Optional.empty(), ServingTLS.NOT_ISSUED, unusable().get().why());
    }
    if (facts.registration().isPresent() && !verified && !facts.everywhere()) {
      return decision(
          true,
          Optional.empty(),
          ServingTLS.PODS_NOT_REPLACED,
          "the API servers accept any certificate until the last pod that makes its own is"
              + " replaced");
    }
    return caBundle()
        .map(bundle ->
            decision(
                true,
                Optional.of(bundle),
                ServingTLS.VERIFIED,
                unusable()
                    .map(u ->
                        "the API servers verify the certificate of before; the one that is"
                            + " asked for cannot be used: "
                            + u.why())
                    .orElse("the API servers verify metrics-server's certificate by " + authority)))
        .orElseGet(() ->
            decision(true, Optional.empty(), ServingTLS.NOT_ISSUED, "there is no certificate yet"));
  }

  /** Without its kinds nobody issues, and whatever is served stays so. */
  Optional<Violation> violation() {
    return spec.source() == Source.CertManager && !facts.certManager()
        ? Optional.of(
            new Violation(
                "serving.tls.source",
                "CertManager needs cert-manager, and the cluster has no certificates and issuers of"
                    + " cert-manager.io/v1",
                "install it, see https://cert-manager.io/docs/installation/, or set"
                    + " spec.serving.tls.source: Operator"))
        : Optional.empty();
  }

  private CertManager certManager() {
    return new CertManager(
        facts.certManager(),
        spec.source() == Source.CertManager,
        Optional.ofNullable(spec.certManager()).map(ServingSpec.CertManager::issuerRef));
  }

  private Optional<Unusable> unusable() {
    return facts.given().filter(Unusable.class::isInstance).map(Unusable.class::cast);
  }

  /** While the Secret is lost, what was trusted before still is. */
  private Optional<String> caBundle() {
    return Stream.concat(
            Stream.of(facts.trusted()), facts.registration().map(Registration::caBundle).stream())
        .filter(pem -> !pem.isEmpty())
        .findFirst();
  }

  private ServingTLS decision(
      boolean mounted, Optional<String> caBundle, String code, String message) {
    return new ServingTLS(
        spec.source(), mounted, caBundle, new Reason(code, message), unusable(), certManager());
  }

  /** What the flags name. */
  List<Mount> mounts() {
    return tls().mounted()
        ? List.of(
            new Mount(
                "serving-certificate",
                true,
                ServingTLS.CERTIFICATE_SECRET,
                List.of("tls.crt", "tls.key"),
                PATH))
        : List.of();
  }

  /** metrics-server's flags. */
  List<String> args() {
    var args = new ArrayList<String>();
    if (tls().mounted()) {
      args.add("--tls-cert-file=" + PATH + "/tls.crt");
      args.add("--tls-private-key-file=" + PATH + "/tls.key");
    } else {
      args.add("--cert-dir=/tmp");
    }
    if (spec.minVersion() != Version.VersionTLS12) {
      args.add("--tls-min-version=" + spec.minVersion());
    }
    if (!spec.cipherSuites().isEmpty()) {
      args.add(
          "--tls-cipher-suites="
              + spec.cipherSuites().stream().map(CipherSuite::name).collect(joining(",")));
    }
    return args;
  }
}
