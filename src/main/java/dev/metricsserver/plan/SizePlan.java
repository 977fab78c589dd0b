package dev.metricsserver.plan;

import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.api.ResourcesSpec.Amounts;

/**
 * The number of metrics-server pods, and the size of each.
 *
 * @param requiredAntiAffinity whether two replicas must run on different nodes
 * @param disruptionBudget whether a PodDisruptionBudget protects the pods
 * @param unhealthyEviction whether the cluster knows {@code unhealthyPodEvictionPolicy} (Kubernetes
 *     1.27)
 */
public record SizePlan(
    int replicas,
    boolean requiredAntiAffinity,
    boolean disruptionBudget,
    boolean unhealthyEviction,
    Resources resources) {

  /** Requests and limits in canonical notation. */
  public record Resources(
      String cpuRequest, String memoryRequest, String cpuLimit, String memoryLimit) {

    /** Returns a spec that sets each of these amounts. */
    public ResourcesSpec asSpec() {
      return new ResourcesSpec(
          new Amounts(cpuRequest, memoryRequest), new Amounts(cpuLimit, memoryLimit));
    }
  }
}
