package dev.metricsserver.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
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

  private final CountDownLatch over = new CountDownLatch(1);
  private HttpServer server;
  private KubernetesClient client;
  private ApprovalController controller;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory()));
    server.createContext("/", this::answer);
    server.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    controller =
        new ApprovalController(
            client,
            InstantSource.system(),
            new ClusterContext.Nodes(_ -> List.of(), _ -> List.of()),
            _ -> Optional.empty(),
            () -> {});
    controller.setEventHandler(_ -> {});
  }

  @AfterEach
  void stop() {
    over.countDown();
    controller.stop();
    client.close();
    server.stop(0);
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

  private void answer(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    if (String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true")) {
      hang();
      exchange.close();
      return;
    }
    try (OutputStream out = exchange.getResponseBody()) {
      write(out, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[");
      if (exchange.getRequestURI().getPath().contains("certificatesigningrequests")) {
        var large = "x".repeat(LARGE_SIZE);
        for (var i = 0; i < LARGE; i++) {
          write(out, request("large-" + i, "hostile-" + i, large, i) + ",");
        }
        for (var i = 0; i < REQUESTS; i++) {
          write(out, (i == 0 ? "" : ",") + request("csr-" + i, "node-" + i % NODES, CONTENT, i));
        }
      }
      write(out, "]}");
    }
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

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private void hang() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
