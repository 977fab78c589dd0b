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

/** What Prometheus reads of metrics-server. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class ServiceMonitorDependent extends OptionalDependent<ServiceMonitor> {

  /** For the workflow. */
  public ServiceMonitorDependent() {
    super(ServiceMonitor.class, Names.METRICS_SERVER, Monitoring::serviceMonitor);
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
}
