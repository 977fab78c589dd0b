package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.observation.Installation;
import dev.metricsserver.observation.Observations;
import dev.metricsserver.observation.Observations.PodState;
import dev.metricsserver.observation.Observations.Problem;
import java.util.List;
import java.util.stream.Stream;

/** Why metrics-server's pods do not run. */
final class PodFindings {

  private PodFindings() {}

  /** There are none, because somebody wants none. */
  static List<Finding> scaledToZero(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.observations().rollout().stream()
        .filter(rollout -> rollout.wanted() == 0)
        .map(_ ->
            new Finding(
                "ScaledToZero",
                Severity.Error,
                "nobody serves metrics, because the Deployment is scaled to no pods at all",
                installation.ours()
                    ? Rule.filled("{restore}", installation)
                    : Rule.filled(
                        "kubectl -n {namespace} scale deployment/{deployment} --replicas=1",
                        installation),
                "Deployment/%s/%s".formatted(installation.namespace(), installation.deployment())))
        .toList();
  }

  /** There are none, because Kubernetes refuses to make them. */
  static List<Finding> notCreated(Evidence evidence) {
    return evidence.observations().pods().isEmpty()
        ? refused(evidence.installation(), evidence, Severity.Error).toList()
        : List.of();
  }

  private static Stream<Finding> refused(
      Installation installation, Evidence evidence, Severity severity) {
    var deployment =
        "Deployment/%s/%s".formatted(installation.namespace(), installation.deployment());
    return evidence.observations().rollout().flatMap(Observations.Rollout::failure).stream()
        .map(failure ->
            Rule.first(PodRules.CREATION, failure, installation, severity, deployment)
                .orElseGet(() ->
                    new Finding(
                        "PodsNotCreated",
                        severity,
                        "Kubernetes refuses to create metrics-server's pods: " + failure,
                        "kubectl -n %s describe replicaset -l %s"
                            .formatted(installation.namespace(), installation.labels()),
                        deployment)));
  }

  /** Some serve, but Kubernetes refuses to make the others. */
  static List<Finding> fewerThanWanted(Evidence evidence) {
    return evidence.serving()
        ? refused(evidence.installation(), evidence, Severity.Warning)
            .filter(f -> !f.code().equals("PodsNotCreated"))
            .toList()
        : List.of();
  }

  /** None is ready, none says why, and Kubernetes complains of one in an Event. */
  static List<Finding> complainedOf(Evidence evidence) {
    var starting =
        evidence.observations().pods().stream()
            .filter(p -> p.runningSince().isEmpty())
            .map(PodState::name)
            .toList();
    return evidence.serving()
        ? List.of()
        : evidence.clues().events().stream()
            .flatMap(event ->
                Rule.first(
                    starting.contains(event.pod()) ? PodRules.START : PodRules.PROBES,
                    event.message(),
                    evidence.installation(),
                    Severity.Error,
                    "Pod/%s/%s".formatted(evidence.installation().namespace(), event.pod()))
                    .stream())
            .limit(1)
            .toList();
  }

  /** None is ready, and one at least says why. */
  static List<Finding> notRunning(Evidence evidence) {
    return evidence.serving() ? List.of() : first(evidence, Severity.Error).toList();
  }

  /** One pod serves, another one does not run: no outage, but none to spare either. */
  static List<Finding> standIns(Evidence evidence) {
    return evidence.serving() ? first(evidence, Severity.Warning).toList() : List.of();
  }

  private static Stream<Finding> first(Evidence evidence, Severity severity) {
    return evidence.observations().pods().stream()
        .filter(p -> p.problem().isPresent())
        .limit(1)
        .map(p -> problem(evidence.installation(), p, p.problem().orElseThrow(), severity));
  }

  private static Finding problem(
      Installation installation, PodState pod, Problem problem, Severity severity) {
    var object = "Pod/%s/%s".formatted(installation.namespace(), pod.name());
    var known =
        switch (problem.reason()) {
          case "Unschedulable" -> PodRules.SCHEDULING;
          case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
              PodRules.IMAGE;
          case "OOMKilled" -> PodRules.MEMORY;
          case "CrashLoopBackOff" -> PodRules.CRASH;
          default -> PodRules.START;
        };
    return Rule.first(
            known, problem.message(), installation.withImage(pod.image()), severity, object)
        .orElseGet(() ->
            "CrashLoopBackOff".equals(problem.reason())
                ? new Finding(
                    "PodCrashing",
                    severity,
                    "metrics-server stops right after its start: " + problem.message(),
                    "kubectl -n %s logs %s --previous"
                        .formatted(installation.namespace(), pod.name()),
                    object)
                : new Finding(
                    "PodNotRunning",
                    severity,
                    "the pod does not run (%s): %s".formatted(problem.reason(), problem.message()),
                    "kubectl -n %s describe pod %s".formatted(installation.namespace(), pod.name()),
                    object));
  }
}
