package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Optional;
import java.util.function.Function;

/** An object that only some plans have. */
public abstract class OptionalDependent<R extends HasMetadata> extends ManagedDependent<R> {

  private final String objectName;
  private final Function<MetricsServerPlan, Optional<R>> object;

  /**
   * @param object makes it, where the plan has it
   */
  OptionalDependent(Class<R> type, String name, Function<MetricsServerPlan, Optional<R>> object) {
    super(type, plan -> object.apply(plan).orElseThrow());
    this.objectName = name;
    this.object = object;
  }

  /** By name, so that one that is no longer wanted is found and deleted. */
  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return new ResourceID(objectName, plan(context).namespace());
  }

  /** Whether the plan has it; else it is deleted. */
  public static final class Wanted implements Condition<HasMetadata, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<HasMetadata, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return ((OptionalDependent<?>) dependent).object.apply(plan(context)).isPresent();
    }
  }
}
