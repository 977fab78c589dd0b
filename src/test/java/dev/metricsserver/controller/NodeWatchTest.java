package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.metricsserver.model.NodeFacts;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server of which each test says what it answers. */
class NodeWatchTest {

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Answer> lists = new LinkedBlockingQueue<>();
  private final BlockingQueue<Answer> watches = new LinkedBlockingQueue<>();
  private final List<String> changes = new CopyOnWriteArrayList<>();
  private final NodeStore store = new NodeStore(changes::add);
  private HttpServer server;
  private KubernetesClient client;
  private NodeWatch watch;

  private interface Answer {
    void to(HttpExchange exchange) throws IOException, InterruptedException;
  }

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory()));
    server.createContext("/api/v1/nodes", this::answer);
    server.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    watch = new NodeWatch(client, store);
  }

  @AfterEach
  void stopServer() {
    watch.stop();
    client.close();
    server.stop(0);
  }

  @Test
  void listsPageByPageAndWatchesFromThere() {
    lists.add(list("5", "more&more", node("a", "1", true)));
    lists.add(list("5", "", node("b", "2", true)));
    watch.start();

    assertThat(names()).containsExactly("a", "b");
    await().untilAsserted(() -> assertThat(requests).hasSize(3));
    assertThat(requests.get(0)).endsWith("&continue=");
    assertThat(requests.get(1)).endsWith("&continue=more%26more");
    assertThat(requests.get(2))
        .contains("watch=true", "allowWatchBookmarks=true", "resourceVersion=5&");
  }

  @Test
  void followsEventsHoweverTheyArrive() {
    lists.add(list("5", "", node("a", "1", true), node("b", "2", true)));
    watches.add(
        events(
            3,
            event("MODIFIED", node("a", "6", true)),
            event("MODIFIED", node("b", "7", false)),
            event("ADDED", node("c", "8", true)),
            event("DELETED", node("a", "9", true)),
            event("BOOKMARK", "{\"kind\":\"Node\",\"metadata\":{\"resourceVersion\":\"12\"}}")));
    watch.start();

    await().untilAsserted(() -> assertThat(watched()).hasSize(2));
    assertThat(watched().get(1)).contains("resourceVersion=12&");
    assertThat(names()).containsExactly("b", "c");
    assertThat(store.all().getFirst().ready()).isFalse();
    // The first event of a was a heartbeat.
    assertThat(changes).containsExactly("a", "b", "b", "c", "a");
  }

  @Test
  void watch_versionTooOld_listsAgain() {
    lists.add(list("5", "", node("a", "1", true), node("b", "2", true)));
    lists.add(list("20", "", node("b", "2", true)));
    watches.add(
        events(
            1000,
            event("MODIFIED", node("a", "6", false)),
            event("ERROR", "{\"kind\":\"Status\",\"code\":410,\"message\":\"too old\"}")));
    watch.start();

    await().untilAsserted(() -> assertThat(watched()).hasSize(2));
    assertThat(watched().get(1)).contains("resourceVersion=20&");
    assertThat(names()).containsExactly("b");
  }

  @Test
  void watch_notGranted_listsAgain() {
    lists.add(list("5", "", node("a", "1", true)));
    lists.add(list("20", "", node("a", "1", true)));
    watches.add(failure(410));
    watch.start();

    await().untilAsserted(() -> assertThat(watched()).hasSize(2));
    assertThat(watched().get(1)).contains("resourceVersion=20&");
  }

  @Test
  void goesOnWhereItWasWhenTheServerIsBusyOrGone() {
    lists.add(list("5", "", node("a", "1", true)));
    watches.add(events(1000, event("MODIFIED", node("a", "6", false))));
    watches.add(failure(429));
    watches.add(failure(503));
    watches.add(exchange -> exchange.close());
    watches.add(events(1000, event("MODIFIED", node("a", "7", true))));
    watch.start();

    await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> assertThat(watched()).hasSize(6));
    assertThat(watched().subList(1, 5)).allMatch(w -> w.contains("resourceVersion=6&"));
    assertThat(watched().get(5)).contains("resourceVersion=7&");
    assertThat(requests).hasSize(7);
  }

  @Test
  void watch_brokenEvent_listsAgain() {
    lists.add(list("5", "", node("a", "1", true)));
    lists.add(list("20", "", node("a", "1", true)));
    watches.add(events(1000, "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":\n"));
    watch.start();

    await().untilAsserted(() -> assertThat(watched()).hasSize(2));
    assertThat(watched().get(1)).contains("resourceVersion=20&");
  }

  @Test
  void saysWhyItCannotStart() {
    lists.add(failure(403));
    assertThatThrownBy(watch::start)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cannot list the nodes")
        .hasMessageContaining("403");
  }

  @Test
  void endsWhenItIsStopped() {
    lists.add(list("5", "", node("a", "1", true)));
    watch.start();
    await().untilAsserted(() -> assertThat(watched()).hasSize(1));

    watch.stop();
    await().untilAsserted(() -> assertThat(watch.isRunning()).isFalse());
  }

  private List<String> names() {
    return store.all().stream().map(NodeFacts::name).toList();
  }

  private List<String> watched() {
    return requests.stream().filter(r -> r.contains("watch=true")).toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.add(exchange.getRequestURI().toString());
    var watching = exchange.getRequestURI().getQuery().contains("watch=true");
    try {
      // A watch of which nothing is said stays open.
      (watching ? watches : lists).take().to(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static Answer list(String version, String more, String... nodes) {
    return exchange ->
        write(
            exchange,
            200,
            """
            {"kind":"NodeList","apiVersion":"v1",\
            "metadata":{"resourceVersion":"%s","continue":"%s"},"items":[%s]}
            """
                .formatted(version, more, String.join(",", nodes)));
  }

  private static Answer failure(int code) {
    return exchange -> write(exchange, code, "{\"kind\":\"Status\",\"message\":\"no\"}");
  }

  private static void write(HttpExchange exchange, int code, String text) throws IOException {
    var body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(code, body.length);
    exchange.getResponseBody().write(body);
  }

  /** In pieces of a size, then the end. */
  private static Answer events(int size, String... events) {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      try (OutputStream out = exchange.getResponseBody()) {
        var bytes = String.join("", events).getBytes(StandardCharsets.UTF_8);
        for (var from = 0; from < bytes.length; from += size) {
          out.write(bytes, from, Math.min(size, bytes.length - from));
          out.flush();
        }
      }
    };
  }

  private static String event(String type, String object) {
    return "{\"type\":\"%s\",\"object\":%s}\n".formatted(type, object);
  }

  private static String node(String name, String version, boolean ready) {
    return """
    {"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","resourceVersion":"%s"},\
    "status":{"conditions":[{"type":"Ready","status":"%s"}]}}\
    """
        .formatted(name, version, ready ? "True" : "False");
  }
}
