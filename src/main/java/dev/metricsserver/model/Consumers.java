package dev.metricsserver.model;

import java.util.List;

/**
 * Who uses metrics, and gets none for reasons that are not metrics-server's. Only who may read all
 * of a cluster can tell.
 *
 * @param withoutRequests autoscalers whose workload does not say what it requests
 * @param podsWithout running pods that have no metrics although their node has
 * @param viewersLackMetrics whether the role {@code view} leaves out metrics
 */
public record Consumers(
    List<Autoscaler> withoutRequests, List<ObjectName> podsWithout, boolean viewersLackMetrics) {

  /** Nothing was read. */
  public static final Consumers NONE = new Consumers(List.of(), List.of(), false);

  /**
   * A HorizontalPodAutoscaler.
   *
   * @param target what it scales, as kind/name in lower case
   * @param resource what it scales by, such as {@code cpu}
   */
  public record Autoscaler(String namespace, String name, String target, String resource) {}
}
