package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.plan.FieldManagerConflict;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the dependents of one reconcile share.
 *
 * @param certificates what the Secrets hold next; nothing where pods sign their own certificate
 * @param secretVersions the resource versions of the Secrets that this was decided by, by name
 * @param conflictingWrites changes of adopted objects by other field managers; grows while objects
 *     are applied
 * @param wrote whether an object was changed, or is left to the next reconcile
 */
public record ReconcileState(
    MetricsServerPlan plan,
    ServingCertificates certificates,
    Map<String, String> secretVersions,
    Collection<ConflictingWrite> conflictingWrites,
    AtomicBoolean wrote) {

  /** The state before any object is applied. */
  public ReconcileState(
      MetricsServerPlan plan,
      ServingCertificates certificates,
      Map<String, String> secretVersions,
      List<ConflictingWrite> conflictingWrites) {
    this(
        plan,
        certificates,
        secretVersions,
        new ConcurrentLinkedQueue<>(conflictingWrites),
        new AtomicBoolean());
  }

  /** Hands the state to the dependents. */
  public void share(Context<MetricsServerConfig> context) {
    context.managedWorkflowAndDependentResourceContext().put(ReconcileState.class, this);
  }

  static ReconcileState of(Context<MetricsServerConfig> context) {
    return context
        .managedWorkflowAndDependentResourceContext()
        .getMandatory(ReconcileState.class, ReconcileState.class);
  }

  /**
   * Whether another field manager has reverted an adopted object once too often, this time
   * included. The next reconcile then reports it.
   */
  boolean conflictLost(HasMetadata actual, MetricsServerConfig primary) {
    ConflictingWrite.of(actual, Names.MANAGED_BY, primary).ifPresent(conflictingWrites::add);
    var lost =
        FieldManagerConflict.lost(ConflictingWrite.merge(List.copyOf(conflictingWrites), List.of()))
            .isPresent();
    if (lost) {
      wrote.set(true);
    }
    return lost;
  }
}
