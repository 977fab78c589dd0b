package dev.metricsserver.rendering;

import dev.metricsserver.api.AuditSpec.Profile;
import dev.metricsserver.plan.AuditPlanner;
import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.Optional;

/** The audit policy of metrics-server. */
public final class Audit {

  private Audit() {}

  /** The ConfigMap with the audit policy; empty if nothing is logged. */
  public static Optional<ConfigMap> policy(MetricsServerPlan plan) {
    return plan.audit() == Profile.None
        ? Optional.empty()
        : Optional.of(
            new ConfigMapBuilder()
                .withMetadata(Names.metadata(plan.namespace(), AuditPlanner.CONFIG_MAP))
                .addToData(AuditPlanner.KEY, rules(plan.audit()))
                .build());
  }

  /** Leaves out the kubelet's probes, which run every second, and the API servers' own requests. */
  private static String rules(Profile profile) {
    return """
    apiVersion: audit.k8s.io/v1
    kind: Policy
    omitStages: [RequestReceived]
    rules:
      - level: None
        nonResourceURLs: ["/livez*", "/readyz*"]
      - level: None
        users: ["system:kube-aggregator", "system:aggregator"]
      - level: %s
    """
        .formatted(profile);
  }
}
