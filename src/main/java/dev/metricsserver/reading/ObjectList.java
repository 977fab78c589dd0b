package dev.metricsserver.reading;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Utils;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Lists objects page by page, and reads them from the stream one by one: memory holds one object at
 * a time, however large and however many they are.
 */
public final class ObjectList {

  private static final int PAGE = 50;
  private static final int MAX_ERROR = 4096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private ObjectList() {}

  /** Reads one object. */
  @FunctionalInterface
  public interface Item {

    /**
     * Reads the object at whose beginning the parser is, to its end.
     *
     * @throws IOException if it is not JSON
     */
    void read(JsonParser json) throws IOException;
  }

  /** The API server answered with an error. */
  public static final class StatusException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int code;

    StatusException(int code, String message) {
      super(message);
      this.code = code;
    }

    /** The HTTP status code. */
    public int code() {
      return code;
    }
  }

  /**
   * Reads all objects of a list.
   *
   * @param path without a leading slash, with {@code ?}, and with {@code &} after parameters
   * @return the resource version of the list
   * @throws StatusException if the API server answers with an error
   * @throws IOException if it does not answer, or not with JSON
   */
  public static String read(KubernetesClient client, String path, Item item) throws IOException {
    var metadata = page(client, path, "", item);
    while (!metadata.path("continue").asText().isEmpty()) {
      metadata = page(client, path, metadata.path("continue").asText(), item);
    }
    // All pages have the version of the first one.
    return metadata.path("resourceVersion").asText();
  }

  /**
   * The same with the client's exception.
   *
   * @throws KubernetesClientException if the objects cannot be read
   */
  public static void forEach(KubernetesClient client, String path, Item item) {
    try {
      var _ = read(client, path, item);
    } catch (StatusException e) {
      throw new KubernetesClientException(
          e.getMessage(),
          e.code(),
          new StatusBuilder().withCode(e.code()).withMessage(e.getMessage()).build());
    } catch (IOException e) {
      throw new KubernetesClientException(e.getMessage(), e);
    }
  }

  /** Returns the metadata of the page. */
  private static JsonNode page(KubernetesClient client, String path, String from, Item item)
      throws IOException {
    var response =
        await(
            client
                .getHttpClient()
                .sendAsync(
                    request(
                        client,
                        path + "limit=%d&continue=%s".formatted(PAGE, Utils.toUrlEncoded(from))),
                    InputStream.class),
            patience(client));
    try (var body = response.body()) {
      requireSuccess(response, body);
      return page(body, item);
    }
  }

  private static void requireSuccess(HttpResponse<?> response, InputStream body)
      throws IOException {
    if (!response.isSuccessful()) {
      throw new StatusException(response.code(), message(response.code(), body));
    }
  }

  private static String message(int code, InputStream body) throws IOException {
    var text = body.readNBytes(MAX_ERROR);
    try {
      return JSON.readTree(text).path("message").asText("the API server answers " + code);
    } catch (IOException e) {
      return "the API server answers " + code;
    }
  }

  private static JsonNode page(InputStream body, Item item) throws IOException {
    JsonNode metadata = MissingNode.getInstance();
    try (var json = JSON.createParser(body)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var field = json.currentName();
        var array = json.nextToken() == JsonToken.START_ARRAY;
        if (field.equals("metadata")) {
          metadata = json.readValueAsTree();
        } else if (field.equals("items") && array) {
          while (json.nextToken() != JsonToken.END_ARRAY) {
            item.read(json);
          }
        } else {
          json.skipChildren();
        }
      }
    }
    return metadata;
  }

  static HttpRequest request(KubernetesClient client, String path) {
    return client
        .getHttpClient()
        .newHttpRequestBuilder()
        .uri(client.getMasterUrl() + path)
        .forStreaming()
        .build();
  }

  /** Returns how long to wait for the beginning of an answer: as long as the client does. */
  static Duration patience(KubernetesClient client) {
    return Duration.ofMillis(client.getConfiguration().getRequestTimeout());
  }

  /** Waits for an answer, and cancels the request if there is none in time. */
  static <T> T await(CompletableFuture<T> future, Duration patience) throws IOException {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer in %d ms".formatted(patience.toMillis()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    } finally {
      future.cancel(true);
    }
  }
}
