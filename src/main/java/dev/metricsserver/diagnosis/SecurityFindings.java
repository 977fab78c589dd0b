package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import java.util.List;

/** Protection that is weaker than possible, because of the operator's own decisions. */
final class SecurityFindings {

  private SecurityFindings() {}

  /** Findings about the NetworkPolicy. */
  static List<Finding> network(Evidence evidence) {
    return evidence.subject().plan().stream().flatMap(plan -> network(plan).stream()).toList();
  }

  private static List<Finding> network(MetricsServerPlan plan) {
    return switch (plan.network().reason()) {
      case Strict, Disabled -> List.of();
      case Open ->
          List.of(
              of(
                  FindingCode.NetworkPolicyOpen,
                  plan,
                  Context.choose(
                      "networkPolicy.controlPlaneCIDRs",
                      "to the addresses that the API servers connect from")));
      case CiliumMissing ->
          List.of(
              of(
                  FindingCode.NetworkPolicyNotApplied,
                  plan,
                  Remedy.manual(
                          "install Cilium's CustomResourceDefinitions (the operator then creates"
                              + " the policy)")
                      .or(Context.set("networkPolicy.mode", "Auto"))));
      case HostNetwork, CiliumWithoutPolicies ->
          List.of(
              of(
                  FindingCode.NetworkPolicyNotApplied,
                  plan,
                  Remedy.none("none")
                      .or(new SetField("networkPolicy.mode", "Disabled", "clears this finding"))));
    };
  }

  private static Finding of(FindingCode code, MetricsServerPlan plan, Remedy remedy) {
    return new Finding(
        code, Severity.Info, ReasonText.of(plan.network().reason()), remedy, policy(plan));
  }

  /** Prometheus could read metrics-server's metrics, and the policy does not allow it. */
  static List<Finding> monitoring(Evidence evidence) {
    return evidence.subject().plan().stream()
        .filter(plan -> plan.monitoring().shutOut())
        .map(plan ->
            new Finding(
                FindingCode.PrometheusShutOut,
                Severity.Info,
                "the operator creates no ServiceMonitor, because the NetworkPolicy allows only the"
                    + " control plane to connect to metrics-server",
                Context.choose("monitoring.prometheus.namespace", "to the namespace of Prometheus")
                    .or(Context.set("monitoring.serviceMonitor", "Disabled")),
                policy(plan)))
        .toList();
  }

  private static ObjectName policy(MetricsServerPlan plan) {
    return new ObjectName("NetworkPolicy", plan.namespace(), Names.NETWORK_POLICY);
  }
}
