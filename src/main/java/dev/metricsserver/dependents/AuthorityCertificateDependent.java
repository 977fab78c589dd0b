package dev.metricsserver.dependents;

import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.rendering.Certificate;
import dev.metricsserver.rendering.OptionalObject;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** The CA, where cert-manager keeps it. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = CertManager.AUTHORITY)))
public final class AuthorityCertificateDependent extends OptionalDependent<Certificate> {

  /** For the workflow. */
  public AuthorityCertificateDependent() {
    super(Certificate.class, OptionalObject.AUTHORITY_CERTIFICATE);
  }
}
