package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.reading.Installation;
import java.util.List;

/** Findings about a version that runs, although another one would be better. */
final class VersionFindings {

  private static final String UPSTREAM = "registry.k8s.io/metrics-server/metrics-server";

  private VersionFindings() {}

  static List<Finding> of(Evidence evidence) {
    return evidence.subject().versionAdvice().stream()
        .map(advice ->
            evidence.installation().ours() ? of(advice) : theirs(advice, evidence.installation()))
        .toList();
  }

  /** Which version somebody else runs is theirs to decide. */
  private static Finding theirs(VersionAdvice advice, Installation installation) {
    var said = of(advice);
    return new Finding(
        said.code(),
        Severity.Info,
        said.message(),
        advice.better().map(better -> upgrade("v" + better, installation)).orElse(said.remedy()),
        installation.object());
  }

  private static String upgrade(String tag, Installation installation) {
    return PackagingRemedy.upgraded(installation, "--set image.tag=" + tag)
        .orElseGet(() ->
            Rule.filled(
                "kubectl -n {namespace} set image deployment/{deployment} {name}=%s:%s, or what your mirror has of it"
                    .formatted(UPSTREAM, tag),
                installation));
  }

  static Finding of(VersionAdvice advice) {
    return switch (advice.kind()) {
      case ClusterTooOld ->
          finding(
              FindingCode.VersionOutOfRange,
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
              FindingCode.VersionOutOfRange,
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
              FindingCode.NewerVersion,
              Severity.Info,
              "metrics-server %s is out, and %s is installed"
                  .formatted(advice.better().orElseThrow(), advice.version()),
              "set spec.version: %s when it suits you, or Latest to have such changes made"
                  .formatted(advice.better().orElseThrow()));
    };
  }

  private static Finding finding(
      FindingCode code, Severity severity, String message, String remedy) {
    return new Finding(code, severity, message, remedy, "MetricsServerConfig/cluster");
  }
}
