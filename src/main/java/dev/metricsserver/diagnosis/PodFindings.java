package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Complaint;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Why metrics-server's pods do not run. */
final class PodFindings {

  private static final String CRASHING = "CrashLoopBackOff";
  private static final String OUT_OF_MEMORY = "OOMKilled";

  /** Why a container does not run that did. */
  private static final Set<String> ENDED = Set.of(CRASHING, OUT_OF_MEMORY);

  private PodFindings() {}

  /** There are none, because somebody wants none. */
  static List<Finding> scaledToZero(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.observations().rollout().stream()
        .filter(rollout -> rollout.wanted() == 0)
        .map(_ ->
            new Finding(
                FindingCode.ScaledToZero,
                Severity.Error,
                "nobody serves metrics, because the Deployment is scaled to no pods at all",
                installation.ours()
                    ? Rule.filled("{restore}", installation)
                    : Rule.filled(
                        "kubectl -n {namespace} scale deployment/{deployment} --replicas=1",
                        installation),
                installation.object()))
        .toList();
  }

  /** There are none, because Kubernetes refuses to make them, or does not. */
  static List<Finding> notCreated(Evidence evidence) {
    return evidence.observations().pods().isEmpty()
        ? Stream.concat(
                refused(evidence.installation(), evidence, Severity.Error), absent(evidence))
            .toList()
        : List.of();
  }

  private static Stream<Finding> absent(Evidence evidence) {
    return overdue(evidence)
        .map(words ->
            of(
                FindingCode.PodsNotCreated,
                Severity.Error,
                "metrics-server has no pod, and Kubernetes does not say why: " + words,
                describe(evidence.installation()),
                evidence.installation()));
  }

  private static Stream<String> overdue(Evidence evidence) {
    return evidence.observations().rollout().filter(Rollout::overdue).stream()
        .flatMap(rollout -> rollout.failure().stream())
        .map(Problem::message);
  }

  private static String describe(Installation installation) {
    return "kubectl -n %s describe replicaset -l %s"
        .formatted(installation.namespace(), installation.labels());
  }

  private static Finding of(
      FindingCode code,
      Severity severity,
      String message,
      String remedy,
      Installation installation) {
    return new Finding(code, severity, message, remedy, installation.object());
  }

  private static Stream<Finding> refused(
      Installation installation, Evidence evidence, Severity severity) {
    return evidence.observations().rollout().flatMap(Rollout::refusal).stream()
        .map(failure -> newest(evidence).orElse(failure))
        .map(failure ->
            Rule.first(PodRules.CREATION, failure, installation, severity, installation.object())
                .orElseGet(() ->
                    of(
                        FindingCode.PodsNotCreated,
                        severity,
                        "Kubernetes refuses to create metrics-server's pods: " + failure,
                        describe(installation),
                        installation)));
  }

  /** The condition keeps its first reason for as long as it lasts, whatever the reason is now. */
  private static Optional<String> newest(Evidence evidence) {
    return evidence.clues().events().stream()
        .filter(event -> event.reason().equals(Complaint.NOT_CREATED))
        .map(Complaint::message)
        .findFirst();
  }

  /** Some serve, but Kubernetes refuses to make the others. */
  static List<Finding> fewerThanWanted(Evidence evidence) {
    return evidence.serving()
        ? refused(evidence.installation(), evidence, Severity.Warning).toList()
        : List.of();
  }

