package dev.metricsserver.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.mock.MockCluster;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The memory that pending requests take, however many and large they are. */
class RequestFloodTest {

  private static final int REQUESTS = 20_000;
  private static final int NODES = 5_000;
  private static final int LARGE = 60;
  private static final int LARGE_SIZE = 1_700_000;

  /** A third of the heap at the shipped limits. */
  private static final long MAX_BYTES = 24_000_000;

  private static final String CONTENT = new Draft().request();

  private MockCluster server;
  private KubernetesClient client;
  private ApprovalController controller;

  @BeforeEach
  void start() {
    server = MockCluster.withoutTls();
    server.fail(RequestFloodTest::answer);
    client = server.client();
    controller = SampleController.of(client);
  }

  @AfterEach
  void stop() {
    controller.stop();
    client.close();
    server.close();
  }

  @Test
  void manyAndLargeRequests_takeBoundedMemory() {
    var before = used();
    controller.start();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() ->
            controller.getSecondaryResources(new MetricsServerConfig()).iterator().next().total()
                == REQUESTS + LARGE);
    // What other threads of this JVM still hold for a moment is not retained.
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(used() - before).isLessThan(MAX_BYTES));
  }

  private static long used() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** A watch stays open. */
  private static boolean answer(HttpServerRequest request) {
    var response = request.response().setChunked(true);
    if (request.getParam("watch") == null) {
      write(response, list(MockCluster.call(request)).iterator());
    } else {
      response.write("");
    }
    return true;
  }

  private static Stream<String> list(String call) {
    var start = "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[";
    if (!call.endsWith("certificatesigningrequests")) {
      return Stream.of(start + "]}");
    }
    var content = "x".repeat(LARGE_SIZE);
    var large =
        IntStream.range(0, LARGE)
            .mapToObj(i -> request("large-" + i, "hostile-" + i, content, i) + ",");
    var many =
        IntStream.range(0, REQUESTS)
            .mapToObj(
                i -> (i == 0 ? "" : ",") + request("csr-" + i, "node-" + i % NODES, CONTENT, i));
    return Stream.of(Stream.of(start), large, many, Stream.of("]}")).flatMap(part -> part);
  }

  /** As fast as the client reads, so that the server holds little of it. */
  private static void write(HttpServerResponse response, Iterator<String> parts) {
    while (parts.hasNext()) {
      if (response.writeQueueFull()) {
        response.drainHandler(_ -> write(response, parts));
        return;
      }
      response.write(parts.next());
    }
    response.end();
  }

  private static String request(String name, String node, String content, int second) {
    return """
    {"metadata":{"name":"%1$s","uid":"11111111-2222-3333-4444-%1$s","resourceVersion":"12345",\
    "creationTimestamp":"%4$s"},"spec":{"signerName":"kubernetes.io/kubelet-serving",\
    "username":"system:node:%2$s","groups":["system:nodes","system:authenticated"],\
    "usages":["digital signature","server auth"],"request":"%3$s"}}\
    """
        .formatted(name, node, content, Instant.EPOCH.plusSeconds(second));
  }
}
