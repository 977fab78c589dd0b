package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** What metrics-server may read. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.CLUSTER_ROLE)))
public final class ClusterRoleDependent extends ManagedDependent<ClusterRole> {

  /** For the workflow. */
  public ClusterRoleDependent() {
    super(ClusterRole.class, plan -> Access.clusterRole());
  }
}
