package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;

/** Keeps all but one pod through a drain; there is none where it would only be in the way. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class DisruptionBudgetDependent extends ManagedDependent<PodDisruptionBudget> {

  /** For the workflow. */
  public DisruptionBudgetDependent() {
    super(PodDisruptionBudget.class, Workload::disruptionBudget);
  }

  /** Whether the plan has one; else it is deleted. */
  public static final class Wanted implements Condition<PodDisruptionBudget, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<PodDisruptionBudget, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return plan(context).size().disruptionBudget();
    }
  }
}
