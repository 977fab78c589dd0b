package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.Extension;
import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.ServingFacts.Registration;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.plan.TakeoverPlanner;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Optional;
import java.util.Set;

/** Reads what decisions about metrics-server's own certificate depend on. */
record ServingFactsReader(
    MetricsServerConfigSpec spec,
    InstallationObjects objects,
    ServingSecrets secrets,
    ProvidedCertificateReader providedCertificates) {

  ServingFacts read(Set<Extension> extensions) {
    return new ServingFacts(
        objects
            .apiService()
            .map(APIService::getSpec)
            .map(s ->
                new Registration(
                    !Boolean.TRUE.equals(s.getInsecureSkipTLSVerify()),
                    Pem.fromBase64(s.getCaBundle()))),
        Certificates.pem(secrets.certificates().trusted()),
        everyPodServesFromSecret(),
        provided(),
        extensions.containsAll(Set.of(Extension.CERTIFICATE, Extension.ISSUER)));
  }

  private Optional<ProvidedCertificate> provided() {
    var namespace = spec.namespace();
    var name = ServingTLS.names(namespace).getFirst();
    var tls = spec.serving().tls();
    return switch (tls.source()) {
      case Secret ->
          Optional.of(providedCertificates.read(namespace, tls.secretRef().name(), name));
      case CertManager -> Optional.of(providedCertificates.readIssued(namespace, name));
      case Operator, SelfSigned -> Optional.empty();
    };
  }

  /**
   * Pods that are being deleted count too, because they answer until they have ended. Pods of a
   * previous owner may have labels by which they are not found.
   */
  private boolean everyPodServesFromSecret() {
    return objects
            .deployment()
            .filter(d -> TakeoverPlanner.of(d, Observer.rollout(d).complete()).isEmpty())
            .map(Deployment::getSpec)
            .map(d -> mountsCertificate(d.getTemplate().getSpec()))
            .orElse(false)
        && objects
            .here(Pod.class)
            .filter(pod -> !ended(pod))
            .allMatch(pod -> mountsCertificate(pod.getSpec()));
  }

  /** An evicted pod stays as an object for long. */
  private static boolean ended(Pod pod) {
    var phase = pod.getStatus().getPhase();
    return "Failed".equals(phase) || "Succeeded".equals(phase);
  }

  private static boolean mountsCertificate(PodSpec pod) {
    return pod.getVolumes().stream()
        .map(Volume::getSecret)
        .anyMatch(s -> s != null && ServingTLS.CERTIFICATE_SECRET.equals(s.getSecretName()));
  }
}