  /** Some serve, and one that should take the place of another does not get ready. */
  static List<Finding> stuck(Evidence evidence) {
    var pods = evidence.observations().pods();
    var installation = evidence.installation();
    return overdue(evidence)
        .filter(_ -> evidence.serving() && pods.stream().allMatch(p -> p.problem().isEmpty()))
        .map(words ->
            pods.stream()
                .filter(p -> !p.ready())
                .findFirst()
                .map(pod ->
                    new Finding(
                        FindingCode.RolloutStuck,
                        Severity.Warning,
                        "the rollout of metrics-server does not end, because pod %s does not get ready; those that are ready serve: %s"
                            .formatted(pod.name(), words),
                        "kubectl -n %1$s describe pod %2$s, and kubectl -n %1$s logs %2$s"
                            .formatted(installation.namespace(), pod.name()),
                        "Pod/%s/%s".formatted(installation.namespace(), pod.name())))
                .orElseGet(() ->
                    of(
                        FindingCode.RolloutStuck,
                        Severity.Warning,
                        "the rollout of metrics-server does not end, although every pod of it is"
                            + " ready: "
                            + words,
                        describe(installation),
                        installation)))
        .toList();
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
                    starting.contains(event.object()) ? PodRules.START : PodRules.PROBES,
                    event.message(),
                    evidence.installation(),
                    Severity.Error,
                    "Pod/%s/%s".formatted(evidence.installation().namespace(), event.object()))
                    .stream())
            .limit(1)
            .toList();
  }

  /** None has ever run, and one at least says why: nothing else can be told before it does. */
  static List<Finding> notStarted(Evidence evidence) {
    return evidence.observations().pods().stream()
            .flatMap(p -> p.problem().stream())
            .anyMatch(p -> ENDED.contains(p.reason()))
        ? List.of()
        : notRunning(evidence);
  }

  /** None is ready, and nobody hears of one, because nobody hears of its node. */
  static List<Finding> outOfReach(Evidence evidence) {
    var installation = evidence.installation();
    var lost = evidence.observations().coverage().notReady();
    return evidence.observations().pods().stream()
        .filter(_ -> !evidence.serving())
        .filter(pod -> pod.node().filter(lost::contains).isPresent())
        .limit(1)
        .map(pod ->
            new Finding(
                FindingCode.PodNodeNotReady,
                Severity.Error,
                "nobody serves metrics, because node %s of metrics-server's pod is not Ready; this is not metrics-server's fault"
                    .formatted(pod.node().orElseThrow()),
                "kubectl -n %s delete pod %s --grace-period=0 --force, and another node takes it; kubectl describe node %s says why"
                    .formatted(installation.namespace(), pod.name(), pod.node().orElseThrow()),
                "Pod/%s/%s".formatted(installation.namespace(), pod.name())))
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
        .map(p -> problem(evidence, p, p.problem().orElseThrow(), severity));
  }

  private static Finding problem(
      Evidence evidence, PodState pod, Problem problem, Severity severity) {
    var installation = evidence.installation().withImage(pod.image());
    var object = "Pod/%s/%s".formatted(installation.namespace(), pod.name());
    var known =
        switch (problem.reason()) {
          case "Unschedulable" -> PodRules.SCHEDULING;
          case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
              PodRules.IMAGE;
          case OUT_OF_MEMORY -> PodRules.MEMORY;
          case CRASHING -> PodRules.CRASH;
          default -> PodRules.START;
        };
    return Rule.first(known, problem.message(), installation, severity, object)
        .or(() -> logged(evidence, installation, problem, severity, object))
        .orElseGet(() ->
            CRASHING.equals(problem.reason())
                ? new Finding(
                    FindingCode.PodCrashing,
                    severity,
                    "metrics-server stops right after its start: " + problem.message(),
                    "kubectl -n %s logs %s --previous"
                        .formatted(installation.namespace(), pod.name()),
                    object)
                : new Finding(
                    FindingCode.PodNotRunning,
                    severity,
                    "the pod does not run (%s): %s".formatted(problem.reason(), problem.message()),
                    "kubectl -n %s describe pod %s".formatted(installation.namespace(), pod.name()),
                    object));
  }

  /** What became of it only the log tells where its last words are not in the pod's status. */
  private static Optional<Finding> logged(
      Evidence evidence,
      Installation installation,
      Problem problem,
      Severity severity,
      String object) {
    return CRASHING.equals(problem.reason())
        ? evidence.clues().log().stream()
            .flatMap(
                words -> Rule.first(PodRules.CRASH, words, installation, severity, object).stream())
            .findFirst()
        : Optional.empty();
  }
}
