package dev.metricsserver.rendering;

import dev.metricsserver.api.AuditSpec.Profile;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import java.util.Optional;

/** What metrics-server records of who asks for metrics. */
public final class Audit {

  private Audit() {}

  /** The ConfigMap with the audit policy, when something is recorded. */
  public static Optional<ConfigMap> policy(MetricsServerPlan plan) {
    return plan.audit() == Profile.None
        ? Optional.empty()
        : Optional.of(
            new ConfigMapBuilder()
                .withMetadata(Names.metadata(plan.namespace(), Planner.AUDIT_CONFIG_MAP))
                .addToData(Planner.AUDIT_KEY, rules(plan.audit()))
                .build());
  }

  /**
   * Neither the kubelet's probes, which ask every second, nor what the API servers ask for
   * themselves.
   */
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
