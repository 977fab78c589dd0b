package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.mock.MockCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FoundConfigTest {

  private static final String COLLECTION = "/apis/metricsserver.dev/v1beta1/metricsserverconfigs";
  private static final String CONFIG = COLLECTION + "/cluster";

  private final MockCluster cluster = MockCluster.withoutTls();
  private final KubernetesClient client = cluster.client();

  @AfterEach
  void close() {
    client.close();
    cluster.close();
  }

  @Test
  void restore_specChanged_isAsFound() {
    create("{\"replicas\": 2}");
    var found = FoundConfig.of(client);
    cluster.change(CONFIG, config -> config.putObject("spec").put("version", "0.8.0"));
    found.restore(client);
    assertThat(spec()).isEqualTo("{\"replicas\":2}");
  }

  @Test
  void restore_configDeleted_isCreatedAsFound() {
    create("{\"replicas\": 2}");
    var found = FoundConfig.of(client);
    cluster.handleDelete(CONFIG);
    found.restore(client);
    assertThat(spec()).isEqualTo("{\"replicas\":2}");
  }

  @Test
  void restore_noneFound_leavesNone() {
    var found = FoundConfig.of(client);
    create("{}");
    found.restore(client);
    assertThat(cluster.get(CONFIG)).isEmpty();
  }

  private void create(String spec) {
    cluster.create(
        COLLECTION,
        """
        {"apiVersion": "metricsserver.dev/v1beta1", "kind": "MetricsServerConfig",
         "metadata": {"name": "cluster", "labels": {"a": "b"}}, "spec": %s}\
        """
            .formatted(spec));
  }

  private String spec() {
    var config = cluster.get(CONFIG).orElseThrow();
    assertThat(config.at("/metadata/labels/a").asText()).isEqualTo("b");
    return config.path("spec").toString();
  }
}
