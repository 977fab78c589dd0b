package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.facts.CertificateRequests;
import dev.metricsserver.facts.Foreign;
import dev.metricsserver.observation.Clues;
import dev.metricsserver.observation.Consumers;
import dev.metricsserver.observation.Installation;
import dev.metricsserver.observation.Observations;
import dev.metricsserver.observation.Observations.PodState;
import dev.metricsserver.observation.Observations.Registration;
import dev.metricsserver.observation.Upkeep;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.VersionAdvice;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Everything a diagnosis is made from.
 *
 * @param installation which metrics-server it is about, ours or somebody else's
 * @param plan what the operator decided, where the installation is ours
 * @param kubelets what the kubelets show, where they were looked at
 * @param clues what was looked up because something is wrong
 * @param upkeep what was looked at although all is well
 * @param consumers who uses metrics, where that was looked at
 * @param foreign what tells whose installation it is that is only watched
 * @param versionAdvice what there is to say about the version that runs
 * @param approving whether the operator approves kubelets' certificate requests
 */
public record Evidence(
    Installation installation,
    Optional<MetricsServerPlan> plan,
    Optional<KubeletTLS> kubelets,
    CertificateRequests requests,
    Observations observations,
    Clues clues,
    Upkeep upkeep,
    Consumers consumers,
    List<Foreign> foreign,
    Optional<VersionAdvice> versionAdvice,
    boolean approving,
    Instant now) {

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** Of the operator's own installation, without clues. */
  public static Evidence of(
      MetricsServerPlan plan,
      boolean paused,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    return new Evidence(
        Installation.of(plan, paused),
        Optional.of(plan),
        Optional.of(plan.kubeletTLS()),
        requests,
        observations,
        Clues.NONE,
        Upkeep.NONE,
        Consumers.NONE,
        List.of(),
        plan.versionAdvice(),
        plan.approving(),
        now);
  }

  /** Of one that is only watched, without clues. */
  public static Evidence of(
      Installation installation,
      List<Foreign> foreign,
      Optional<VersionAdvice> versionAdvice,
      boolean approving,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    return new Evidence(
        installation,
        Optional.empty(),
        Optional.empty(),
        requests,
        observations,
        Clues.NONE,
        Upkeep.NONE,
        Consumers.NONE,
        foreign,
        versionAdvice,
        approving,
        now);
  }

  /** The same with other clues. */
  public Evidence with(Clues others) {
    return new Evidence(
        installation,
        plan,
        kubelets,
        requests,
        observations,
        others,
        upkeep,
        consumers,
        foreign,
        versionAdvice,
        approving,
        now);
  }

  /** The same with what upkeep found. */
  public Evidence with(Upkeep chores) {
    return new Evidence(
        installation,
        plan,
        kubelets,
        requests,
        observations,
        clues,
        chores,
        consumers,
        foreign,
        versionAdvice,
        approving,
        now);
  }

  /** The same with who uses metrics. */
  public Evidence with(Consumers users) {
    return new Evidence(
        installation,
        plan,
        kubelets,
        requests,
        observations,
        clues,
        upkeep,
        users,
        foreign,
        versionAdvice,
        approving,
        now);
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
