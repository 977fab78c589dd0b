package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.csr.Addresses;
import dev.metricsserver.facts.NodeFacts;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSpecBuilder;
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
    node.setSpec(new NodeSpecBuilder().withPodCIDRs("10.244.1.0/24").build());
    var network = Addresses.podNetworks(NodeFacts.of(node)).getFirst();

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
    assertThat(store.keySet()).isEmpty();
  }

  @Test
  void namesTheNodesToTheInformer() {
    put(node("a", "10.0.0.1", "True", "10:00"));
    assertThat(store.values()).extracting(store::getKey).containsExactly("a");
    assertThat(store.get("a")).isNotNull();
    assertThat(store.get("b")).isNull();
  }

  private void put(Node node) {
    store.put(store.getKey(node), node);
  }

  private static Node node(String name, String address, String ready, String heartbeat) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewStatus()
        .addNewAddress(address, "InternalIP")
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready)
        .withLastHeartbeatTime("2026-11-21T%s:00Z".formatted(heartbeat))
        .endCondition()
        .endStatus()
        .build();
  }
}
