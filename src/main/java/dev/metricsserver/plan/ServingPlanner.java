package dev.metricsserver.plan;

import static java.util.stream.Collectors.joining;

import dev.metricsserver.api.ServingSpec;
import dev.metricsserver.api.ServingSpec.CipherSuite;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.api.ServingSpec.Version;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.Reason.NotIssued;
import dev.metricsserver.plan.Reason.PodsNotReplaced;
import dev.metricsserver.plan.Reason.PreviousCertificate;
import dev.metricsserver.plan.Reason.SelfSigned;
import dev.metricsserver.plan.Reason.ServingReason;
import dev.metricsserver.plan.Reason.ServingVerified;
import dev.metricsserver.plan.ServingTLS.CertManager;
import dev.metricsserver.plan.Violation.NoCertManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides how metrics-server's serving certificate is verified. Pods and APIService change one
 * after the other, in the order in which no request fails: a new certificate is trusted before pods
 * serve it, and trusted alone only after all pods serve it. Once verified, only the spec ends
 * verification.
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
      case Operator, CertManager, Secret -> mounted();
      // The pods keep the Secret until the API servers have stopped verifying its certificate.
      case SelfSigned -> decision(verified(), Optional.empty(), new SelfSigned());
    };
  }

  /** The pods serve the certificate of the operator's Secret, whichever issuer signed it. */
  private ServingTLS mounted() {
    if (unusable().isPresent() && !verified()) {
      return decision(true, Optional.empty(), new NotIssued(unusable()));
    }
    if (facts.registration().isPresent() && !verified() && !facts.everywhere()) {
      return decision(true, Optional.empty(), new PodsNotReplaced());
    }
    return caBundle()
        .map(bundle ->
            decision(
                true,
                Optional.of(bundle),
                unusable().<ServingReason>map(PreviousCertificate::new).orElseGet(this::issued)))
        .orElseGet(() -> decision(true, Optional.empty(), new NotIssued(Optional.empty())));
  }

  private ServingReason issued() {
    return new ServingVerified(
        spec.source(),
        Optional.ofNullable(spec.secretRef())
            .filter(_ -> spec.source() == Source.Secret)
            .map(ServingSpec.SecretReference::name));
  }

  private boolean verified() {
    return facts.registration().filter(Registration::verified).isPresent();
  }

  /** Without cert-manager no certificate is issued, and the pods keep the previous one. */
  Optional<Violation> violation() {
    return spec.source() == Source.CertManager && !facts.certManager()
        ? Optional.of(new NoCertManager())
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

  /** While the Secret is missing, the CA of the APIService stays in force. */
  private Optional<String> caBundle() {
    return Stream.concat(
            Stream.of(facts.trusted()), facts.registration().map(Registration::caBundle).stream())
        .filter(pem -> !pem.isEmpty())
        .findFirst();
  }

  private ServingTLS decision(boolean mounted, Optional<String> caBundle, ServingReason reason) {
    return new ServingTLS(spec.source(), mounted, caBundle, reason, unusable(), certManager());
  }

  /** The files that the flags name. */
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

  /** metrics-server's flags for these decisions. */
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
