package dev.metricsserver.dependents;

import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.Serving;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** The certificate that the pods serve. They read it again by themselves when it changes. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(
            fieldSelector = @Field(path = "metadata.name", value = ServingTLS.CERTIFICATE_SECRET)))
public final class ServingCertificateDependent extends ServingSecretDependent {

  /** For the workflow. */
  public ServingCertificateDependent() {
    super(ServingTLS.CERTIFICATE_SECRET, c -> c.leaf().isPresent(), Serving::certificate);
  }
}
