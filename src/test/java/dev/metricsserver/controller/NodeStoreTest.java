package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.approval.Addresses;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.reading.NodeReader;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NodeStoreTest {

  private final AtomicInteger changes = new AtomicInteger();
  private final NodeStore store = new NodeStore(node -> changes.incrementAndGet());

  @Test
  void tellsOfWhatMattersAndNotOfHeartbeats() {
    put(node("a", "10.0.0.1", "True", "10:00"));
    assertThat(changes).hasValue(1);
    var facts = store.all();

    put(node("a", "10.0.0.1", "True", "10:05"));
    assertThat(changes).hasValue(1);
    assertThat(store.all()).isSameAs(facts);

    put(node("a", "10.0.0.1", "False", "10:10"));
    assertThat(changes).hasValue(2);
    assertThat(store.all()).singleElement().matches(n -> !n.ready());
  }

  @Test
  void listsByName() {
    put(node("b", "10.0.0.2", "True", "10:00"));
    put(node("a", "10.0.0.1", "True", "10:00"));
    assertThat(store.all()).extracting(NodeFacts::name).containsExactly("a", "b");
  }

  @Test
  void knowsWhoClaimsAnAddress() {
    put(node("a", "10.0.0.1", "True", "10:00"));
    put(node("b", "10.0.0.1", "True", "10:00"));
    assertThat(store.claimants("10.0.0.1")).containsExactly("a", "b");
    assertThat(store.claimants("a")).containsExactly("a");

    put(node("a", "10.0.0.3", "True", "10:00"));
    assertThat(store.claimants("10.0.0.1")).containsExactly("b");
    assertThat(store.claimants("10.0.0.3")).containsExactly("a");

    store.remove("b");
    assertThat(store.claimants("10.0.0.1")).isEmpty();
    assertThat(store.claimants("b")).isEmpty();
  }

  @Test
  void knowsWhosePodsAreInANetwork() {
    var node = node("a", "10.0.0.1", "True", "10:00");
    var network = Addresses.podNetworks(NodeReader.read(node)).getFirst();

    put(node);
    assertThat(store.podNetworks(network)).containsExactly("a");

    store.remove("a");
    assertThat(store.podNetworks(network)).isEmpty();
  }

  @Test
  void forgetsARemovedNodeOnce() {
    put(node("a", "10.0.0.1", "True", "10:00"));
    store.remove("a");
    store.remove("a");
    assertThat(changes).hasValue(2);
    assertThat(store.all()).isEmpty();
  }

  @Test
  void keepsThoseThatAreLeft() {
    put(node("a", "10.0.0.1", "True", "10:00"));
    put(node("b", "10.0.0.2", "True", "10:00"));
    store.retain(Set.of("b", "c"));
    assertThat(changes).hasValue(3);
    assertThat(store.all()).extracting(NodeFacts::name).containsExactly("b");
  }

  private void put(String node) {
    store.put(NodeReader.read(node));
  }

  private static String node(String name, String address, String ready, String heartbeat) {
    return """
    {"metadata": {"name": "%s"},
     "spec": {"podCIDRs": ["10.244.1.0/24"]},
     "status": {"addresses": [{"type": "InternalIP", "address": "%s"}],
                "conditions": [{"type": "Ready", "status": "%s",
                                "lastHeartbeatTime": "2026-11-21T%s:00Z"}]}}
    """
        .formatted(name, address, ready, heartbeat);
  }
}
