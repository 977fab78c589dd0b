package dev.metricsserver.reading;

import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;

/**
 * Readers of what no informer has. They keep what they read for as long as it is fresh, so they are
 * shared by all reads of a cluster.
 *
 * @param kubelets probes of the kubelets, which the caller starts
 */
public record ClusterReaders(
    ControlPlaneReader controlPlane,
    ExtensionReader extensions,
    TrustBundleReader trustBundles,
    ProvidedCertificateReader providedCertificates,
    ServingCertificates.Reader servingCertificates,
    Kubelets kubelets) {

  /** Readers that have read nothing yet. */
  public static ClusterReaders of(KubernetesClient client, InstantSource clock) {
    return new ClusterReaders(
        new ControlPlaneReader(client, clock),
        new ExtensionReader(client, clock),
        new TrustBundleReader(client, clock),
        new ProvidedCertificateReader(client, clock),
        new ServingCertificates.Reader(),
        new Kubelets(client, clock));
  }
}
