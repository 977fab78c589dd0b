package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import java.util.List;
import java.util.stream.Stream;

/** Who cannot use metrics although they are there. */
final class ConsumerFindings {

  private static final int SHOWN = 3;
  private static final String READER = "system:aggregated-metrics-reader";

  private ConsumerFindings() {}

  static List<Finding> of(Evidence evidence) {
    return Stream.concat(viewers(evidence), autoscalers(evidence)).toList();
  }

  private static Stream<Finding> viewers(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.consumers().viewersShutOut()
        ? Stream.of(
            new Finding(
                "ViewersShutOut",
                Severity.Warning,
                "who has the role view, edit or admin may not read metrics, because no ClusterRole"
                    + " adds them to view",
                Rule.filled(
                    installation.ours()
                        ? "{restore}"
                        : "kubectl create clusterrole "
                            + READER
                            + " --verb=get,list,watch"
                            + " --resource=pods.metrics.k8s.io,nodes.metrics.k8s.io"
                            + AccessFindings.APPLIED
                            + " && kubectl label clusterrole "
                            + READER
                            + " rbac.authorization.k8s.io/aggregate-to-view=true --overwrite",
                    installation),
                "ClusterRole/" + READER))
        : Stream.empty();
  }

  private static Stream<Finding> autoscalers(Evidence evidence) {
    return evidence.consumers().withoutRequests().stream()
        .limit(SHOWN)
        .map(autoscaler ->
            new Finding(
                "AutoscalerWithoutRequests",
                Severity.Info,
                "HorizontalPodAutoscaler %s in namespace %s does nothing, because a container of %s does not say how much %s it requests; this is not metrics-server's fault"
                    .formatted(
                        autoscaler.name(),
                        autoscaler.namespace(),
                        autoscaler.target(),
                        autoscaler.resource()),
                "kubectl -n %s set resources %s --requests=%s=VALUE"
                    .formatted(autoscaler.namespace(), autoscaler.target(), autoscaler.resource()),
                "HorizontalPodAutoscaler/%s/%s"
                    .formatted(autoscaler.namespace(), autoscaler.name())));
  }
}
