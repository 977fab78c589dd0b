package dev.metricsserver.cli.doctor;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretVolumeSource;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the certificate is that a metrics-server serves, where it was given one. The one that it
 * makes for itself at each start is nowhere but in its memory.
 *
 * @param secret the Secret's name
 */
record ServedCertificate(String namespace, String secret, String key) {

  /** By the flag and the volume that its file is in. */
  static Optional<ServedCertificate> of(Deployment deployment) {
    var pod = deployment.getSpec().getTemplate().getSpec();
    var container = MetricsServerContainer.of(pod);
    return MetricsServerFlags.of(container)
        .value("tls-cert-file")
        .flatMap(file ->
            container.getVolumeMounts().stream()
                .filter(mount -> file.startsWith(mount.getMountPath() + "/"))
                .flatMap(mount ->
                    pod.getVolumes().stream()
                        .filter(volume -> volume.getName().equals(mount.getName()))
                        .filter(volume -> volume.getSecret() != null)
                        .map(volume ->
                            new ServedCertificate(
                                deployment.getMetadata().getNamespace(),
                                volume.getSecret().getSecretName(),
                                key(
                                    volume.getSecret(),
                                    file.substring(mount.getMountPath().length() + 1)))))
                .findFirst());
  }

  private static String key(SecretVolumeSource volume, String path) {
    return requireNonNullElse(volume.getItems(), List.<KeyToPath>of()).stream()
        .filter(item -> item.getPath().equals(path))
        .map(KeyToPath::getKey)
        .findFirst()
        .orElse(path);
  }

  /** The first of the chain; empty where the Secret has none. */
  Optional<X509Certificate> in(Secret found) {
    return Optional.ofNullable(
            requireNonNullElse(found.getData(), Map.<String, String>of()).get(key))
        .map(Pem::fromBase64)
        .flatMap(pem -> Certificates.parse(pem).stream().findFirst());
  }
}
