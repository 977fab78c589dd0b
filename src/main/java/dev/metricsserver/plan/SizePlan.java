package dev.metricsserver.plan;

import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.api.ResourcesSpec.Amounts;
import dev.metricsserver.plan.Reason.ReplicasReason;
import dev.metricsserver.plan.Reason.ResourcesReason;

/**
 * The number of metrics-server pods, and the size of each.
 *
 * @param requiredAntiAffinity whether two replicas must run on different nodes
 * @param disruptionBudget whether a PodDisruptionBudget protects the pods
 * @param unhealthyEviction whether the cluster knows {@code unhealthyPodEvictionPolicy} (Kubernetes
 *     1.27)
 */
public record SizePlan(
    Decided<Integer, ReplicasReason> replicaCount,
    boolean requiredAntiAffinity,
    boolean disruptionBudget,
    boolean unhealthyEviction,
    Decided<Resources, ResourcesReason> podResources) {

  /** The number of pods. */
  public int replicas() {
    return replicaCount.value();
  }

  /** Requests and limits of a pod. */
  public Resources resources() {
    return podResources.value();
  }

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
