package dev.metricsserver.reading;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.reading.ObjectList.StatusException;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists objects once, and follows them by a watch from then on. Not an informer of the client,
 * which reads every event into a whole object: thousands of nodes have fifty heartbeats a second of
 * 13 kB each, and a single certificate request can have 1.7 MB. Here an event is a line of bytes,
 * of which only the needed parts are read.
 *
 * @param <T> the parts of an object that are kept
 */
public final class ObjectWatch<T> {

  private static final Logger log = LoggerFactory.getLogger(ObjectWatch.class);

  /** The API server ends a watch after this time at the earliest. */
  private static final Duration SHORTEST_WATCH = Duration.ofMinutes(5);

  private static final Duration LATE = Duration.ofSeconds(30);
  private static final Backoff RETRY = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30));

  /** In bytes; enough for the heartbeat of a node. */
  private static final int BUFFER = 1 << 14;

  private static final int LARGEST_BUFFER_KEPT = 1 << 16;
  private static final int TOO_MANY_REQUESTS = 429;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final KubernetesClient client;
  private final String path;
  private final Reader<T> reader;
  private final Store<T> store;
  private final Thread thread;

  /** The version of the store, from which a watch continues. Empty if a new list is needed. */
  private volatile String resourceVersion = "";

  private volatile boolean stopped;

  /**
   * An object at a version.
   *
   * @param object its parts
   */
  public record Version<T>(T object, String resourceVersion) {}

  /**
   * Reads the parts of an object.
   *
   * @param <T> the parts
   */
  @FunctionalInterface
  public interface Reader<T> {

    /**
     * Reads the object at whose beginning the parser is, to its end.
     *
     * @throws IOException if it is not JSON
     */
    Version<T> read(JsonParser json) throws IOException;
  }

  /**
   * The objects as they are known. Methods are called by one thread.
   *
   * @param <T> the parts of an object
   */
  public interface Store<T> {

    /** A key that no other object has. */
    String key(T object);

    /** The object is new, changed or unchanged. */
    void put(T object);

    /** The object is deleted. */
    void remove(T object);

    /** A list is complete: all objects with other keys are deleted. */
    void retain(Set<String> keys);

    /**
     * The list or the watch failed, and is retried.
     *
     * @param code the HTTP status code, 0 if there was no answer
     */
    default void failed(int code, String message) {}
  }

  /**
   * A watch that is not started.
   *
   * @param path without a leading slash, with {@code ?}, and with {@code &} after parameters
   */
  public ObjectWatch(
      KubernetesClient client, String name, String path, Reader<T> reader, Store<T> store) {
    this.client = client;
    this.path = path;
    this.reader = reader;
    this.store = store;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::follow);
  }

  /**
   * Lists the objects, and keeps the store up to date from then on.
   *
   * @throws IllegalStateException if the objects cannot be listed
   */
  public void startWithList() {
    try {
      list();
    } catch (StatusException e) {
      throw new IllegalStateException(
          "Cannot list the %s: %d %s".formatted(thread.getName(), e.code(), e.getMessage()), e);
    } catch (IOException e) {
      throw new IllegalStateException(
          "Cannot list the %s: %s".formatted(thread.getName(), e.getMessage()), e);
    }
    start();
  }

  /** Keeps the store up to date from now on. */
  public void start() {
    thread.start();
  }

  /** Ends the watch. */
  public void stop() {
    stopped = true;
    thread.interrupt();
  }

  /** Returns whether the watch is started and not ended. */
  public boolean isRunning() {
    return thread.isAlive();
  }

  private void follow() {
    var retry = RETRY.first();
    while (!stopped) {
      try {
        if (resourceVersion.isEmpty()) {
          list();
        }
        // A watch that ends without any event counts as failed.
        retry = watch() ? RETRY.first() : pause(retry);
      } catch (IOException | RuntimeException e) {
        if (!stopped) {
          log.warn("Cannot watch the {}, retrying: {}", thread.getName(), e.getMessage());
          store.failed(
              e instanceof StatusException s ? s.code() : 0, String.valueOf(e.getMessage()));
          retry = pause(retry);
        }
      }
    }
  }

  /** Waits for half to all of a delay. Returns the next delay. */
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
    var keys = new HashSet<String>();
    var version =
        ObjectList.read(
            client,
            path,
            json -> {
              var object = reader.read(json).object();
              keys.add(store.key(object));
              store.put(object);
            });
    store.retain(keys);
    resourceVersion = version;
  }

  /** Returns, at its end, whether there was any event, bookmarks included. */
  private boolean watch() throws IOException {
    var lasts = SHORTEST_WATCH.plusSeconds(ThreadLocalRandom.current().nextLong(300));
    var events = new Events();
    var response =
        ObjectList.await(
            client
                .getHttpClient()
                .consumeBytes(
                    ObjectList.request(
                        client,
                        path
                            + "watch=true&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%d"
                                .formatted(resourceVersion, lasts.toSeconds())),
                    events),
            ObjectList.patience(client));
    try {
      if (!response.isSuccessful()) {
        // Such an answer does not mean that the version is too old.
        if (response.code() < HttpURLConnection.HTTP_INTERNAL_ERROR
            && response.code() != TOO_MANY_REQUESTS) {
          resourceVersion = "";
        }
        throw new StatusException(response.code(), "the API server answers " + response.code());
      }
      response.body().consume();
      ObjectList.await(response.body().done(), lasts.plus(LATE));
      return events.end();
    } finally {
      events.end();
      response.body().cancel();
    }
  }

  /** Reads events, which are lines of JSON that arrive in pieces of any size. */
  private final class Events implements AsyncBody.Consumer<List<ByteBuffer>> {

    private byte[] bytes = new byte[BUFFER];
    private int length;
    private boolean seen;
    private boolean over;

    /** An exception ends the watch. */
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

    /** Ignores later pieces, because the next watch may have newer events. */
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

    /** After an event that cannot be read, the objects are listed again. */
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
        // Usually the version is too old.
        throw new IOException(json.<JsonNode>readValueAsTree().path("message").asText());
      }
      var version = reader.read(json);
      switch (type) {
        case "ADDED", "MODIFIED" -> store.put(version.object());
        case "DELETED" -> store.remove(version.object());
        case "BOOKMARK" -> {}
        default -> throw new IOException("an event of type " + type);
      }
      resourceVersion = version.resourceVersion();
      seen = true;
    }
  }
}
