package dev.metricsserver.reading;

import dev.metricsserver.model.Endpoints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;

/** Reads EndpointSlices from the API server. */
public final class EndpointSlices {

  private EndpointSlices() {}

  /**
   * The EndpointSlices of a Service.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when they cannot be read
   */
  public static List<EndpointSlice> read(
      KubernetesClient client, String namespace, String service) {
    return client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(namespace)
        .withLabel(Endpoints.SERVICE_LABEL, service)
        .list()
        .getItems();
  }
}
