package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.ServiceMonitor;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;
import io.javaoperatorsdk.operator.processing.event.ResourceID;

/** What Prometheus reads of metrics-server. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    createResourceOnlyIfNotExistingWithSSA = false,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class ServiceMonitorDependent extends ManagedDependent<ServiceMonitor> {

  /** For the workflow. */
  public ServiceMonitorDependent() {
    super(ServiceMonitor.class, plan -> Monitoring.serviceMonitor(plan).orElseThrow());
  }

  /** By name, so that one that is no longer wanted is found and deleted. */
  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return new ResourceID(Names.METRICS_SERVER, plan(context).namespace());
  }

  /** Whether the cluster has the kind; without it there is nothing to watch, and none to delete. */
  public static final class Known implements Condition<ServiceMonitor, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<ServiceMonitor, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return plan(context).monitoring().kinds().serviceMonitors();
    }
  }

  /** Whether the plan has one; else it is deleted. */
  public static final class Wanted implements Condition<ServiceMonitor, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<ServiceMonitor, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return Monitoring.serviceMonitor(plan(context)).isPresent();
    }
  }
}
