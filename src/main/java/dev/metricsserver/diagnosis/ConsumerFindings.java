package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.plan.KubeletPlanner;
import java.util.List;
import java.util.stream.Stream;

/** Who cannot use metrics although they are there. */
final class ConsumerFindings {

  private static final int SHOWN = 3;
  private static final String READER = "system:aggregated-metrics-reader";

  private ConsumerFindings() {}

  static List<Finding> of(Evidence evidence) {
    return Stream.of(viewers(evidence), autoscalers(evidence), pods(evidence))
        .flatMap(findings -> findings)
        .toList();
  }

  private static Stream<Finding> pods(Evidence evidence) {
    var pods = evidence.consumers().podsWithout();
    return pods.stream()
        .limit(1)
        .map(pod -> pod.split("/", 2))
        .map(pod ->
            new Finding(
                FindingCode.PodsWithoutMetrics,
                Severity.Info,
                "%s %s no metrics, and the node has: metrics-server leaves out a pod of which one container reports no CPU or no memory, such as one that has ended; this is not metrics-server's fault"
                    .formatted(KubeletPlanner.firstNames(pods), pods.size() == 1 ? "has" : "have"),
                "kubectl -n %s describe pod %s shows which container does nothing; while it does, no HorizontalPodAutoscaler can count on this pod"
                    .formatted(pod[0], pod[1]),
                "Pod/%s/%s".formatted(pod[0], pod[1])));
  }

  private static Stream<Finding> viewers(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.consumers().viewersShutOut()
        ? Stream.of(
            new Finding(
                FindingCode.ViewRoleMissing,
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
                FindingCode.AutoscalerWithoutRequests,
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
