package dev.metricsserver.plan;

import dev.metricsserver.api.AuditSpec;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.plan.Reason.VersionReason;
import java.util.Map;
import java.util.Optional;

/**
 * Every decision about one metrics-server installation, with reasons where a user may ask for one.
 *
 * @param audit how much of each request metrics-server logs
 * @param deploymentAnnotations annotations of the Deployment that later decisions read
 */
public record MetricsServerPlan(
    String namespace,
    VersionPlan version,
    RollbackPlan rollback,
    PodPlan pod,
    SizePlan size,
    KubeletPlan kubelets,
    ServingTLS serving,
    NetworkPlan network,
    AuditSpec.Profile audit,
    MonitoringPlan monitoring,
    AdoptionPlan adoption,
    Map<String, String> deploymentAnnotations) {

  /**
   * The version of metrics-server.
   *
   * @param advice why another version would be better, if one would
   */
  public record VersionPlan(Decided<String, VersionReason> chosen, Optional<VersionAdvice> advice) {

    /** The version, for example {@code 0.9.0}. */
    public String number() {
      return chosen.value();
    }
  }

  /**
   * The state of rollback.
   *
   * @param configuration the part of this plan that a later rollback can restore
   * @param failure why the configuration that was last Ready is in force instead of the wanted one;
   *     empty if the wanted one is in force
   */
  public record RollbackPlan(Configuration configuration, Optional<Failure> failure) {}
}
