package dev.metricsserver.model;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** What EndpointSlices say of a Service. */
public final class Endpoints {

  /** The label with which an EndpointSlice names its Service. */
  public static final String SERVICE_LABEL = "kubernetes.io/service-name";

  private Endpoints() {}

  /** Whether a Service leads to a pod that is ready, on whichever port, and be it on none. */
  public static boolean lead(Collection<EndpointSlice> slices, String namespace, String service) {
    return named(slices, namespace, service)
        .flatMap(slice -> slice.getEndpoints().stream())
        .anyMatch(Endpoints::ready);
  }

  /** Whether a Service has an endpoint that is ready. */
  public static boolean ready(Collection<EndpointSlice> slices, String namespace, String service) {
    return of(slices, namespace, service)
        .flatMap(slice -> slice.getEndpoints().stream())
        .anyMatch(Endpoints::ready);
  }

  /** Addresses and ports of a Service's endpoints. */
  public static List<ClusterFacts.Endpoint> addresses(
      Collection<EndpointSlice> slices, String namespace, String service) {
    return of(slices, namespace, service)
        .flatMap(slice ->
            slice.getEndpoints().stream()
                .flatMap(endpoint -> endpoint.getAddresses().stream())
                .flatMap(address ->
                    slice.getPorts().stream()
                        .map(port -> new ClusterFacts.Endpoint(address, port.getPort()))))
        .distinct()
        .toList();
  }

  private static Stream<EndpointSlice> of(
      Collection<EndpointSlice> slices, String namespace, String service) {
    return named(slices, namespace, service).filter(s -> s.getPorts() != null);
  }

  private static Stream<EndpointSlice> named(
      Collection<EndpointSlice> slices, String namespace, String service) {
    return slices.stream()
        // A list that is empty is null on the wire; that of ports is where no pod has one of the
        // name that the Service leads to.
        .filter(s -> s.getEndpoints() != null)
        .filter(s -> s.getMetadata().getNamespace().equals(namespace))
        .filter(s -> service.equals(s.getMetadata().getLabels().get(SERVICE_LABEL)));
  }

  /** A condition that is not there means ready, by the API's definition. */
  private static boolean ready(Endpoint endpoint) {
    return endpoint.getConditions() == null
        || !Boolean.FALSE.equals(endpoint.getConditions().getReady());
  }
}
