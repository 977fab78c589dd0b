package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Failure;
import java.util.List;

/** Why a configuration was gone back from, and how to get a better one into force. */
final class RollbackFindings {

  private RollbackFindings() {}

  /** Told before everything else: what is in force is not what was asked for. */
  static List<Finding> of(Evidence evidence) {
    return evidence.subject().plan().stream()
        .flatMap(plan ->
            plan.rollback().failure().stream()
                .map(failure -> of(failure, plan.rollback().configuration(), evidence.severity())))
        .toList();
  }

  /**
   * @param inForce the configuration that was gone back to
   * @param severity what it means for metrics
   */
  static Finding of(Failure failure, Configuration inForce, Severity severity) {
    return new Finding(
        FindingCode.RolledBack,
        severity,
        "the last configuration that was Ready is in force again (metrics-server %s), because the"
                .formatted(inForce.version())
            + " new one never became ready: "
            + why(failure),
        "%s; every change of the spec is tried anew".formatted(remedy(failure)),
        "MetricsServerConfig/cluster",
        true);
  }

  private static String why(Failure failure) {
    return switch (failure.kind()) {
      case Unschedulable -> "no node could take its pods: " + failure.message();
      case ImageNotPulled -> "its image could not be pulled: " + failure.message();
      case NotStarted -> "its image or volumes did not come";
      case OutOfMemory -> "it needed more memory than its limit";
      case Crashed -> "metrics-server stopped right after its start: " + failure.message();
      case NotReady -> "its pods ran, and had no metrics to serve";
      case NotCreated -> "Kubernetes refused to create its pods: " + failure.message();
      default -> failure.reason() + ": " + failure.message();
    };
  }

  private static String remedy(Failure failure) {
    return switch (failure.kind()) {
      case Unschedulable -> "correct spec.scheduling or spec.resources.requests";
      case ImageNotPulled, NotStarted ->
          "correct spec.version or spec.image, or put the image where the nodes find it";
      case OutOfMemory -> "set spec.resources.limits.memory to more";
      case Crashed -> "correct spec.extraArgs, spec.version or spec.image";
      default -> "correct spec.version, image, resources, scheduling or extraArgs";
    };
  }
}
