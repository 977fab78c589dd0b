package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.model.KubeletTarget;
import dev.metricsserver.model.NodeFacts;
import java.util.Collection;
import java.util.List;

/**
 * Which kubelets to probe before the next plan. This is a feedback edge: the answers of the probes
 * are facts of that plan.
 *
 * @param targets the kubelets whose certificates decide the TLS mode, where metrics-server would
 *     dial them
 */
public record ProbePlan(List<KubeletTarget> targets) {

  /** Plans the probes of the Ready nodes that the spec selects. */
  public static ProbePlan of(KubeletSpec spec, Collection<NodeFacts> nodes) {
    return new ProbePlan(KubeletPlanner.targets(spec, nodes));
  }
}
