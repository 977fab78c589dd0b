package dev.metricsserver.dependents;

import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.Serving;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** The CA of metrics-server's serving certificate. It is written before anything that it signs. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(
            fieldSelector = @Field(path = "metadata.name", value = ServingTLS.AUTHORITY_SECRET)))
public final class ServingAuthorityDependent extends ServingSecretDependent {

  /** For the workflow. */
  public ServingAuthorityDependent() {
    super(ServingTLS.AUTHORITY_SECRET, c -> c.authority().isPresent(), Serving::authority);
  }
}
