package dev.metricsserver.controller;

import dev.metricsserver.csr.Addresses;
import dev.metricsserver.facts.NodeFacts;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What an informer remembers of the nodes: their facts and nothing else, a twentieth of a Node. It
 * tells by itself when they change, which a heartbeat does not; to the informer it looks as if
 * there were nothing to tell.
 */
final class NodeStore implements ItemStore<Node> {

  private final Map<String, NodeFacts> facts = new HashMap<>();
  private final Map<String, List<String>> claimants = new HashMap<>();
  private final Map<String, List<String>> podNetworks = new HashMap<>();
  private final Consumer<String> changed;
  private List<NodeFacts> sorted;

  /**
   * @param changed told the node's name after each change of its facts
   */
  NodeStore(Consumer<String> changed) {
    this.changed = changed;
  }

  /** The facts of all nodes, by name. */
  synchronized List<NodeFacts> all() {
    if (sorted == null) {
      sorted = facts.values().stream().sorted(Comparator.comparing(NodeFacts::name)).toList();
    }
    return sorted;
  }

  /** The names of the Nodes that answer to an address or name by their own account. */
  synchronized List<String> claimants(String address) {
    return claimants.getOrDefault(address, List.of());
  }

  /** The names of the Nodes whose pods have their addresses in exactly this network. */
  synchronized List<String> podNetworks(String network) {
    return podNetworks.getOrDefault(network, List.of());
  }

  @Override
  public String getKey(Node node) {
    return Cache.metaNamespaceKeyFunc(node);
  }

  /** Returns nothing, so that the informer takes no note of it. */
  @Override
  public Node put(String key, Node node) {
    if (replace(key, NodeFacts.of(node))) {
      changed.accept(key);
    }
    return null;
  }

  @Override
  public Node remove(String key) {
    if (replace(key, null)) {
      changed.accept(key);
    }
    return null;
  }

  private synchronized boolean replace(String key, NodeFacts now) {
    var before = facts.get(key);
    if (now == null ? before == null : now.equals(before)) {
      return false;
    }
    if (before != null) {
      facts.remove(key);
      disclaim(claimants, Addresses.claimedBy(before), before.name());
      disclaim(podNetworks, Addresses.podNetworks(before), before.name());
    }
    if (now != null) {
      var shared = now.shared();
      facts.put(shared.name(), shared);
      claim(claimants, Addresses.claimedBy(shared), shared.name());
      claim(podNetworks, Addresses.podNetworks(shared), shared.name());
    }
    sorted = null;
    return true;
  }

  private static void claim(Map<String, List<String>> index, List<String> keys, String name) {
    keys.forEach(key ->
        index.merge(
            key.intern(),
            List.of(name),
            (some, more) -> Stream.concat(some.stream(), more.stream()).toList()));
  }

  private static void disclaim(Map<String, List<String>> index, List<String> keys, String name) {
    keys.forEach(key ->
        index.computeIfPresent(
            key,
            (k, names) -> {
              var others = names.stream().filter(n -> !n.equals(name)).toList();
              return others.isEmpty() ? null : others;
            }));
  }

  @Override
  public synchronized Stream<String> keySet() {
    return List.copyOf(facts.keySet()).stream();
  }

  @Override
  public synchronized int size() {
    return facts.size();
  }

  /** Names only: by these the informer finds out which nodes are no more. */
  @Override
  public Stream<Node> values() {
    return keySet().map(NodeStore::named);
  }

  @Override
  public synchronized Node get(String key) {
    return facts.containsKey(key) ? named(key) : null;
  }

  private static Node named(String name) {
    return new NodeBuilder().withNewMetadata().withName(name).endMetadata().build();
  }

  @Override
  public boolean isFullState() {
    return false;
  }
}
