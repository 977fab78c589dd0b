package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import java.util.List;

/** What works, and is weaker than it could be, by the operator's own decisions. */
final class SecurityFindings {

  private SecurityFindings() {}

  /** About the NetworkPolicy. */
  static List<Finding> network(Evidence evidence) {
    return evidence.subject().plan().stream().flatMap(plan -> network(plan).stream()).toList();
  }

  private static List<Finding> network(MetricsServerPlan plan) {
    return switch (plan.network().reason()) {
      case Strict, Disabled -> List.of();
      case Open ->
          List.of(
              new Finding(
                  FindingCode.NetworkPolicyOpen,
                  Severity.Info,
                  ReasonText.of(plan.network().reason()),
                  "name where the API servers connect from in"
                      + " spec.networkPolicy.controlPlaneCIDRs",
                  policy(plan)));
      case CiliumMissing ->
          List.of(
              new Finding(
                  FindingCode.NetworkPolicyNotApplied,
                  Severity.Info,
                  ReasonText.of(plan.network().reason()),
                  "install Cilium's CustomResourceDefinitions, and the policy is written by itself;"
                      + " or set spec.networkPolicy.mode: Auto",
                  policy(plan)));
      case HostNetwork, CiliumWithoutPolicies ->
          List.of(
              new Finding(
                  FindingCode.NetworkPolicyNotApplied,
                  Severity.Info,
                  ReasonText.of(plan.network().reason()),
                  "none needed; set spec.networkPolicy.mode: Disabled to say that you know",
                  policy(plan)));
    };
  }

  /** About a Prometheus that could read metrics-server's metrics, and is shut out. */
  static List<Finding> monitoring(Evidence evidence) {
    return evidence.subject().plan().stream()
        .filter(plan -> plan.monitoring().shutOut())
        .map(plan ->
            new Finding(
                FindingCode.PrometheusShutOut,
                Severity.Info,
                "this cluster has ServiceMonitors, but the NetworkPolicy lets only the control"
                    + " plane connect to metrics-server, so there is none for it",
                "say where Prometheus runs, in spec.monitoring.prometheus.namespace; or set"
                    + " spec.monitoring.serviceMonitor: Disabled",
                policy(plan)))
        .toList();
  }

  private static String policy(MetricsServerPlan plan) {
    return "NetworkPolicy/%s/%s".formatted(plan.namespace(), Names.NETWORK_POLICY);
  }
}
