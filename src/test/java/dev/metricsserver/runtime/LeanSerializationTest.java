package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.Test;

class LeanSerializationTest {

  private static final String METADATA =
      """
      "metadata":{"name":"a","resourceVersion":"7","labels":{"images":"x","managedFields":"y"},\
      "annotations":{},"managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{}}}]}\
      """;

  private final LeanSerialization serialization = new LeanSerialization();

  @Test
  void passesOverWhatNobodyReadsOfAWatchedNode() {
    var event =
        serialization.unmarshal(
            """
            {"type":"MODIFIED","object":{"kind":"Node","apiVersion":"v1",%s,\
            "spec":{"podCIDRs":["10.0.0.0/24"]},"status":{"capacity":{"cpu":"8"},\
            "addresses":[{"type":"InternalIP","address":"10.0.0.1"}],\
            "images":[{"names":["i"],"sizeBytes":1}]}}}\
            """
                .formatted(METADATA),
            WatchEvent.class);

    assertThat(event.getType()).isEqualTo("MODIFIED");
    var node = (Node) event.getObject();
    assertThat(node.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(node.getMetadata().getLabels()).containsOnlyKeys("images", "managedFields");
    assertThat(node.getMetadata().getManagedFields()).isEmpty();
    assertThat(node.getSpec().getPodCIDRs()).containsExactly("10.0.0.0/24");
    assertThat(node.getStatus().getAddresses()).hasSize(1);
    assertThat(node.getStatus().getImages()).isEmpty();
  }

  @Test
  void readsABookmarkOfNodes() {
    var event =
        serialization.unmarshal(
            """
            {"type":"BOOKMARK","object":{"kind":"Node","apiVersion":"v1",\
            "metadata":{"resourceVersion":"9"},"spec":{},"status":{}}}\
            """,
            WatchEvent.class);
    assertThat(((Node) event.getObject()).getMetadata().getResourceVersion()).isEqualTo("9");
  }

  @Test
  void readsEverythingOfOtherObjects() {
    var event =
        serialization.unmarshal(
            """
            {"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1",%s}}\
            """
                .formatted(METADATA),
            WatchEvent.class);
    assertThat(((HasMetadata) event.getObject()).getMetadata().getManagedFields()).hasSize(1);
  }

  @Test
  void saysWhenAnEventIsBroken() {
    assertThatThrownBy(() ->
            serialization.unmarshal(
                "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Node\",", WatchEvent.class))
        .isInstanceOf(KubernetesClientException.class);
  }
}
