package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.reading.Installation;
import java.util.List;

/** Findings about a metrics-server version that another one should replace. */
final class VersionFindings {

  private static final String UPSTREAM = "registry.k8s.io/metrics-server/metrics-server";

  private VersionFindings() {}

  static List<Finding> of(Evidence evidence) {
    return evidence.subject().versionAdvice().stream()
        .map(advice ->
            evidence.installation().ours() ? of(advice) : external(advice, evidence.installation()))
        .toList();
  }

  /** The owner of an existing installation decides about its version. */
  private static Finding external(VersionAdvice advice, Installation installation) {
    var ours = of(advice);
    return new Finding(
        ours.code(),
        Severity.Info,
        ours.message(),
        advice.better().map(better -> upgrade("v" + better, installation)).orElse(ours.remedy()),
        installation.object());
  }

  private static Remedy upgrade(String tag, Installation installation) {
    var context = new Context(installation);
    return context
        .helm(List.of(new HelmValue("image.tag", tag)))
        .orElseGet(
            () -> context.setImage("%s:%s, or its copy in your mirror".formatted(UPSTREAM, tag)));
  }

  static Finding of(VersionAdvice advice) {
    return switch (advice.kind()) {
      case ClusterTooOld -> tooOld(advice);
      case ClusterTooNew ->
          finding(
              FindingCode.VersionOutOfRange,
              advice.better().isPresent() ? Severity.Warning : Severity.Info,
              "metrics-server %s was tested with Kubernetes up to %s, and this cluster has %s; the installed metrics-server keeps running"
                  .formatted(advice.version(), advice.bound(), advice.kubernetes()),
              advice
                  .better()
                  .map(better -> Context.set("version", better))
                  .orElseGet(() ->
                      Remedy.none("none while metrics are available")
                          .or(
                              "install a newer release of this operator, which may know a newer"
                                  + " metrics-server")));
      case NewerVersion ->
          finding(
              FindingCode.NewerVersion,
              Severity.Info,
              "metrics-server %s is available, and %s is installed"
                  .formatted(advice.better().orElseThrow(), advice.version()),
              Context.set("version", advice.better().orElseThrow())
                  .or(
                      new SetField(
                          "version", "Latest", "the operator then always installs the newest")));
    };
  }

  private static Finding tooOld(VersionAdvice advice) {
    return finding(
        FindingCode.VersionOutOfRange,
        Severity.Warning,
        "metrics-server %s needs Kubernetes %s or newer, and this cluster has %s; the installed metrics-server keeps running"
            .formatted(advice.version(), advice.bound(), advice.kubernetes()),
        advice
            .better()
            .map(better ->
                Remedy.of(
                    new SetField("version", better, "the newest for this Kubernetes version")))
            .orElseGet(() -> Remedy.manual("upgrade the cluster")));
  }

  private static Finding finding(
      FindingCode code, Severity severity, String message, Remedy remedy) {
    return new Finding(code, severity, message, remedy, Finding.CONFIG);
  }
}
