package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Gives metrics-server its role. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.CLUSTER_ROLE)))
public final class ClusterRoleBindingDependent extends ManagedDependent<ClusterRoleBinding> {

  /** For the workflow. */
  public ClusterRoleBindingDependent() {
    super(ClusterRoleBinding.class, Access::clusterRoleBinding);
  }
}
