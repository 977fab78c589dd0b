package dev.metricsserver.controller;

import dev.metricsserver.approval.Addresses;
import dev.metricsserver.model.NodeFacts;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What is remembered of the nodes: their facts and nothing else, a twentieth of a Node. It tells
 * when they change, which a heartbeat does not do.
 */
final class NodeStore {

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

  /** A node by its name. */
  synchronized Optional<NodeFacts> node(String name) {
    return Optional.ofNullable(facts.get(name));
  }

  /** The names of the Nodes that answer to an address or name by their own account. */
  synchronized List<String> claimants(String address) {
    return claimants.getOrDefault(address, List.of());
  }

  /** The names of the Nodes whose pods have their addresses in exactly this network. */
  synchronized List<String> podNetworks(String network) {
    return podNetworks.getOrDefault(network, List.of());
  }

  /** Takes a node's facts, new or changed or as they were. */
  void put(NodeFacts node) {
    if (replace(node.name(), node)) {
      changed.accept(node.name());
    }
  }

  void remove(String name) {
    if (replace(name, null)) {
      changed.accept(name);
    }
  }

  /** Removes all nodes but these. */
  void retain(Set<String> names) {
    all().stream().map(NodeFacts::name).filter(name -> !names.contains(name)).forEach(this::remove);
  }

  private synchronized boolean replace(String name, NodeFacts now) {
    var before = facts.get(name);
    if (now == null ? before == null : now.equals(before)) {
      return false;
    }
    if (before != null) {
      facts.remove(name);
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
}
