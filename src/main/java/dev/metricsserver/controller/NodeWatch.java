package dev.metricsserver.controller;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.metricsserver.reading.Backoff;
import dev.metricsserver.reading.NodeReader;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.utils.Utils;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the nodes once, and follows them by a watch from then on, for ever. Not by an informer of
 * the client: thousands of nodes have fifty heartbeats a second of 13 kB each, which that one reads
 * character by character into whole objects. Here a heartbeat is the bytes of a line, read once.
 */
final class NodeWatch {

  private static final Logger log = LoggerFactory.getLogger(NodeWatch.class);

  /** A page of large nodes is a megabyte, and several while it is read. */
  private static final int PAGE = 50;

  /** After so long a watch is ended by the API server, and by us if that is not heard of. */
  private static final Duration SHORTEST_WATCH = Duration.ofMinutes(5);

  private static final Duration LATE = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

  /** A heartbeat fits in. */
  private static final int BUFFER = 1 << 14;

  private static final int LARGEST_BUFFER_KEPT = 1 << 16;
  private static final int TOO_MANY_REQUESTS = 429;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final KubernetesClient client;
  private final HttpClient http;
  private final NodeStore store;
  private final Thread thread = Thread.ofPlatform().daemon().name("nodes").unstarted(this::follow);

  /**
   * The resource version of the store, from which a watch continues; empty when a new list is due.
   */
  private volatile String resourceVersion = "";

  private volatile boolean stopped;

  NodeWatch(KubernetesClient client, NodeStore store) {
    this.client = client;
    this.http = client.getHttpClient();
    this.store = store;
  }

  /**
   * Returns when the store has all nodes, and keeps it up to date from then on.
   *
   * @throws IllegalStateException when the nodes cannot be listed
   */
  void start() {
    try {
      list();
    } catch (IOException e) {
      throw new IllegalStateException("Cannot list the nodes: " + e.getMessage(), e);
    }
    thread.start();
  }

  void stop() {
    stopped = true;
    thread.interrupt();
  }

  boolean isRunning() {
    return thread.isAlive();
  }

  private void follow() {
    var retry = RETRY.first();
    while (!stopped) {
      try {
        if (resourceVersion.isEmpty()) {
          list();
        }
        // A watch that ends without an event counts as a failure.
        retry = watch() ? RETRY.first() : pause(retry);
      } catch (IOException | RuntimeException e) {
        if (!stopped) {
          log.warn("Cannot watch the nodes, retrying: {}", e.getMessage());
          retry = pause(retry);
        }
      }
    }
  }

  /** Waits for about this delay, and returns the next one. */
  private static Duration pause(Duration delay) {
    try {
      var millis = delay.toMillis();
      Thread.sleep(ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return RETRY.after(delay);
  }

  private void list() throws IOException {
    var names = new HashSet<String>();
    var metadata = page("", names);
    while (!metadata.path("continue").asText().isEmpty()) {
      metadata = page(metadata.path("continue").asText(), names);
    }
    store.retain(names);
    // All pages are of the same moment.
    resourceVersion = metadata.path("resourceVersion").asText();
  }

  /** Returns what the list says of itself. */
  private JsonNode page(String from, Set<String> names) throws IOException {
    var response =
        await(
            http.sendAsync(
                request("limit=%d&continue=%s".formatted(PAGE, Utils.toUrlEncoded(from))),
                byte[].class),
            PATIENCE);
    if (!response.isSuccessful()) {
      throw new IOException(
          "%d %s".formatted(response.code(), new String(response.body(), StandardCharsets.UTF_8)));
    }
    JsonNode metadata = MissingNode.getInstance();
    try (var json = JSON.createParser(response.body())) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var field = json.currentName();
        var array = json.nextToken() == JsonToken.START_ARRAY;
        if (field.equals("metadata")) {
          metadata = json.readValueAsTree();
        } else if (field.equals("items") && array) {
          while (json.nextToken() != JsonToken.END_ARRAY) {
            var node = NodeReader.read(json).facts();
            names.add(node.name());
            store.put(node);
          }
        } else {
          json.skipChildren();
        }
      }
    }
    return metadata;
  }

