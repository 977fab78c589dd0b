package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.NodeFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.EventSourceStartPriority;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Watches the nodes, and reconciles when the facts of one change. There may be thousands, each with
 * a heartbeat, so it is not the framework's source: that one keeps the objects, and compares them
 * field by field at each reconcile.
 */
final class Nodes extends AbstractEventSource<NodeFacts, MetricsServerConfig> {

  private static final Event CHANGED = new Event(new ResourceID(MetricsServerConfig.NAME));

  /** What changes many times a second, as when nodes join, is told once. */
  private static final long NEWS_AFTER_MILLIS = 1_000;

  private final KubernetesClient client;
  private final Consumer<String> told;
  private final AtomicBoolean news = new AtomicBoolean();
  private final NodeStore store = new NodeStore(this::changed);
  private NodeWatch watch;

  /**
   * Watches nothing before its start.
   *
   * @param told the name of each Node that is new or another one than before, at once
   */
  Nodes(KubernetesClient client, Consumer<String> told) {
    super(NodeFacts.class, "nodes");
    this.client = client;
    this.told = told;
  }

  /** The facts of all nodes, by name. */
  List<NodeFacts> all() {
    return store.all();
  }

  /** A node by its name. */
  Optional<NodeFacts> node(String name) {
    return store.node(name);
  }

  /** The names of the Nodes that answer to an address or name by their own account. */
  List<String> claimants(String address) {
    return store.claimants(address);
  }

  /** The names of the Nodes whose pods have their addresses in exactly this network. */
  List<String> podNetworks(String network) {
    return store.podNetworks(network);
  }

  /** Returns when all nodes are known. */
  @Override
  public void start() {
    super.start();
    watch = new NodeWatch(client, store);
    watch.start();
  }

  @Override
  public void stop() {
    super.stop();
    if (watch != null) {
      watch.stop();
    }
  }

  /** Before anything is reconciled. */
  @Override
  public EventSourceStartPriority priority() {
    return EventSourceStartPriority.RESOURCE_STATE_LOADER;
  }

  @Override
  public Set<NodeFacts> getSecondaryResources(MetricsServerConfig primary) {
    return Set.copyOf(all());
  }

  private void changed(String node) {
    told.accept(node);
    if (isRunning() && news.compareAndSet(false, true)) {
      CompletableFuture.delayedExecutor(NEWS_AFTER_MILLIS, TimeUnit.MILLISECONDS)
          .execute(this::tell);
    }
  }

  private void tell() {
    news.set(false);
    if (isRunning()) {
      getEventHandler().handleEvent(CHANGED);
    }
  }
}
