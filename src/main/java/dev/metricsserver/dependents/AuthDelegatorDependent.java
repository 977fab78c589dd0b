package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Lets metrics-server ask who is calling. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.AUTH_DELEGATOR)))
public final class AuthDelegatorDependent extends ManagedDependent<ClusterRoleBinding> {

  /** For the workflow. */
  public AuthDelegatorDependent() {
    super(ClusterRoleBinding.class, Access::authDelegator);
  }
}
