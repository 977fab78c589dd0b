package dev.metricsserver.status;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ConflictingWriteStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.KubeletTLSStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ObjectReference;
import dev.metricsserver.api.MetricsServerConfigStatus.RemedyStepStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ServingTLSStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.ReasonText;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.diagnosis.RemedyRenderer.RenderedStep;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.ServingTLS;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Renders the status. */
public final class StatusRenderer {

  private static final int NAMES_SHOWN = 10;

  private final Optional<MetricsServerConfigStatus> previous;
  private final long generation;
  private final Outcome outcome;
  private final Observations observations;
  private final List<Finding> findings;
  private final Instant now;

  private StatusRenderer(
      Optional<MetricsServerConfigStatus> previous,
      long generation,
      Outcome outcome,
      Observations observations,
      List<Finding> findings,
      Instant now) {
    this.previous = previous;
    this.generation = generation;
    this.outcome = outcome;
    this.observations = observations;
    this.findings = findings;
    this.now = now;
  }

  /**
   * The status after a reconcile.
   *
   * @param previous the present status, if any
   * @param generation the generation that was reconciled
   */
  public static MetricsServerConfigStatus render(
      Optional<MetricsServerConfigStatus> previous,
      long generation,
      Outcome outcome,
      Observations observations,
      List<Finding> findings,
      Instant now) {
    return new StatusRenderer(previous, generation, outcome, observations, findings, now).render();
  }

  private MetricsServerConfigStatus render() {
    var running = running();
    return new MetricsServerConfigStatus(
        generation,
        running.version(),
        running.image(),
        running.kubeletTLS(),
        running.servingTLS(),
        outcome
            .inForce()
            .map(p -> p.serving().mounted() ? certificates() : List.<CertificateStatus>of())
            .or(() -> outcome.observed().map(_ -> certificates()))
            .or(() -> previous.map(p -> p.certificates()))
            .orElse(null),
        nodes(),
        findings.stream().map(StatusRenderer::finding).toList(),
        findings.size(),
        conflictingWrites(),
        previous.map(MetricsServerConfigStatus::apiServerNames).orElse(null),
        new ConditionsRenderer(previous, generation, outcome, observations, findings, now)
            .render());
  }

  /** What runs, also if the operator did not decide it; null where that is unknown. */
  private record Running(
      String version, String image, KubeletTLSStatus kubeletTLS, ServingTLSStatus servingTLS) {}

  private Running running() {
    return switch (outcome) {
      case Outcome.Applied(var plan) ->
          new Running(
              plan.version().number(),
              plan.pod().image().reference(),
              kubelets(plan.kubelets().tls()),
              serving(plan.serving()));
      case Outcome.Observed observed when outcome.observed().isPresent() ->
          new Running(
              observed.external().version().orElse(null),
              observed.external().installation().get().image(),
              new KubeletTLSStatus(
                  switch (observed.external().kubelets()) {
                    case Verified -> mode(true);
                    case Unverified -> mode(false);
                    case Unknown -> null;
                  },
                  observed.kubeletsReason(),
                  null),
              new ServingTLSStatus(
                  null, mode(observed.servingVerified()), observed.servingReason()));
      default ->
          previous
              .map(p -> new Running(p.version(), p.image(), p.kubeletTLS(), p.servingTLS()))
              .orElse(new Running(null, null, null, null));
    };
  }

  private KubeletTLSStatus kubelets(KubeletTLS tls) {
    var before =
        previous
            .map(MetricsServerConfigStatus::kubeletTLS)
            .map(KubeletTLSStatus::everVerified)
            .orElse(false);
    var everVerified = tls.allSeenVerified() || (before && !tls.turnedOff());
    return new KubeletTLSStatus(
        tls.mode().name(), ReasonText.of(tls.reason()), everVerified ? Boolean.TRUE : null);
  }

  private static String mode(boolean verified) {
    return verified ? "Verify" : "Insecure";
  }

  /** After a restart the previous nodes stay until the first answer. */
  private NodesStatus nodes() {
    var before = previous.map(MetricsServerConfigStatus::nodes);
    if (observations.answerPending() && before.isPresent()) {
      return before.get();
    }
    var coverage = observations.coverage();
    return new NodesStatus(
        coverage.total(),
        coverage.expected(),
        coverage.reporting(),
        coverage.reporting() + "/" + coverage.expected(),
        coverage.missing().stream().limit(NAMES_SHOWN).toList());
  }

  /** Null for none, as the field is left out. */
  private List<ConflictingWriteStatus> conflictingWrites() {
    return observations.conflictingWrites().isEmpty()
        ? null
        : observations.conflictingWrites().stream()
            .map(w ->
                new ConflictingWriteStatus(reference(w.object()), w.manager(), w.at().toString()))
            .toList();
  }

  private static ServingTLSStatus serving(ServingTLS tls) {
    return new ServingTLSStatus(tls.source().name(), tls.mode(), ReasonText.of(tls.reason()));
  }

  private List<CertificateStatus> certificates() {
    return observations.certificates().stream()
        .map(c -> new CertificateStatus(c.name(), c.fingerprint(), c.notAfter().toString()))
        .toList();
  }

  private static FindingStatus finding(Finding finding) {
    return new FindingStatus(
        finding.code().name(),
        finding.severity().name(),
        finding.message(),
        finding.remedyText(),
        RemedyRenderer.steps(finding.remedy()).stream().map(StatusRenderer::step).toList(),
        reference(finding.object()),
        finding.code().url());
  }

  private static ObjectReference reference(ObjectName object) {
    return new ObjectReference(
        object.kind(), object.namespace().isEmpty() ? null : object.namespace(), object.name());
  }

  private static RemedyStepStatus step(RenderedStep step) {
    return new RemedyStepStatus(
        step.alternative() == 0 ? null : step.alternative(),
        step.action(),
        step.text(),
        step.command().isEmpty() ? null : step.command());
  }
}
