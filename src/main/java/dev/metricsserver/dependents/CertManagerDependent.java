package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import java.util.Optional;
import java.util.function.Function;

/** An object of cert-manager, where it issues metrics-server's certificate. */
public abstract class CertManagerDependent<R extends HasMetadata> extends OptionalDependent<R> {

  CertManagerDependent(
      Class<R> type, String name, Function<MetricsServerPlan, Optional<R>> object) {
    super(type, name, object);
  }

  /** Whether the cluster has the kinds; without them there is nothing to watch, and to delete. */
  public static final class Known implements Condition<HasMetadata, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<HasMetadata, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return plan(context).serving().certManager().known();
    }
  }
}
