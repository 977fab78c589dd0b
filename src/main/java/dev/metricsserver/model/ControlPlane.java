package dev.metricsserver.model;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What changes only with an upgrade of the cluster.
 *
 * @param service addresses and ports of the {@code kubernetes} Service
 * @param ciliumNodes names of nodes whose network Cilium runs, or ran: a hundred at most
 */
public record ControlPlane(
    KubernetesVersion version, List<Endpoint> service, Set<String> ciliumNodes) {

  /** Reads it, and again only when what was read is old, since nobody tells when it changes. */
  public static final class Reader {

    private static final Duration OLD = Duration.ofMinutes(10);
    private static final long ENOUGH_NODES = 100;

    /** Those of today's nodes tell that Cilium runs; its definitions may have been left behind. */
    private static final ResourceDefinitionContext CILIUM_NODES =
        new ResourceDefinitionContext.Builder()
            .withGroup("cilium.io")
            .withVersion("v2")
            .withPlural("ciliumnodes")
            .withNamespaced(false)
            .build();

    private final KubernetesClient client;
    private final InstantSource clock;
    private ControlPlane last;
    private Instant lastRead = Instant.MIN;
    private boolean lastWithCilium;

    /** A reader that has read nothing yet. */
    public Reader(KubernetesClient client, InstantSource clock) {
      this.client = client;
      this.clock = clock;
    }

    /**
     * The control plane as it was at most ten minutes ago.
     *
     * @param cilium whether its API group is there: where it is not, nobody is asked for its nodes
     * @throws KubernetesClientException when it cannot be read
     */
    public synchronized ControlPlane read(boolean cilium) {
      var now = clock.instant();
      if (cilium != lastWithCilium || lastRead.isBefore(now.minus(OLD))) {
        last =
            new ControlPlane(
                KubernetesVersion.parse(client.getKubernetesVersion().getGitVersion()),
                service(),
                cilium ? ciliumNodes() : Set.of());
        lastRead = now;
        lastWithCilium = cilium;
      }
      return last;
    }

    private List<Endpoint> service() {
      var spec =
          client.services().inNamespace("default").withName("kubernetes").require().getSpec();
      return spec.getClusterIPs().stream()
          .flatMap(ip -> spec.getPorts().stream().map(port -> new Endpoint(ip, port.getPort())))
          .toList();
    }

    private Set<String> ciliumNodes() {
      try {
        return client
            .genericKubernetesResources(CILIUM_NODES)
            .list(new ListOptionsBuilder().withLimit(ENOUGH_NODES).build())
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
}
