package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Complaint;
import dev.metricsserver.model.ObjectName;
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

  /** Reasons of a container that ran before. */
  private static final Set<String> ENDED = Set.of(CRASHING, OUT_OF_MEMORY);

  private PodFindings() {}

  /** The Deployment wants no pods. */
  static List<Finding> scaledToZero(Evidence evidence) {
    var installation = evidence.installation();
    var context = new Context(installation);
    return evidence.observations().rollout().stream()
        .filter(rollout -> rollout.wanted() == 0)
        .map(_ ->
            new Finding(
                FindingCode.ScaledToZero,
                Severity.Error,
                "metrics are not served, because the Deployment is scaled to zero pods",
                context.restoreOr(context.scale(1)),
                installation.object()))
        .toList();
  }

  /** No pod exists, because Kubernetes rejects it or does not create it. */
  static List<Finding> notCreated(Evidence evidence) {
    return evidence.observations().pods().isEmpty()
        ? Stream.concat(rejected(evidence, Severity.Error), absent(evidence)).toList()
        : List.of();
  }

  private static Stream<Finding> absent(Evidence evidence) {
    return overdue(evidence)
        .map(words ->
            of(
                FindingCode.PodsNotCreated,
                Severity.Error,
                "metrics-server has no pod, and Kubernetes reports no reason: " + words,
                evidence.installation()));
  }

  private static Stream<String> overdue(Evidence evidence) {
    return evidence.observations().rollout().filter(Rollout::overdue).stream()
        .flatMap(rollout -> rollout.failure().stream())
        .map(Problem::message);
  }

  /** A finding about the ReplicaSet. */
  private static Finding of(
      FindingCode code, Severity severity, String message, Installation installation) {
    return new Finding(
        code,
        severity,
        message,
        Remedy.of(
            new Context(installation)
                .kubectl("to see the reason", "describe replicaset -l %s", installation.labels())),
        installation.object());
  }

  private static Stream<Finding> rejected(Evidence evidence, Severity severity) {
    var installation = evidence.installation();
    return evidence.observations().rollout().flatMap(Rollout::refusal).stream()
        .map(failure -> newest(evidence).orElse(failure))
        .map(failure ->
            Rule.first(PodRules.CREATION, failure, installation, severity, installation.object())
                .orElseGet(() ->
                    of(
                        FindingCode.PodsNotCreated,
                        severity,
                        "Kubernetes rejects metrics-server's pods: " + failure,
                        installation)));
  }

  /** The condition keeps its first reason as long as it lasts; Events have the current one. */
  private static Optional<String> newest(Evidence evidence) {
    return evidence.diagnosticData().events().stream()
        .filter(event -> event.reason().equals(Complaint.NOT_CREATED))
        .map(Complaint::message)
        .findFirst();
  }

  /** Some pods are ready, and Kubernetes rejects the others. */
  static List<Finding> fewerThanWanted(Evidence evidence) {
    return evidence.serving() ? rejected(evidence, Severity.Warning).toList() : List.of();
  }

  /** Some pods are ready, and a new one does not become ready. */
  static List<Finding> stuck(Evidence evidence) {
    var pods = evidence.observations().pods();
    return overdue(evidence)
        .filter(_ -> evidence.serving() && pods.stream().allMatch(p -> p.problem().isEmpty()))
        .map(words ->
            pods.stream()
                .filter(p -> !p.ready())
                .findFirst()
                .map(pod -> stuck(pod, words, evidence.installation()))
                .orElseGet(() ->
                    of(
                        FindingCode.RolloutStuck,
                        Severity.Warning,
                        "the rollout of metrics-server does not complete although all its pods are"
                            + " ready: "
                            + words,
                        evidence.installation())))
        .toList();
  }

  private static Finding stuck(PodState pod, String words, Installation installation) {
    var context = new Context(installation);
    return new Finding(
        FindingCode.RolloutStuck,
        Severity.Warning,
        "the rollout of metrics-server does not complete, because pod %s does not become ready; the ready pods still serve metrics: %s"
            .formatted(pod.name(), words),
        Remedy.of(
            context.kubectl("to see its state", "describe pod %s", pod.name()),
            context.kubectl("to see its log", "logs %s", pod.name())),
        installation.pod(pod.name()));
  }

  /** No pod is ready, none has a problem in its status, and an Event reports one. */
  static List<Finding> complainedOf(Evidence evidence) {
    var starting =
        evidence.observations().pods().stream()
            .filter(p -> p.runningSince().isEmpty())
            .map(PodState::name)
            .toList();
    return evidence.serving()
        ? List.of()
        : evidence.diagnosticData().events().stream()
            .flatMap(event ->
                Rule.first(
                    starting.contains(event.object()) ? CrashRules.START : CrashRules.PROBES,
                    event.message(),
                    evidence.installation(),
                    Severity.Error,
                    evidence.installation().pod(event.object()))
                    .stream())
            .limit(1)
            .toList();
  }

  /** No pod ever ran, and one has a reason: other causes cannot be seen before it runs. */
  static List<Finding> notStarted(Evidence evidence) {
    return evidence.observations().pods().stream()
            .flatMap(p -> p.problem().stream())
            .anyMatch(p -> ENDED.contains(p.reason()))
        ? List.of()
        : notRunning(evidence);
  }

  /** No pod is ready, and the node of one is not Ready. */
  static List<Finding> outOfReach(Evidence evidence) {
    var lost = evidence.observations().coverage().notReady();
    return evidence.observations().pods().stream()
        .filter(_ -> !evidence.serving())
        .filter(pod -> pod.node().filter(lost::contains).isPresent())
        .limit(1)
        .map(pod -> outOfReach(pod, pod.node().orElseThrow(), evidence.installation()))
        .toList();
  }

  private static Finding outOfReach(PodState pod, String node, Installation installation) {
    return new Finding(
        FindingCode.PodNodeNotReady,
        Severity.Error,
        "metrics are not served, because node %s of metrics-server's pod is not Ready; metrics-server is not the cause"
            .formatted(node),
        Remedy.of(
                new Context(installation)
                    .kubectl(
                        "to move the pod to another node",
                        "delete pod %s --grace-period=0 --force",
                        pod.name()))
            .or(Step.run("to see why the node is not Ready", "kubectl describe node %s", node)),
        installation.pod(pod.name()));
  }

  /** No pod is ready, and one has a reason. */
  static List<Finding> notRunning(Evidence evidence) {
    return evidence.serving() ? List.of() : first(evidence, Severity.Error).toList();
  }

  /** One pod is ready, another one does not run: metrics are served without redundancy. */
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
    var object = installation.pod(pod.name());
    return Rule.first(rules(problem.reason()), problem.message(), installation, severity, object)
        .or(() -> logged(evidence, installation, problem, severity, object))
        .orElseGet(() -> unknown(pod, problem, installation, severity, object));
  }

  private static List<Rule> rules(String reason) {
    return switch (reason) {
      case "Unschedulable" -> PodRules.SCHEDULING;
      case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
          PodRules.IMAGE;
      case OUT_OF_MEMORY -> CrashRules.MEMORY;
      case CRASHING -> CrashRules.CRASH;
      default -> CrashRules.START;
    };
  }

  private static Finding unknown(
      PodState pod,
      Problem problem,
      Installation installation,
      Severity severity,
      ObjectName object) {
    var context = new Context(installation);
    return CRASHING.equals(problem.reason())
        ? new Finding(
            FindingCode.PodCrashing,
            severity,
            "metrics-server exits at startup: " + problem.message(),
            Remedy.of(context.kubectl("to see the reason", "logs %s --previous", pod.name())),
            object)
        : new Finding(
            FindingCode.PodNotRunning,
            severity,
            "the pod does not run (%s): %s".formatted(problem.reason(), problem.message()),
            Remedy.of(context.kubectl("to see the reason", "describe pod %s", pod.name())),
            object);
  }

  /** Uses the container log when the termination message is empty. */
  private static Optional<Finding> logged(
      Evidence evidence,
      Installation installation,
      Problem problem,
      Severity severity,
      ObjectName object) {
    return CRASHING.equals(problem.reason())
        ? evidence.diagnosticData().log().stream()
            .flatMap(words ->
                Rule.first(CrashRules.CRASH, words, installation, severity, object).stream())
            .findFirst()
        : Optional.empty();
  }
}
