package dev.metricsserver.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Applies objects as plain JSON, with every field as it is, which typed models would drop.
 *
 * @param client the client whose token and address are used
 * @param manager the field manager
 */
public record ServerSideApply(KubernetesClient client, String manager) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECONDS = 30;

  /**
   * The API server's answer.
   *
   * @param code the HTTP status
   * @param message the object, or the reason of a rejection
   */
  public record Answer(int code, String message) {

    /** Whether the object was accepted. */
    public boolean accepted() {
      return code == 200 || code == 201;
    }

    /**
     * Whether one of the operator's policies rejected the object, and not the API server's rules.
     */
    public boolean fenced() {
      return code == 403
          && message.contains("ValidatingAdmissionPolicy 'metrics-server-operator")
          && message.contains("denied request: ");
    }
  }

  /** The JSON of an object. */
  public static ObjectNode json(HasMetadata object) {
    try {
      return (ObjectNode)
          JSON.readTree(
              new io.fabric8.kubernetes.client.utils.KubernetesSerialization().asJson(object));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Validates an object and changes nothing. */
  public Answer dryRun(JsonNode object) {
    return send(object, "&dryRun=All");
  }

  /** Writes an object. */
  public Answer apply(JsonNode object) {
    return send(object, "");
  }

  private Answer send(JsonNode object, String options) {
    var request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(
                client.getConfiguration().getMasterUrl()
                    + path(object)
                    + "?force=true&fieldManager="
                    + manager
                    + options)
            .method("PATCH", "application/apply-patch+yaml", object.toString())
            .build();
    try {
      var response =
          client.getHttpClient().sendAsync(request, String.class).get(SECONDS, TimeUnit.SECONDS);
      return new Answer(
          response.code(), JSON.readTree(response.body()).path("message").asText(response.body()));
    } catch (Exception e) {
      throw new IllegalStateException(object.toString(), e);
    }
  }

  private static String path(JsonNode object) {
    var version = object.at("/apiVersion").asText();
    var namespace = object.at("/metadata/namespace").asText();
    var kind = object.at("/kind").asText().toLowerCase(Locale.ROOT);
    return (version.equals("v1") ? "api/v1/" : "apis/" + version + "/")
        + (namespace.isEmpty() ? "" : "namespaces/" + namespace + "/")
        + (kind.endsWith("y") ? kind.substring(0, kind.length() - 1) + "ies" : kind + "s")
        + "/"
        + object.at("/metadata/name").asText();
  }
}
