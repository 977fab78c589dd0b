package dev.metricsserver.controller;

import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.reading.NodeReader;
import dev.metricsserver.reading.ObjectWatch;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Set;

/** Keeps a {@link NodeStore} up to date. */
final class NodeWatch implements ObjectWatch.Store<NodeFacts> {

  private final NodeStore store;
  private final ObjectWatch<NodeFacts> watch;

  NodeWatch(KubernetesClient client, NodeStore store) {
    this.store = store;
    this.watch =
        new ObjectWatch<>(
            client,
            "nodes",
            "api/v1/nodes?",
            json -> {
              var node = NodeReader.read(json);
              return new ObjectWatch.Version<>(node.facts(), node.resourceVersion());
            },
            this);
  }

  /**
   * Returns when the store has all nodes, and keeps it up to date from then on.
   *
   * @throws IllegalStateException if the nodes cannot be listed
   */
  void start() {
    watch.startWithList();
  }

  void stop() {
    watch.stop();
  }

  boolean isRunning() {
    return watch.isRunning();
  }

  @Override
  public String key(NodeFacts node) {
    return node.name();
  }

  @Override
  public void put(NodeFacts node) {
    store.put(node);
  }

  @Override
  public void remove(NodeFacts node) {
    store.remove(node.name());
  }

  @Override
  public void retain(Set<String> names) {
    store.retain(names);
  }
}
