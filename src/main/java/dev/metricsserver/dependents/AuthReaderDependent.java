package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Access;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Lets metrics-server read how callers are authenticated. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(
            namespaces = Names.AUTH_READER_NAMESPACE,
            fieldSelector = @Field(path = "metadata.name", value = Names.AUTH_READER)))
public final class AuthReaderDependent extends ManagedDependent<RoleBinding> {

  /** For the workflow. */
  public AuthReaderDependent() {
    super(RoleBinding.class, Access::authReader);
  }
}
