package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Failure;
import java.util.List;

/** Why the operator restored an earlier configuration, and how to get a newer one into force. */
final class RollbackFindings {

  private RollbackFindings() {}

  /** Comes before all other findings, because the spec is not in force. */
  static List<Finding> of(Evidence evidence) {
    return evidence.subject().plan().stream()
        .flatMap(plan ->
            plan.rollback().failure().stream()
                .map(failure -> of(failure, plan.rollback().configuration(), evidence.severity())))
        .toList();
  }

  /**
   * The finding of one rollback.
   *
   * @param inForce the configuration that was restored
   * @param severity its effect on metrics
   */
  static Finding of(Failure failure, Configuration inForce, Severity severity) {
    return new Finding(
        FindingCode.RolledBack,
        severity,
        "the operator restored the last configuration that was Ready (metrics-server %s), because the new one did not become ready: %s"
            .formatted(inForce.version(), why(failure)),
        remedy(failure),
        Finding.CONFIG,
        true);
  }

  private static String why(Failure failure) {
    return switch (failure.kind()) {
      case Unschedulable -> "no node accepted its pods: " + failure.message();
      case ImageNotPulled -> "its image could not be pulled: " + failure.message();
      case NotStarted -> "its image or volumes were not available in time";
      case OutOfMemory -> "it needed more memory than its limit";
      case Crashed -> "metrics-server exited at startup: " + failure.message();
      case NotReady -> "its pods ran and had no metrics to serve";
      case NotCreated -> "Kubernetes rejected its pods: " + failure.message();
      default -> failure.reason() + ": " + failure.message();
    };
  }

  /** Each change of the spec is a new attempt. */
  private static Remedy remedy(Failure failure) {
    return switch (failure.kind()) {
      case Unschedulable -> retry("correct spec.scheduling or spec.resources.requests");
      case ImageNotPulled, NotStarted ->
          retry("correct spec.version or spec.image")
              .or("push the image to the registry, and change the spec");
      case OutOfMemory -> Context.choose("resources.limits.memory", "to a higher value");
      case Crashed -> retry("correct spec.extraArgs, spec.version or spec.image");
      default -> retry("correct spec.version, image, resources, scheduling or extraArgs");
    };
  }

  private static Remedy retry(String change) {
    return Remedy.manual(change + " (each change of the spec starts a new attempt)");
  }
}