  /** Returns whether it brought any news, a bookmark included, when it has come to its end. */
  private boolean watch() throws IOException {
    var lasts = SHORTEST_WATCH.plusSeconds(ThreadLocalRandom.current().nextLong(300));
    var events = new Events();
    var response =
        await(
            http.consumeBytes(
                request(
                    "watch=true&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%d"
                        .formatted(resourceVersion, lasts.toSeconds())),
                events),
            PATIENCE);
    try {
      if (!response.isSuccessful()) {
        // An answer that says nothing of the version leaves it as it is.
        if (response.code() < HttpURLConnection.HTTP_INTERNAL_ERROR
            && response.code() != TOO_MANY_REQUESTS) {
          resourceVersion = "";
        }
        throw new IOException("the API server answers " + response.code());
      }
      response.body().consume();
      await(response.body().done(), lasts.plus(LATE));
      return events.end();
    } finally {
      events.end();
      response.body().cancel();
    }
  }

  private HttpRequest request(String query) {
    return http.newHttpRequestBuilder()
        .uri("%sapi/v1/nodes?%s".formatted(client.getMasterUrl(), query))
        .forStreaming()
        .build();
  }

  private static <T> T await(CompletableFuture<T> future, Duration patience) throws IOException {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer in %d s".formatted(patience.toSeconds()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    } finally {
      future.cancel(true);
    }
  }

  /** Events arrive as lines, each an object in JSON, in pieces of any size. */
  private final class Events implements AsyncBody.Consumer<List<ByteBuffer>> {

    private byte[] bytes = new byte[BUFFER];
    private int length;
    private boolean seen;
    private boolean over;

    /** What it throws ends the watch. */
    @Override
    public synchronized void consume(List<ByteBuffer> pieces, AsyncBody body) throws IOException {
      if (over) {
        return;
      }
      for (var piece : pieces) {
        append(piece);
      }
      body.consume();
    }

    /** Nothing is taken from here on, lest it be older than what the next watch brings. */
    synchronized boolean end() {
      over = true;
      return seen;
    }

    private void append(ByteBuffer piece) throws IOException {
      var end = length + piece.remaining();
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
      }
      piece.get(bytes, length, piece.remaining());
      var start = 0;
      for (var i = length; i < end; i++) {
        if (bytes[i] == '\n') {
          event(start, i - start);
          start = i + 1;
        }
      }
      length = end - start;
      System.arraycopy(bytes, start, bytes, 0, length);
      if (length == 0 && bytes.length > LARGEST_BUFFER_KEPT) {
        bytes = new byte[BUFFER];
      }
    }

    /** After one that cannot be read, a list is a new beginning. */
    private void event(int from, int size) throws IOException {
      resourceVersion = "";
      try (var json = JSON.createParser(bytes, from, size)) {
        json.nextToken();
        for (var type = ""; json.nextToken() == JsonToken.FIELD_NAME; ) {
          var object = "object".equals(json.currentName());
          json.nextToken();
          if (object) {
            event(type, json);
          } else {
            type = json.getText();
          }
        }
      }
    }

    private void event(String type, JsonParser json) throws IOException {
      if ("ERROR".equals(type)) {
        // Mostly that the version is too old.
        throw new IOException(json.<JsonNode>readValueAsTree().path("message").asText());
      }
      var node = NodeReader.read(json);
      switch (type) {
        case "ADDED", "MODIFIED" -> store.put(node.facts());
        case "DELETED" -> store.remove(node.facts().name());
        case "BOOKMARK" -> {}
        default -> throw new IOException("an event of the type " + type);
      }
      resourceVersion = node.resourceVersion();
      seen = true;
    }
  }
}
