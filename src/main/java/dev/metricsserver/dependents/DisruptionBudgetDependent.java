package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Keeps all but one pod through a drain; there is none where it would only be in the way. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class DisruptionBudgetDependent extends OptionalDependent<PodDisruptionBudget> {

  /** For the workflow. */
  public DisruptionBudgetDependent() {
    super(PodDisruptionBudget.class, OptionalObject.DISRUPTION_BUDGET);
  }
}
