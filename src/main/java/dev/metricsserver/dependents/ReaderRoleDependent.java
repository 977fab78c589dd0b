package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** What people may read from the metrics API. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer = @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.READER_ROLE)))
public final class ReaderRoleDependent extends ManagedDependent<ClusterRole> {

  /** For the workflow. */
  public ReaderRoleDependent() {
    super(ClusterRole.class, plan -> Access.readerRole());
  }
}
