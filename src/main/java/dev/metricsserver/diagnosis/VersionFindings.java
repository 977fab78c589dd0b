package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.plan.VersionAdvice;
import java.util.List;

/** Findings about a version that runs, although another one would be better. */
final class VersionFindings {

  private VersionFindings() {}

  static List<Finding> of(Evidence evidence) {
    return evidence.plan().stream()
        .flatMap(plan -> plan.versionAdvice().stream())
        .map(VersionFindings::of)
        .toList();
  }

  static Finding of(VersionAdvice advice) {
    return switch (advice.kind()) {
      case ClusterTooOld ->
          finding(
              "VersionOutOfRange",
              Severity.Warning,
              "metrics-server %s needs Kubernetes %s or newer, and this cluster has %s; what is"
                      .formatted(advice.version(), advice.bound(), advice.kubernetes())
                  + " installed goes on",
              advice
                  .better()
                  .map("set spec.version: %s, the newest for this Kubernetes"::formatted)
                  .orElse("upgrade the cluster"));
      case ClusterTooNew ->
          finding(
              "VersionOutOfRange",
              advice.better().isPresent() ? Severity.Warning : Severity.Info,
              "metrics-server %s was tested with Kubernetes up to %s, and this cluster has %s; what"
                      .formatted(advice.version(), advice.bound(), advice.kubernetes())
                  + " is installed goes on",
              advice
                  .better()
                  .map("set spec.version: %s"::formatted)
                  .orElse(
                      "none as long as metrics are there; a newer release of this operator may know"
                          + " a newer metrics-server"));
      case NewerVersion ->
          finding(
              "NewerVersion",
              Severity.Info,
              "metrics-server %s is out, and %s is installed"
                  .formatted(advice.better().orElseThrow(), advice.version()),
              "set spec.version: %s when it suits you, or Latest to have such changes made"
                  .formatted(advice.better().orElseThrow()));
    };
  }

  private static Finding finding(String code, Severity severity, String message, String remedy) {
    return new Finding(code, severity, message, remedy, "MetricsServerConfig/cluster");
  }
}
