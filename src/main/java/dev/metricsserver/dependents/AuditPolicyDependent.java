package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.rendering.Audit;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import io.javaoperatorsdk.operator.processing.event.ResourceID;

/** What metrics-server records of who asks for metrics. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    createResourceOnlyIfNotExistingWithSSA = false,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Planner.AUDIT_CONFIG_MAP)))
public final class AuditPolicyDependent extends ManagedDependent<ConfigMap> {

  /** For the workflow. */
  public AuditPolicyDependent() {
    super(ConfigMap.class, plan -> Audit.policy(plan).orElseThrow());
  }

  /** By name, so that a policy that is no longer wanted is found and deleted. */
  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return new ResourceID(Planner.AUDIT_CONFIG_MAP, plan(context).namespace());
  }

  /** Whether the plan has one; else it is deleted. */
  public static final class Wanted implements Condition<ConfigMap, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<ConfigMap, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return Audit.policy(plan(context)).isPresent();
    }
  }
}
