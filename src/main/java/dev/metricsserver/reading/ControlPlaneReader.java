package dev.metricsserver.reading;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.ControlPlane;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the control plane. No event reports a change of it, so it is read again when it is old. */
public final class ControlPlaneReader {

  private static final Duration MAXIMUM_AGE = Duration.ofMinutes(10);
  private static final long MAXIMUM_NODES = 100;

  /**
   * CiliumNodes of today's nodes show that Cilium runs; its CustomResourceDefinitions may be left
   * over.
   */
  private static final ResourceDefinitionContext CILIUM_NODES =
      new ResourceDefinitionContext.Builder()
          .withGroup("cilium.io")
          .withVersion("v2")
          .withPlural("ciliumnodes")
          .withNamespaced(false)
          .build();

  private final KubernetesClient client;
  private final Cached<Boolean, ControlPlane> cached;

  /** A reader that has read nothing yet. */
  public ControlPlaneReader(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.cached = new Cached<>(MAXIMUM_AGE, clock);
  }

  /**
   * The control plane as it was at most ten minutes ago.
   *
   * @param cilium whether Cilium's API group is registered; without it its nodes are not listed
   * @throws KubernetesClientException when it cannot be read
   */
  public ControlPlane read(boolean cilium) {
    return cached.get(
        cilium,
        () ->
            new ControlPlane(
                RequiredReader.version(client), service(), cilium ? ciliumNodes() : Set.of()));
  }

  private List<Endpoint> service() {
    var spec = RequiredReader.apiServers(client).getSpec();
    return spec.getClusterIPs().stream()
        .flatMap(ip -> spec.getPorts().stream().map(port -> new Endpoint(ip, port.getPort())))
        .toList();
  }

  private Set<String> ciliumNodes() {
    try {
      return client
          .genericKubernetesResources(CILIUM_NODES)
          .list(new ListOptionsBuilder().withLimit(MAXIMUM_NODES).build())
          .getItems()
          .stream()
          .map(node -> node.getMetadata().getName())
          .collect(Collectors.toUnmodifiableSet());
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return Set.of();
      }
      throw e;
    }
  }
}
