package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import io.javaoperatorsdk.operator.processing.event.ResourceID;

/** An object that only some plans have. */
public abstract class OptionalDependent<R extends HasMetadata> extends ManagedDependent<R> {

  private final OptionalObject<R> object;

  OptionalDependent(Class<R> type, OptionalObject<R> object) {
    super(type, plan -> object.render().apply(plan).orElseThrow());
    this.object = object;
  }

  /** By name, so that an object that the plan no longer has is found and deleted. */
  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return Namespaced.class.isAssignableFrom(resourceType())
        ? new ResourceID(object.name(), plan(context).namespace())
        : new ResourceID(object.name());
  }

  /** Whether the plan has the object; else it is deleted. */
  public static final class Wanted implements Condition<HasMetadata, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<HasMetadata, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return object(dependent).render().apply(plan(context)).isPresent();
    }
  }

  /** Whether the cluster has the kind; without it there is nothing to watch or delete. */
  public static final class Known implements Condition<HasMetadata, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<HasMetadata, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return object(dependent).known().test(plan(context));
    }
  }

  private static OptionalObject<?> object(
      DependentResource<HasMetadata, MetricsServerConfig> dependent) {
    return ((OptionalDependent<?>) dependent).object;
  }
}
