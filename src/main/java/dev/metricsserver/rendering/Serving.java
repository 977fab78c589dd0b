package dev.metricsserver.rendering;

import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/** The Service, the APIService, and the Secrets with the serving certificate. */
public final class Serving {

  /** The key of the CA certificates in both Secrets. */
  static final String CA_KEY = "ca.crt";

  private static final int SERVICE_PORT = 443;

  private Serving() {}

  /** The Service that the API servers dial. */
  public static Service service(MetricsServerPlan plan) {
    return new ServiceBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .withNewSpec()
        .withSelector(
            plan.adoption().oldPodsServe()
                ? plan.adoption().selector().orElse(Names.PODS)
                : Names.PODS)
        .addNewPort()
        .withName(Names.PORT)
        .withProtocol("TCP")
        .withAppProtocol("https")
        .withPort(SERVICE_PORT)
        .withTargetPort(new IntOrString(Names.PORT))
        .endPort()
        .endSpec()
        .build();
  }

  /** The APIService of the metrics API. */
  public static APIService apiService(MetricsServerPlan plan) {
    return new APIServiceBuilder()
        .withMetadata(Names.metadata(Names.API_SERVICE))
        .withNewSpec()
        .withGroup("metrics.k8s.io")
        .withVersion("v1beta1")
        .withGroupPriorityMinimum(100)
        .withVersionPriority(100)
        // Both are always sent: one alone may contradict the other one in the cluster.
        .withCaBundle(plan.serving().caBundle().map(Serving::base64).orElse(null))
        .withInsecureSkipTLSVerify(plan.serving().skipped())
        .withNewService()
        .withNamespace(plan.namespace())
        .withName(Names.METRICS_SERVER)
        .withPort(SERVICE_PORT)
        .endService()
        .endSpec()
        .build();
  }

  /** The CA with its key. No pod mounts it. */
  public static Secret authority(MetricsServerPlan plan, ServingCertificates certificates) {
    return secret(
        plan, ServingTLS.AUTHORITY_SECRET, certificates.authority().orElseThrow(), certificates);
  }

  /** The certificate that the pods serve, with its key. */
  public static Secret certificate(MetricsServerPlan plan, ServingCertificates certificates) {
    var secret =
        secret(
            plan, ServingTLS.CERTIFICATE_SECRET, certificates.leaf().orElseThrow(), certificates);
    return certificates.changed().equals(Instant.EPOCH)
        ? secret
        : new SecretBuilder(secret)
            .editMetadata()
            .addToAnnotations(Annotations.CHANGED, certificates.changed().toString())
            .endMetadata()
            .build();
  }

  /** Includes the CA certificates for clients that connect to metrics-server directly. */
  private static Secret secret(
      MetricsServerPlan plan, String name, Identity identity, ServingCertificates certificates) {
    return new SecretBuilder()
        .withMetadata(Names.metadata(plan.namespace(), name))
        .withType("kubernetes.io/tls")
        .addToData(CA_KEY, base64(Certificates.pem(certificates.trusted())))
        .addToData("tls.crt", base64(Certificates.pem(identity.chain())))
        .addToData("tls.key", base64(identity.keyAsPem()))
        .build();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
