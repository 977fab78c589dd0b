package dev.metricsserver.dependents;

import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.rendering.Issuer;
import dev.metricsserver.rendering.OptionalObject;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Who signs the CA's certificate, where cert-manager keeps the CA. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = CertManager.BOOTSTRAP)))
public final class BootstrapIssuerDependent extends OptionalDependent<Issuer> {

  /** For the workflow. */
  public BootstrapIssuerDependent() {
    super(Issuer.class, OptionalObject.BOOTSTRAP_ISSUER);
  }
}
