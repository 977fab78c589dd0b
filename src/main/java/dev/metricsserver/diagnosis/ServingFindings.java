package dev.metricsserver.diagnosis;

import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.ProvidedCertificate.Unusable;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Reason.ServingReason.State;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.rendering.Names;
import java.time.Duration;
import java.util.List;

/** Findings about metrics-server's own certificate. */
final class ServingFindings {

  private static final Duration MONTH = Duration.ofDays(30);

  private ServingFindings() {}

  /** The user wants nobody to verify it. */
  static List<Finding> unverified(Evidence evidence) {
    return evidence.subject().plan().stream()
        .map(p -> p.serving())
        .filter(tls -> tls.reason().state() == State.SelfSigned)
        .map(tls ->
            new Finding(
                FindingCode.ServingTLSInsecure,
                Severity.Warning,
                ReasonText.of(tls.reason()),
                "remove spec.serving.tls.source, or set it to Operator: pods and registration"
                    + " change in an order in which no request fails",
                "APIService/" + Names.API_SERVICE))
        .toList();
  }

  /** What the spec asks for cannot be served; what is served stays. */
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
                    ? "the pods go on with the certificate of before"
                    : "pods and registration stay as they are until it can be used"),
        ProvidedCertificateText.remedy(unusable),
        "MetricsServerConfig/cluster",
        !issued || unusable.exists());
  }

  /** A certificate that should long have been renewed, the operator's or somebody else's. */
  static List<Finding> expiring(Evidence evidence) {
    return evidence.subject().plan().filter(p -> !p.serving().mounted()).isPresent()
        ? List.of()
        : evidence.observations().certificates().stream()
            .filter(c -> dueForLong(c, evidence))
            .map(c -> expiring(c, evidence))
            .toList();
  }

  /**
   * Renewed after two thirds of its life, it never gets to five sixths; of one that lives for years
   * the last month counts.
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
        // Whether the API servers mind that of somebody else's, their own answer tells.
        expired && evidence.subject().plan().isPresent() ? Severity.Error : Severity.Warning,
        "%s %s %s %s and was not renewed"
            .formatted(
                switch (certificate.place()) {
                  case Secret -> "the certificate in Secret";
                  case Service -> "the certificate that metrics-server shows behind Service";
                  case APIService -> "the CA in the caBundle of APIService";
                },
                certificate.name(),
                expired ? "expired at" : "expires at",
                certificate.notAfter()),
        evidence.installation().keeper() == Keeper.PausedOperator
            ? "set spec.paused: false, and the operator renews it at once"
            : evidence
                .subject()
                .plan()
                .map(ServingFindings::renewal)
                .orElseGet(() -> theirs(certificate, evidence.installation().namespace())),
        certificate.place() == Place.APIService
            ? "APIService/" + certificate.name()
            : "%s/%s/%s"
                .formatted(
                    certificate.place(), evidence.installation().namespace(), certificate.name()));
  }

  private static String theirs(Certificate certificate, String namespace) {
    return switch (certificate.place()) {
      case Secret ->
          "kubectl -n %s describe secret %s says what made it: have that renew it; the pods serve the new one within minutes"
              .formatted(namespace, certificate.name());
      case Service ->
          "have whatever made it renew it, in the file that --tls-cert-file names; the pods serve"
              + " the new one within minutes";
      case APIService ->
          "have whatever made it renew it: put the new CA beside the old one into the caBundle"
              + " first, and then have it sign metrics-server's certificate";
    };
  }

  private static String renewal(MetricsServerPlan plan) {
    return switch (plan.serving().source()) {
      case Operator ->
          "the operator renews it by itself; if this stays, another finding or its log says"
              + " what is in the way";
      case CertManager ->
          "kubectl -n %s describe certificates.cert-manager.io says why cert-manager does not"
                  .formatted(plan.namespace())
              + " renew it";
      default ->
          "put a new certificate into the Secret that spec.serving.tls.secret names;"
              + " the pods serve it within minutes, and none restarts";
    };
  }
}
