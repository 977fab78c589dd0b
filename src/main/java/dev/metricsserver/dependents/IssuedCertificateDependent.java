package dev.metricsserver.dependents;

import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.rendering.Certificate;
import dev.metricsserver.rendering.OptionalObject;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** metrics-server's certificate, where cert-manager issues it. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = CertManager.SERVING)))
public final class IssuedCertificateDependent extends OptionalDependent<Certificate> {

  /** For the workflow. */
  public IssuedCertificateDependent() {
    super(Certificate.class, OptionalObject.ISSUED_CERTIFICATE);
  }
}
