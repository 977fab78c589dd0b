package dev.metricsserver.approval;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.reading.ClusterDomain;
import dev.metricsserver.reading.ObjectList;
import dev.metricsserver.reading.ServiceRangesReader;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads the state of the cluster on which decisions depend; it is at most 30 seconds old. */
final class ClusterContextReader {

  private static final Duration MAX_AGE = Duration.ofSeconds(30);
  private static final Path RESOLVER_CONFIGURATION = Path.of("/etc/resolv.conf");
  private static final String LOAD_BALANCERS =
      "api/v1/services?fieldSelector=spec.type%3DLoadBalancer&";
  private static final String NAMESPACES = "api/v1/namespaces?";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final KubernetesClient client;
  private final InstantSource clock;
  private final ClusterContext.Nodes nodes;
  private final ServiceRangesReader serviceRanges;
  private final APIServerNames apiServerNames;
  private final Set<String> domains = ClusterDomain.read(RESOLVER_CONFIGURATION);
  private Instant readAt = Instant.MIN;
  private Map<String, String> loadBalancers = Map.of();
  private Set<String> namespaces = Set.of();

  ClusterContextReader(KubernetesClient client, InstantSource clock, ClusterContext.Nodes nodes) {
    this.client = client;
    this.clock = clock;
    this.nodes = nodes;
    this.serviceRanges = new ServiceRangesReader(client, clock);
    this.apiServerNames = new APIServerNames(client, clock);
  }

  /**
   * The present context.
   *
   * @param apiServers the endpoints of the {@code kubernetes} Service
   * @param limits what the MetricsServerConfig says about the cluster
   * @throws KubernetesClientException if the API server does not answer
   */
  synchronized ClusterContext read(Collection<Endpoint> apiServers, Limits limits) {
    var now = clock.instant();
    var ranges = limits.serviceRanges(serviceRanges.read());
    if (readAt.isBefore(now.minus(MAX_AGE))) {
      loadBalancers = loadBalancers();
      namespaces = namespaces();
      readAt = now;
    }
    return new ClusterContext(
        ClusterContext.APIServers.of(
            apiServers.stream().map(Endpoint::address).collect(Collectors.toSet()),
            apiServerNames.read(apiServers)),
        ClusterContext.Services.of(ranges.cidrs(), ranges.exact(), loadBalancers),
        ClusterContext.Names.of(domains, namespaces),
        nodes,
        limits);
  }

  /** Adds names of the API servers that were seen earlier. */
  void remember(Collection<String> names) {
    apiServerNames.remember(names);
  }

  /** The names of the API servers that were seen until now, sorted. */
  List<String> apiServerNames() {
    return apiServerNames.seen();
  }

  private Map<String, String> loadBalancers() {
    var found = new HashMap<String, String>();
    list(
        LOAD_BALANCERS,
        service -> {
          var metadata = service.path("metadata");
          for (var ingress : service.path("status").path("loadBalancer").path("ingress")) {
            for (var field : Set.of("ip", "hostname")) {
              if (ingress.hasNonNull(field)) {
                found.put(
                    Addresses.canonical(ingress.path(field).asText()),
                    metadata.path("namespace").asText() + "/" + metadata.path("name").asText());
              }
            }
          }
        });
    return Map.copyOf(found);
  }

  private Set<String> namespaces() {
    var found = new HashSet<String>();
    list(NAMESPACES, namespace -> found.add(namespace.path("metadata").path("name").asText()));
    return Set.copyOf(found);
  }

  private interface Each {
    void accept(JsonNode object);
  }

  private void list(String path, Each each) {
    ObjectList.forEach(client, path, json -> each.accept(tree(json)));
  }

  private static JsonNode tree(JsonParser json) throws IOException {
    return JSON.readTree(json);
  }
}
