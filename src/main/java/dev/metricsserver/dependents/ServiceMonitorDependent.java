package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import dev.metricsserver.rendering.ServiceMonitor;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** What Prometheus reads of metrics-server. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class ServiceMonitorDependent extends OptionalDependent<ServiceMonitor> {

  /** For the workflow. */
  public ServiceMonitorDependent() {
    super(ServiceMonitor.class, OptionalObject.SERVICE_MONITOR);
  }
}
