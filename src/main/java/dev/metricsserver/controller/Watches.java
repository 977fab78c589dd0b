package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.csr.Addresses;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.facts.Endpoints;
import dev.metricsserver.facts.NodeFacts;
import dev.metricsserver.observation.Observer;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What is watched beside the managed objects; each change that matters reconciles. */
final class Watches {

  private static final String BY_ADDRESS = "address";
  private static final String BY_POD_NETWORK = "podNetwork";

  private Watches() {}

  /**
   * The nodes, which can be asked for by address and pod network, see {@link #claimants} and {@link
   * #podNetworks}.
   */
  static final class Nodes extends InformerEventSource<Node, MetricsServerConfig> {

    private final Consumer<String> news;

    /**
     * Watches them.
     *
     * @param news is told the name of each Node that is new or another one than before
     */
    Nodes(EventSourceContext<MetricsServerConfig> context, Consumer<String> news) {
      super(
          watch(Node.class)
              .withName("nodes")
              .withItemStore(new LeanNodeStore())
              // In pages: thousands of nodes in one answer would not fit into the heap.
              .withInformerListLimit(500L)
              .withOnUpdateFilter((node, old) -> !NodeFacts.of(node).equals(NodeFacts.of(old)))
              .build(),
          context);
      this.news = news;
      addIndexers(Map.of(BY_ADDRESS, Addresses::claimedBy, BY_POD_NETWORK, Addresses::podNetworks));
    }

    @Override
    public void onAdd(Node node) {
      super.onAdd(node);
      news.accept(node.getMetadata().getName());
    }

    @Override
    public void onUpdate(Node old, Node node) {
      super.onUpdate(old, node);
      news.accept(node.getMetadata().getName());
    }

    /** The names of the Nodes that answer to an address or name by their own account. */
    List<String> claimants(String address) {
      return names(BY_ADDRESS, address);
    }

    /** The names of the Nodes whose pods have their addresses in exactly this network. */
    List<String> podNetworks(String network) {
      return names(BY_POD_NETWORK, network);
    }

    private List<String> names(String index, String key) {
      return byIndex(index, key).stream().map(node -> node.getMetadata().getName()).toList();
    }
  }

  /** All but the nodes. */
  static List<EventSource<?, MetricsServerConfig>> others(
      EventSourceContext<MetricsServerConfig> context) {
    return List.of(
        new InformerEventSource<>(
            watch(Pod.class)
                .withName("pods")
                .withLabelSelector("k8s-app=" + Names.METRICS_SERVER)
                .withOnUpdateFilter((pod, old) -> !Observer.pod(pod).equals(Observer.pod(old)))
                .build(),
            context),
        new InformerEventSource<>(
            watch(EndpointSlice.class)
                .withName("endpointslices")
                .withLabelSelector(
                    "%s in (kubernetes,%s)"
                        .formatted(Endpoints.SERVICE_LABEL, Names.METRICS_SERVER))
                .build(),
            context));
  }

  private static <R extends HasMetadata> InformerEventSourceConfiguration.Builder<R> watch(
      Class<R> type) {
    return InformerEventSourceConfiguration.from(type, MetricsServerConfig.class)
        .withWatchAllNamespaces()
        .withSecondaryToPrimaryMapper(object -> ManagedDependent.PRIMARY);
  }
}
