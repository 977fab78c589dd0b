package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.ManagedFields;
import dev.metricsserver.plan.FieldManagerConflict;
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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/**
 * What all objects have in common: they are rendered from the plan, are ours by name, and go with
 * the MetricsServerConfig unless the plan retains them.
 *
 * <p>They are found by name, not by owner reference: an object whose owner reference was stripped,
 * or that never had one because it is retained, still raises events and is repaired.
 *
 * <p>What somebody else makes at the same moment is not overwritten unseen: the API server refuses
 * to create it once more, and the next reconcile decides.
 */
public abstract class ManagedDependent<R extends HasMetadata>
    extends CRUDKubernetesDependentResource<R, MetricsServerConfig>
    implements SecondaryToPrimaryMapper<R> {

  /** The one resource that every event is about. */
  public static final Set<ResourceID> PRIMARY = Set.of(new ResourceID(MetricsServerConfig.NAME));

  private static final String SEEN = "seen";
  private static final String CONFLICTING_WRITES = "conflictingWrites";
  private static final String WROTE = "wrote";

  private final Function<MetricsServerPlan, R> renderer;

  /**
   * @param renderer makes the object as it should be
   */
  protected ManagedDependent(Class<R> type, Function<MetricsServerPlan, R> renderer) {
    super(type);
    this.renderer = renderer;
  }

  /**
   * Hands the plan of this reconcile to the objects.
   *
   * @param conflictingWrites what others had changed when it was made
   */
  public static void setPlan(
      Context<MetricsServerConfig> context,
      MetricsServerPlan plan,
      List<ConflictingWrite> conflictingWrites) {
    var shared = context.managedWorkflowAndDependentResourceContext();
    shared.put(MetricsServerPlan.class, plan);
    shared.put(CONFLICTING_WRITES, new ConcurrentLinkedQueue<>(conflictingWrites));
  }

  /** The same, and what was seen of it since; empty without a plan. */
  public static List<ConflictingWrite> conflictingWrites(Context<MetricsServerConfig> context) {
    return seenConflictingWrites(context).map(List::copyOf).orElse(List.of());
  }

  @SuppressWarnings("unchecked")
  private static Optional<Collection<ConflictingWrite>> seenConflictingWrites(
      Context<MetricsServerConfig> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .get(CONFLICTING_WRITES, Collection.class)
        .map(conflictingWrites -> (Collection<ConflictingWrite>) conflictingWrites);
  }

  /**
   * Whether an object was changed in this reconcile, or is left to the next. That decides by what
   * it became, and cannot wait for an event: the framework drops that of an own write whose answer
   * came first.
   */
  public static boolean wrote(Context<MetricsServerConfig> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .get(WROTE, Boolean.class)
        .isPresent();
  }

  /** The plan of this reconcile. */
  protected static MetricsServerPlan plan(Context<MetricsServerConfig> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .getMandatory(MetricsServerPlan.class, MetricsServerPlan.class);
  }

  /**
   * Hands what the Secrets are to hold to the objects, where pods serve from them.
   *
   * @param seen by name, the resource versions of the Secrets that it was decided by
   */
  public static void setCertificates(
      Context<MetricsServerConfig> context,
      ServingCertificates certificates,
      Map<String, String> seen) {
    context
        .managedWorkflowAndDependentResourceContext()
        .put(ServingCertificates.class, certificates);
    context.managedWorkflowAndDependentResourceContext().put(SEEN, seen);
  }

  /** What the Secrets are to hold. */
  protected static ServingCertificates certificates(Context<MetricsServerConfig> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .getMandatory(ServingCertificates.class, ServingCertificates.class);
  }

  /** The resource version of a Secret that was decided by, if there was one. */
  protected static Optional<String> seen(Context<MetricsServerConfig> context, String secret) {
    return Optional.ofNullable(
        (String)
            context
                .managedWorkflowAndDependentResourceContext()
                .getMandatory(SEEN, Map.class)
                .get(secret));
  }

  @Override
  protected R desired(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return renderer.apply(plan(context));
  }

  /** What is still somebody else's is not as it should be, whatever it says. */
  @Override
  public Matcher.Result<R> match(
      R actual, R desired, MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return takesOver(actual, primary)
        ? Matcher.Result.computed(false, desired)
        : super.match(actual, desired, primary, context);
  }

  /**
   * Whoever applies an object leaves the fields of others in it. So these become the operator's
   * first, without a change of the object; what it then does not apply goes.
   */
  @Override
  public R update(
      R actual, R desired, MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    if (takesOver(actual, primary)) {
      if (lost(actual, primary, context)) {
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

  /** Whether it was changed once too often; the next reconcile says so. */
  private static boolean lost(
      HasMetadata actual, MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    var seen = seenConflictingWrites(context).orElseThrow();
    ConflictingWrite.of(actual, Names.MANAGED_BY, primary).ifPresent(seen::add);
    var lost =
        FieldManagerConflict.lost(ConflictingWrite.merge(List.copyOf(seen), List.of())).isPresent();
    if (lost) {
      context.managedWorkflowAndDependentResourceContext().put(WROTE, true);
    }
    return lost;
  }

  @Override
  protected void onCreated(
      MetricsServerConfig primary, R created, Context<MetricsServerConfig> context) {
    super.onCreated(primary, created, context);
    context.managedWorkflowAndDependentResourceContext().put(WROTE, true);
  }

  /**
   * What was written is remembered like what was made: the framework's own way, which compares it
   * with what was there, throws when that is gone.
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
   * What is not wanted goes, unless it is somebody else's under the same name.
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

  private static boolean takesOver(HasMetadata actual, MetricsServerConfig primary) {
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

  /** Makes an object go with the MetricsServerConfig, unless it is to stay. */
  public static void own(HasMetadata desired, MetricsServerConfig primary) {
    switch (primary.getSpec().deletionPolicy()) {
      case Delete -> desired.addOwnerReference(primary);
      case Retain -> {}
    }
  }
}
