package dev.metricsserver.plan;

import dev.metricsserver.api.SchedulingSpec;
import dev.metricsserver.api.SchedulingSpec.Operator;
import dev.metricsserver.api.SchedulingSpec.Toleration;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Taint;
import java.util.List;

/** Finds the nodes that can run a metrics-server pod, apart from temporary conditions. */
final class Placement {

  private Placement() {}

  /** The number of these nodes. */
  static int capacity(List<NodeFacts> nodes, SchedulingSpec scheduling) {
    return usable(nodes, scheduling).size();
  }

  /**
   * The nodes that match the node selector and have no lasting taint that is not tolerated.
   * Cordons, pressure and nodes that are not ready are temporary and never count; otherwise a drain
   * would change the number of replicas while it runs.
   */
  static List<NodeFacts> usable(List<NodeFacts> nodes, SchedulingSpec scheduling) {
    return nodes.stream()
        .filter(n -> "linux".equals(n.labels().get("kubernetes.io/os")))
        .filter(n -> n.hasLabels(scheduling.nodeSelector()))
        .filter(n -> n.taints().stream().allMatch(t -> passing(t) || tolerated(t, scheduling)))
        .toList();
  }

  private static boolean passing(Taint taint) {
    return taint.effect().equals("PreferNoSchedule")
        || taint.key().startsWith("node.kubernetes.io/")
        || taint.key().startsWith("node.cloudprovider.kubernetes.io/");
  }

  private static boolean tolerated(Taint taint, SchedulingSpec scheduling) {
    return scheduling.tolerations().stream().anyMatch(t -> tolerates(t, taint));
  }

  private static boolean tolerates(Toleration toleration, Taint taint) {
    return (toleration.key() == null || toleration.key().equals(taint.key()))
        && (toleration.effect() == null || toleration.effect().name().equals(taint.effect()))
        && (toleration.operator() == Operator.Exists
            || taint.value().equals(toleration.value() == null ? "" : toleration.value()));
  }
}
