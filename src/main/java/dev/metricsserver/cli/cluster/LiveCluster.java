package dev.metricsserver.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.plan.ConflictCheck;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.reading.Cluster;
import dev.metricsserver.reading.ClusterReaders;
import dev.metricsserver.reading.Kubelets;
import dev.metricsserver.reading.NodeReader;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Utils;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** A cluster as a user with a kubeconfig sees it, at one moment. */
public final class LiveCluster implements AutoCloseable {

  /** A look at a kubelet takes two seconds at most; behind a firewall all of them do. */
  private static final Duration PATIENCE = Duration.ofMillis(2_100);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);
  private static final int PAGE = 500;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LiveObjects objects;
  private final Kubelets kubelets;
  private final MetricsServerConfigSpec spec;
  private final Cluster cluster;
  private final InstantSource clock;

  /**
   * Reads nothing yet.
   *
   * @param config what the facts are for
   * @param nodes as {@link #nodes} reads them
   */
  public LiveCluster(
      KubernetesClient client,
      MetricsServerConfig config,
      List<NodeFacts> nodes,
      InstantSource clock) {
    this.clock = clock;
    objects = new LiveObjects(client, config.getSpec().namespace());
    var readers = ClusterReaders.of(client, clock);
    kubelets = readers.kubelets();
    kubelets.setEventHandler(_ -> {});
    kubelets.start();
    spec = config.getSpec();
    cluster = new Cluster(config, objects, nodes, readers);
  }

  /**
   * What decisions depend on. Kubelets that were not looked at in time are taken as not seen.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when evidence that every plan
   *     needs cannot be read
   */
  public ClusterFacts facts() throws InterruptedException {
    // The first time tells which kubelets to look at.
    cluster.facts();
    awaitLooks(kubelets);
    return cluster.facts().withKubeletsLookedAt();
  }

  /** What comes of the config's spec. */
  public Decision decide(ClusterFacts facts) {
    return ConflictCheck.decide(spec, facts, cluster::unmanaged, clock.instant());
  }

  /** Waits until all kubelets were looked at, or it takes too long. */
  public static void awaitLooks(Kubelets kubelets) throws InterruptedException {
    for (var end = Instant.now().plus(PATIENCE);
        !kubelets.complete() && Instant.now().isBefore(end); ) {
      Thread.sleep(BETWEEN_LOOKS);
    }
  }

  /** Changes of the operator's Secrets, without their content. */
  public List<Change> secrets(MetricsServerPlan plan) {
    var tls = plan.serving();
    if (tls.unusable().isPresent()) {
      return List.of();
    }
    var there = objects.of(Secret.class).map(s -> s.getMetadata().getName()).toList();
    return tls.secrets().stream()
        .filter(name -> !there.contains(name))
        .map(name ->
            new Change(
                "Secret/%s/%s".formatted(plan.namespace(), name),
                Change.Kind.Created,
                List.of(),
                "with a key that is never shown"))
        .toList();
  }

  /** What could not be read, and was taken as not there. */
  public List<Unread> unread() {
    return objects.unread();
  }

  @Override
  public void close() {
    kubelets.stop();
  }

  /**
   * All nodes.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when they cannot be read
   */
  public static List<NodeFacts> nodes(KubernetesClient client) {
    var nodes = new ArrayList<NodeFacts>();
    var next = "";
    do {
      var page =
          parsed(
              client.raw(
                  "/api/v1/nodes?limit=%d&continue=%s".formatted(PAGE, Utils.toUrlEncoded(next))));
      page.path("items").forEach(node -> nodes.add(NodeReader.read(node.toString())));
      next = page.path("metadata").path("continue").asText();
    } while (!next.isEmpty());
    return List.copyOf(nodes);
  }

  private static JsonNode parsed(String json) {
    if (json == null) {
      throw new KubernetesClientException("it has no list of nodes");
    }
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new KubernetesClientException("its list of nodes is not JSON");
    }
  }
}
