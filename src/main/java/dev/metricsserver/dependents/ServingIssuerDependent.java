package dev.metricsserver.dependents;

import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.rendering.Issuer;
import dev.metricsserver.rendering.OptionalObject;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Who signs metrics-server's certificate by the CA, where cert-manager keeps it. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = CertManager.SERVING)))
public final class ServingIssuerDependent extends OptionalDependent<Issuer> {

  /** For the workflow. */
  public ServingIssuerDependent() {
    super(Issuer.class, OptionalObject.SERVING_ISSUER);
  }
}
