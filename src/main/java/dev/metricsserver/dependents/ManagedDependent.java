package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ManagedFields;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.Matcher;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What all objects have in common: they are rendered from the plan, are identified by name, and are
 * deleted with the MetricsServerConfig unless the plan retains them.
 *
 * <p>They are found by name, not by owner reference: an object whose owner reference was removed,
 * or that never had one because it is retained, still raises events and is repaired.
 *
 * <p>An object that another client creates at the same moment is not overwritten unseen: the API
 * server rejects the second creation, and the next reconcile decides.
 */
public abstract class ManagedDependent<R extends HasMetadata>
    extends CRUDKubernetesDependentResource<R, MetricsServerConfig>
    implements SecondaryToPrimaryMapper<R> {

  /** The resource that every event reconciles. */
  public static final Set<ResourceID> PRIMARY = Set.of(new ResourceID(MetricsServerConfig.NAME));

  private final Function<MetricsServerPlan, R> renderer;

  /**
   * @param renderer makes the desired object
   */
  protected ManagedDependent(Class<R> type, Function<MetricsServerPlan, R> renderer) {
    super(type);
    this.renderer = renderer;
  }

  /** The plan of this reconcile. */
  protected static MetricsServerPlan plan(Context<MetricsServerConfig> context) {
    return ReconcileState.of(context).plan();
  }

  /** What the Secrets hold next. */
  protected static ServingCertificates certificates(Context<MetricsServerConfig> context) {
    return ReconcileState.of(context).certificates();
  }

  @Override
  protected R desired(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return renderer.apply(plan(context));
  }

  /** An object that is not adopted yet never matches. */
  @Override
  public Matcher.Result<R> match(
      R actual, R desired, MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return adopts(actual, primary)
        ? Matcher.Result.computed(false, desired)
        : super.match(actual, desired, primary, context);
  }

  /**
   * Server-side apply leaves the fields of other managers in an object. To adopt it, these fields
   * become the operator's first, without a change of the object; applying then removes those that
   * the operator does not set.
   */
  @Override
  public R update(
      R actual, R desired, MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    if (adopts(actual, primary)) {
      if (ReconcileState.of(context).conflictLost(actual, primary)) {
        return actual;
      }
      var metadata =
          Map.of(
              "resourceVersion",
              actual.getMetadata().getResourceVersion(),
              "managedFields",
              ManagedFields.takenOver(actual, Names.MANAGED_BY));
      var client = context.getClient();
      client
          .resource(actual)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              client.getKubernetesSerialization().asJson(Map.of("metadata", metadata)));
    }
    return super.update(actual, desired, primary, context);
  }

  @Override
  protected void onCreated(
      MetricsServerConfig primary, R created, Context<MetricsServerConfig> context) {
    super.onCreated(primary, created, context);
    ReconcileState.of(context).wrote().set(true);
  }

  /**
   * An update is cached like a creation: the framework's own way compares it with the cached
   * object, and throws when that one was deleted meanwhile.
   */
  @Override
  protected void onUpdated(
      MetricsServerConfig primary, R updated, R actual, Context<MetricsServerConfig> context) {
    if (!updated
        .getMetadata()
        .getResourceVersion()
        .equals(actual.getMetadata().getResourceVersion())) {
      onCreated(primary, updated, context);
    }
  }

  /**
   * Deletes an object that the plan does not have, unless another owner made it under that name.
   *
   * @param actual null where there is none
   */
  @Override
  protected void handleDelete(
      MetricsServerConfig primary, R actual, Context<MetricsServerConfig> context) {
    if (actual != null
        && (primary.getSpec().conflictPolicy() == ConflictPolicy.Adopt
            || ManagedFields.applied(actual, Names.MANAGED_BY))) {
      super.handleDelete(primary, actual, context);
    }
  }

  private static boolean adopts(HasMetadata actual, MetricsServerConfig primary) {
    return primary.getSpec().conflictPolicy() == ConflictPolicy.Adopt
        && (!ManagedFields.applied(actual, Names.MANAGED_BY)
            || !ManagedFields.rivals(actual, Names.MANAGED_BY).isEmpty());
  }

  @Override
  public Set<ResourceID> toPrimaryResourceIDs(R object) {
    return PRIMARY;
  }

  @Override
  protected void addReferenceHandlingMetadata(R desired, MetricsServerConfig primary) {
    own(desired, primary);
  }

  /** Makes the API server delete an object with the MetricsServerConfig, unless it is retained. */
  public static void own(HasMetadata desired, MetricsServerConfig primary) {
    switch (primary.getSpec().deletionPolicy()) {
      case Delete -> desired.addOwnerReference(primary);
      case Retain -> {}
    }
  }
}
