package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.Apply;
import dev.metricsserver.diagnosis.Step.FillIn;
import dev.metricsserver.diagnosis.Step.Label;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.Consumers.Autoscaler;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.KubeletPlanner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Users, pods and autoscalers that cannot use metrics although metrics are available. */
final class ConsumerFindings {

  private static final int SHOWN = 3;
  private static final String READER = "system:aggregated-metrics-reader";
  private static final String NOT_THE_CAUSE = "; metrics-server is not the cause";

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
        .map(pod ->
            new Finding(
                FindingCode.PodsWithoutMetrics,
                Severity.Info,
                "%s %s no metrics although the node has: metrics-server omits a pod when one of its containers reports no CPU or no memory, for example because it has ended"
                        .formatted(
                            KubeletPlanner.firstNames(pods.stream().map(ObjectName::path).toList()),
                            pods.size() == 1 ? "has" : "have")
                    + NOT_THE_CAUSE,
                Remedy.of(
                    Step.run(
                        "to find the idle container (a HorizontalPodAutoscaler ignores this pod)",
                        "kubectl -n %s describe pod %s",
                        pod.namespace(),
                        pod.name())),
                pod));
  }

  private static Stream<Finding> viewers(Evidence evidence) {
    return evidence.consumers().viewersLackMetrics()
        ? Stream.of(
            new Finding(
                FindingCode.ViewRoleMissing,
                Severity.Warning,
                "users with the role view, edit or admin have no right to read metrics, because no"
                    + " ClusterRole adds this right to view",
                new Context(evidence.installation()).restoreOr(createReader()),
                ObjectName.cluster("ClusterRole", READER)))
        : Stream.empty();
  }

  private static Remedy createReader() {
    var target = Target.cluster("rbac.authorization.k8s.io/v1", "ClusterRole", READER);
    var rules =
        List.of(
            Map.of(
                "apiGroups", List.of("metrics.k8s.io"),
                "resources", List.of("pods", "nodes"),
                "verbs", List.of("get", "list", "watch")));
    return Remedy.of(
        new Apply(target, Map.of("rules", rules), Optional.empty()),
        new Label(target, Map.of("rbac.authorization.k8s.io/aggregate-to-view", "true")));
  }

  private static Stream<Finding> autoscalers(Evidence evidence) {
    return evidence.consumers().withoutRequests().stream()
        .limit(SHOWN)
        .map(autoscaler ->
            new Finding(
                FindingCode.AutoscalerWithoutRequests,
                Severity.Info,
                "HorizontalPodAutoscaler %s in namespace %s does nothing, because a container of %s has no %s request"
                        .formatted(
                            autoscaler.name(),
                            autoscaler.namespace(),
                            autoscaler.target(),
                            autoscaler.resource())
                    + NOT_THE_CAUSE,
                setRequests(autoscaler),
                new ObjectName(
                    "HorizontalPodAutoscaler", autoscaler.namespace(), autoscaler.name())));
  }

  private static Remedy setRequests(Autoscaler autoscaler) {
    return Remedy.of(
        new FillIn(
            Target.namespaced(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                autoscaler.namespace(),
                autoscaler.name()),
            Command.of(
                "kubectl -n %s set resources %s --%s",
                autoscaler.namespace(),
                autoscaler.target(),
                "requests=" + autoscaler.resource() + "=VALUE"),
            ""));
  }
}
