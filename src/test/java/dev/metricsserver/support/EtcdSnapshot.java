package dev.metricsserver.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The objects of an API server as etcd stores them, to be restored later. The running API server
 * notices every change, because it watches etcd.
 */
final class EtcdSnapshot {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where the API server says that it runs, again and again. */
  private static final List<String> NOT_RESTORED =
      List.of("/registry/leases/kube-system/apiserver-", "/registry/masterleases/");

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  /** The values by their keys, both in Base64. */
  private final Map<String, String> values;

  /**
   * Reads everything.
   *
   * @param port on which etcd listens, on the loopback interface
   */
  EtcdSnapshot(int port) {
    this.port = port;
    this.values = read();
  }

  /** Deletes the objects that are new since the snapshot, and restores the others. */
  void restore() {
    var current = read();
    current.keySet().stream()
        .filter(key -> !values.containsKey(key))
        .forEach(key -> ask("deleterange", Map.of("key", key)));
    values.forEach((key, value) -> {
      if (!value.equals(current.get(key))) {
        ask("put", Map.of("key", key, "value", value));
      }
    });
  }

  private Map<String, String> read() {
    var found = new HashMap<String, String>();
    var all = Map.of("key", base64("/registry/"), "range_end", base64("/registry0"));
    for (var entry : ask("range", all).path("kvs")) {
      var key = entry.path("key").asText();
      var name = new String(Base64.getDecoder().decode(key), StandardCharsets.UTF_8);
      if (NOT_RESTORED.stream().noneMatch(name::startsWith)) {
        found.put(key, entry.path("value").asText());
      }
    }
    return found;
  }

  private JsonNode ask(String command, Map<String, String> request) {
    try {
      var uri = URI.create("http://127.0.0.1:%d/v3/kv/%s".formatted(port, command));
      var body = BodyPublishers.ofString(JSON.writeValueAsString(request));
      var answer =
          http.send(HttpRequest.newBuilder(uri).POST(body).build(), BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException(command + ": " + answer.statusCode() + " " + answer.body());
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String base64(String key) {
    return Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }
}
