package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.metricsserver.mock.MockCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What API servers of different ages say of Services' addresses. */
class ServiceRangesReaderTest {

  private static final String RANGES = "/apis/networking.k8s.io/v1/servicecidrs";

  private record Answer(int code, String body) {}

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private MockCluster server;
  private KubernetesClient client;

  @BeforeEach
  void start() {
    server = MockCluster.withoutTls();
    server.fail(request -> {
      var answer = answers.get(request.path());
      if (answer == null) {
        return false;
      }
      MockCluster.answer(request, answer.code(), answer.body());
      return true;
    });
    client = server.client();
    answer(
        "/api/v1/namespaces/default/services/kubernetes",
        200,
        """
        {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "kubernetes"},
         "spec": {"clusterIP": "10.43.0.1", "clusterIPs": ["10.43.0.1", "fd00:10:43::1"]}}
        """);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void areThoseOfTheObjects() {
    answer(
        RANGES,
        200,
        """
        {"kind": "ServiceCIDRList", "apiVersion": "networking.k8s.io/v1", "metadata": {},
         "items": [{"metadata": {"name": "kubernetes"}, "spec": {"cidrs": ["10.43.0.0/20"]}},
                   {"metadata": {"name": "more"}, "spec": {"cidrs": ["10.50.0.0/24"]}}]}
        """);
    assertThat(reader().read().cidrs()).containsExactly("10.43.0.0/20", "10.50.0.0/24");
  }

  @Test
  void areTheLargestThatCanBeWhereThereAreNoObjects() {
    answer(RANGES, 404, "404 page not found");
    assertThat(reader().read().cidrs()).containsExactly("10.43.0.0/16", "fd00:10:43::/64");
  }

  @Test
  void areNotGuessedWhenTheObjectsCannotBeRead() {
    answer(RANGES, 403, "{}");
    assertThatExceptionOfType(KubernetesClientException.class).isThrownBy(() -> reader().read());
  }

  private ServiceRangesReader reader() {
    return new ServiceRangesReader(client, InstantSource.system());
  }

  private void answer(String path, int code, String body) {
    answers.put(path, new Answer(code, body));
  }
}
