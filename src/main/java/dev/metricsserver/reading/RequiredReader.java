package dev.metricsserver.reading;

import dev.metricsserver.model.KubernetesVersion;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** Reads what every cluster has, and without which nothing can be decided. */
public final class RequiredReader {

  private RequiredReader() {}

  /**
   * Returns the version of the API server.
   *
   * @throws KubernetesClientException when it cannot be read
   */
  public static KubernetesVersion version(KubernetesClient client) {
    var version = client.getKubernetesVersion();
    if (version == null) {
      throw new KubernetesClientException("there is no /version");
    }
    return KubernetesVersion.parse(version.getGitVersion());
  }

  /**
   * Returns the Service of the API servers.
   *
   * @throws KubernetesClientException when it cannot be read
   */
  static Service apiServers(KubernetesClient client) {
    var service = client.services().inNamespace("default").withName("kubernetes").get();
    if (service == null) {
      throw new KubernetesClientException("there is no Service kubernetes in namespace default");
    }
    return service;
  }
}
