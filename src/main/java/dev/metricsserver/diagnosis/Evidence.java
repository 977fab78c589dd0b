package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.Consumers;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.reading.Installation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything a diagnosis is made from.
 *
 * @param subject what it is about
 * @param diagnosticData data that is read only while an error is reported
 * @param upkeep what was looked at although all is well
 * @param consumers who uses metrics, where that was looked at
 */
public record Evidence(
    Subject subject,
    CertificateRequests requests,
    Observations observations,
    DiagnosticData diagnosticData,
    HygieneData upkeep,
    Consumers consumers,
    Instant now) {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /**
   * A metrics-server, and what was decided about it.
   *
   * @param installation the operator's or an existing one
   * @param plan what the operator decided, where the installation is ours
   * @param kubelets what the kubelets show, where they were looked at
   * @param foreign what tells whose installation it is that is only watched
   * @param versionAdvice what there is to say about the version that runs
   * @param approving whether the operator approves kubelets' certificate requests
   */
  public record Subject(
      Installation installation,
      Optional<MetricsServerPlan> plan,
      Optional<KubeletTLS> kubelets,
      List<UnmanagedObject> foreign,
      Optional<VersionAdvice> versionAdvice,
      boolean approving) {}

  /** Of the operator's own installation; nothing else was looked at. */
  public static Evidence of(
      MetricsServerPlan plan,
      boolean paused,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    return of(
        new Subject(
            Installation.of(plan, paused),
            Optional.of(plan),
            Optional.of(plan.kubelets().tls()),
            List.of(),
            plan.version().advice(),
            plan.kubelets().approving()),
        observations,
        requests,
        now);
  }

  /** Of one that is only watched; nothing else was looked at. */
  public static Evidence of(
      Installation installation,
      List<UnmanagedObject> foreign,
      Optional<VersionAdvice> versionAdvice,
      boolean approving,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    return of(
        new Subject(
            installation, Optional.empty(), Optional.empty(), foreign, versionAdvice, approving),
        observations,
        requests,
        now);
  }

  /** Of any; nothing else was looked at. */
  public static Evidence of(
      Subject subject, Observations observations, CertificateRequests requests, Instant now) {
    return new Evidence(
        subject,
        requests,
        observations,
        DiagnosticData.NONE,
        HygieneData.NONE,
        Consumers.NONE,
        now);
  }

  /** The same with other diagnostic data. */
  public Evidence with(DiagnosticData others) {
    return new Evidence(subject, requests, observations, others, upkeep, consumers, now);
  }

  /** The same with what upkeep found. */
  public Evidence with(HygieneData hygiene) {
    return new Evidence(subject, requests, observations, diagnosticData, hygiene, consumers, now);
  }

  /** The same with who uses metrics. */
  public Evidence with(Consumers users) {
    return new Evidence(subject, requests, observations, diagnosticData, upkeep, users, now);
  }

  /** Which metrics-server it is about. */
  public Installation installation() {
    return subject.installation();
  }

  /** Whether a pod takes requests. */
  boolean serving() {
    return observations.pods().stream().anyMatch(PodState::ready);
  }

  /** Whether metrics come through the API server. */
  boolean answering() {
    return observations.answer().answered()
        && observations.registration().filter(r -> r.available() || justChanged(r)).isPresent();
  }

  /** The API server looks every few seconds; what it says in between is old, not wrong. */
  boolean justChanged(Registration registration) {
    return registration.since().map(t -> t.plus(PATIENCE).isAfter(now)).orElse(true);
  }

  /** Of what keeps the metrics of some nodes away. */
  Severity severity() {
    return serving() && observations.coverage().sufficient() ? Severity.Warning : Severity.Error;
  }
}
