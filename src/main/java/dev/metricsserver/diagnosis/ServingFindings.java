package dev.metricsserver.diagnosis;

import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Reason.ServingReason.State;
import dev.metricsserver.reading.Installation.Keeper;
import java.time.Duration;
import java.util.List;

/** Findings about the certificate that metrics-server presents. */
final class ServingFindings {

  private static final Duration MONTH = Duration.ofDays(30);

  private ServingFindings() {}

  /** The spec turns verification off. */
  static List<Finding> unverified(Evidence evidence) {
    return evidence.subject().plan().stream()
        .map(p -> p.serving())
        .filter(tls -> tls.reason().state() == State.SelfSigned)
        .map(tls ->
            new Finding(
                FindingCode.ServingTLSInsecure,
                Severity.Warning,
                ReasonText.of(tls.reason()),
                Context.remove("serving.tls.source"),
                Context.API_SERVICE))
        .toList();
  }

  /** The configured certificate is unusable; metrics-server keeps serving the previous one. */
  static List<Finding> unusable(Evidence evidence) {
    return evidence.subject().plan().stream()
        .flatMap(plan -> plan.serving().unusable().stream().map(u -> unusable(u, plan)))
        .toList();
  }

  private static Finding unusable(Unusable unusable, MetricsServerPlan plan) {
    var issued = plan.serving().source() == Source.CertManager;
    return new Finding(
        FindingCode.ServingCertificateUnusable,
        plan.serving().verified() ? Severity.Warning : Severity.Error,
        "spec.serving.tls.%s: %s; %s"
            .formatted(
                issued ? "source" : "secret",
                ProvidedCertificateText.message(unusable),
                plan.serving().verified()
                    ? "metrics-server keeps serving the previous certificate"
                    : "pods and APIService stay unchanged until it is usable"),
        ProvidedCertificateText.remedy(unusable),
        Finding.CONFIG,
        !issued || unusable.exists());
  }

  /** A certificate that should have been renewed, the operator's or an existing installation's. */
  static List<Finding> expiring(Evidence evidence) {
    return evidence.subject().plan().filter(p -> !p.serving().mounted()).isPresent()
        ? List.of()
        : evidence.observations().certificates().stream()
            .filter(c -> dueForLong(c, evidence))
            .map(c -> expiring(c, evidence))
            .toList();
  }

  /**
   * Certificates are renewed after two thirds of their life, so less than a sixth left is overdue;
   * for certificates with a life of years the last month counts.
   */
  private static boolean dueForLong(Certificate certificate, Evidence evidence) {
    var sixth = Duration.between(certificate.notBefore(), certificate.notAfter()).dividedBy(6);
    var left = Duration.between(evidence.now(), certificate.notAfter());
    return left.compareTo(sixth) < 0 && left.compareTo(MONTH) < 0;
  }

  private static Finding expiring(Certificate certificate, Evidence evidence) {
    var expired = evidence.now().isAfter(certificate.notAfter());
    return new Finding(
        FindingCode.ServingCertificateExpiring,
        // For an existing installation the API server's own answer decides.
        expired && evidence.subject().plan().isPresent() ? Severity.Error : Severity.Warning,
        "%s %s %s %s and was not renewed"
            .formatted(
                switch (certificate.place()) {
                  case Secret -> "the certificate in Secret";
                  case Service -> "the certificate that metrics-server presents behind Service";
                  case APIService -> "the CA in the caBundle of APIService";
                },
                certificate.name(),
                expired ? "expired at" : "expires at",
                certificate.notAfter()),
        renewal(certificate, evidence),
        certificate.place() == Place.APIService
            ? ObjectName.cluster("APIService", certificate.name())
            : new ObjectName(
                certificate.place().name(),
                evidence.installation().namespace(),
                certificate.name()));
  }

  private static Remedy renewal(Certificate certificate, Evidence evidence) {
    return evidence.installation().keeper() == Keeper.PausedOperator
        ? Remedy.of(new SetField("paused", false, "the operator then renews it at once"))
        : evidence
            .subject()
            .plan()
            .map(ServingFindings::renewal)
            .orElseGet(() -> external(certificate, evidence.installation().namespace()));
  }

  private static Remedy external(Certificate certificate, String namespace) {
    return switch (certificate.place()) {
      case Secret ->
          Remedy.of(
                  Step.run(
                      "to find its issuer",
                      "kubectl -n %s describe secret %s",
                      namespace,
                      certificate.name()))
              .then("renew it there (the pods serve the new certificate within minutes)");
      case Service ->
          Remedy.manual(
              "renew it in the file that --tls-cert-file names (the pods serve the new certificate"
                  + " within minutes)");
      case APIService ->
          Remedy.manual("add the new CA beside the old one to the caBundle")
              .then("issue a new certificate for metrics-server from the new CA");
    };
  }

  private static Remedy renewal(MetricsServerPlan plan) {
    return switch (plan.serving().source()) {
      case Operator ->
          Remedy.none("none: the operator renews it")
              .or(
                  Step.run(
                      "if this finding stays",
                      "kubectl -n metrics-server-operator logs"
                          + " deployment/metrics-server-operator"));
      case CertManager ->
          Remedy.of(
              Step.run(
                  "to see why cert-manager does not renew it",
                  "kubectl -n %s describe certificates.cert-manager.io",
                  plan.namespace()));
      default ->
          Remedy.manual(
              "put a new certificate into the Secret that spec.serving.tls.secret names (the pods"
                  + " serve it within minutes, without a restart)");
    };
  }
}
