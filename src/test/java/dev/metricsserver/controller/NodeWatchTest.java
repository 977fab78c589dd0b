package dev.metricsserver.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.mock.Failure;
import dev.metricsserver.mock.MockCluster;
import dev.metricsserver.model.NodeFacts;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server whose answers each test chooses. */
class NodeWatchTest {

  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Answer> lists = new LinkedBlockingQueue<>();
  private final BlockingQueue<Answer> watches = new LinkedBlockingQueue<>();
  private final List<String> changes = new CopyOnWriteArrayList<>();
  private final NodeStore store = new NodeStore(changes::add);
  private MockCluster server;
  private KubernetesClient client;
  private NodeWatch watch;

  private interface Answer {
    void to(HttpServerRequest request);
  }

  @BeforeEach
  void startServer() {
    server = MockCluster.withoutTls();
    server.fail(this::answer);
    client = server.client();
    watch = new NodeWatch(client, store);
  }

  @AfterEach
  void stopServer() {
    watch.stop();
    client.close();
    server.close();
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
    watches.add(Failure.LostAnswer::to);
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

  /** A watch without an answer stays open. */
  private boolean answer(HttpServerRequest request) {
    requests.add(request.uri());
    var answer = (request.getParam("watch") == null ? lists : watches).poll();
    if (answer != null) {
      answer.to(request);
    }
    return true;
  }

  private static Answer list(String version, String more, String... nodes) {
    return request ->
        MockCluster.answer(
            request,
            200,
            """
            {"kind":"NodeList","apiVersion":"v1",\
            "metadata":{"resourceVersion":"%s","continue":"%s"},"items":[%s]}
            """
                .formatted(version, more, String.join(",", nodes)));
  }

  private static Answer failure(int code) {
    return request -> MockCluster.answer(request, code, "{\"kind\":\"Status\",\"message\":\"no\"}");
  }

  /** In pieces of a size, then the end. */
  private static Answer events(int size, String... events) {
    return request -> {
      var response = request.response().setChunked(true);
      var text = String.join("", events);
      for (var from = 0; from < text.length(); from += size) {
        response.write(text.substring(from, Math.min(text.length(), from + size)));
      }
      response.end();
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
