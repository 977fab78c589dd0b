package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Lets Prometheus read metrics-server's own metrics. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_READER)))
public final class MetricsReaderDependent extends OptionalDependent<ClusterRoleBinding> {

  /** For the workflow. */
  public MetricsReaderDependent() {
    super(ClusterRoleBinding.class, OptionalObject.METRICS_READER);
  }
}
