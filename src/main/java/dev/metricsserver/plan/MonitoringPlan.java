package dev.metricsserver.plan;

import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import java.util.Map;
import java.util.Optional;

/**
 * The objects for Prometheus.
 *
 * @param kinds the kinds that the cluster has, so that unwanted objects are looked for
 * @param serviceMonitor whether there is a ServiceMonitor
 * @param shutOut whether there is none because the network policy admits no Prometheus
 * @param rule whether there is a PrometheusRule
 * @param labels of both
 * @param reader the ServiceAccount that may read metrics-server's own metrics
 */
public record MonitoringPlan(
    PrometheusKinds kinds,
    boolean serviceMonitor,
    boolean shutOut,
    boolean rule,
    Map<String, String> labels,
    Optional<ServiceAccountName> reader) {

  /** A ServiceAccount. */
  public record ServiceAccountName(String namespace, String name) {}
}
