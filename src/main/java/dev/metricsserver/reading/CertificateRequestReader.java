package dev.metricsserver.reading;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequest.Decision;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.Timestamps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Utils;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads certificate requests from their JSON. Every part is cut to the length that a request of a
 * kubelet can have, because any user who may create requests chooses their size.
 */
public final class CertificateRequestReader {

  /** The requests for kubelet serving certificates, for {@link ObjectList} and the watch. */
  public static final String PATH =
      "apis/certificates.k8s.io/v1/certificatesigningrequests?fieldSelector=%s&"
          .formatted(Utils.toUrlEncoded("spec.signerName=" + CertificateRequests.SIGNER));

  /** Characters of base64; twice what the parser accepts of DER, in PEM and base64. */
  private static final int MAX_REQUEST = 96 * 1024;

  private static final int MAX_TEXT = 300;
  private static final int MAX_MESSAGE = 1024;
  private static final int MAX_ITEMS = 32;
  private static final Set<String> REJECTIONS = Set.of("Denied", "Failed");

  private final JsonParser json;
  private String name = "";
  private String uid = "";
  private String resourceVersion = "";
  private String created = "";
  private boolean deleted;
  private String signer = "";
  private String user = "";
  private final List<String> groups = new ArrayList<>();
  private final List<String> usages = new ArrayList<>();
  private Optional<Duration> lifetime = Optional.empty();
  private String request = "";
  private Optional<Decision> decision = Optional.empty();
  private boolean issued;

  private CertificateRequestReader(JsonParser json) {
    this.json = json;
  }

  /**
   * Reads one request.
   *
   * @throws IOException if it is not JSON
   */
  public static ObjectWatch.Version<CertificateRequest> read(JsonParser json) throws IOException {
    var reader = new CertificateRequestReader(json);
    JsonWalk.object(
        json,
        field -> {
          switch (field) {
            case "metadata" -> JsonWalk.object(json, reader::metadata);
            case "spec" -> JsonWalk.object(json, reader::spec);
            case "status" -> JsonWalk.object(json, reader::status);
            default -> json.skipChildren();
          }
        });
    return new ObjectWatch.Version<>(reader.request(), reader.resourceVersion);
  }

  /**
   * Reads the requests for kubelet serving certificates that satisfy a condition. The content of
   * the requests is left out.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if they cannot be read
   */
  public static List<CertificateRequest> list(
      KubernetesClient client, Predicate<CertificateRequest> condition) {
    var found = new ArrayList<CertificateRequest>();
    ObjectList.forEach(
        client,
        PATH,
        json -> {
          var request = read(json).object();
          if (condition.test(request)) {
            found.add(request.withoutContent());
          }
        });
    return found;
  }

  private CertificateRequest request() {
    return new CertificateRequest(
        name,
        uid,
        resourceVersion,
        Timestamps.parse(created).orElse(Instant.EPOCH),
        signer,
        user,
        List.copyOf(groups),
        List.copyOf(usages),
        lifetime,
        request,
        deleted
            ? Optional.of(new Decision("Deleted", ""))
            : decision.or(
                () -> issued ? Optional.of(new Decision("Issued", "")) : Optional.empty()));
  }

  private void metadata(String field) throws IOException {
    switch (field) {
      case "name" -> name = text(MAX_TEXT);
      case "uid" -> uid = text(MAX_TEXT);
      case "resourceVersion" -> resourceVersion = text(MAX_TEXT);
      case "creationTimestamp" -> created = text(MAX_TEXT);
      case "deletionTimestamp" -> deleted = !text(MAX_TEXT).isEmpty();
      default -> json.skipChildren();
    }
  }

  private void spec(String field) throws IOException {
    switch (field) {
      case "signerName" -> signer = text(MAX_TEXT).intern();
      case "username" -> user = text(MAX_TEXT);
      case "groups" -> texts(groups);
      case "usages" -> texts(usages);
      case "expirationSeconds" -> {
        if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
          lifetime = Optional.of(Duration.ofSeconds(json.getLongValue()));
        }
      }
      case "request" -> request = isTooLong(MAX_REQUEST) ? "" : text(MAX_REQUEST);
      default -> json.skipChildren();
    }
  }

  private void status(String field) throws IOException {
    switch (field) {
      case "certificate" -> issued = isTooLong(0);
      case "conditions" -> conditions();
      default -> json.skipChildren();
    }
  }

  private void conditions() throws IOException {
    JsonWalk.list(json, this::condition);
  }

  private void condition() throws IOException {
    var condition = new String[] {"", ""};
    JsonWalk.object(
        json,
        field -> {
          switch (field) {
            case "type" -> condition[0] = text(MAX_TEXT);
            case "message" -> condition[1] = text(MAX_MESSAGE);
            default -> json.skipChildren();
          }
        });
    // A signer can fail after the approval.
    if (decision.isEmpty() || REJECTIONS.contains(condition[0])) {
      decision = Optional.of(new Decision(condition[0], condition[1]));
    }
  }

  private void texts(List<String> into) throws IOException {
    JsonWalk.list(
        json,
        () -> {
          var text = text(MAX_TEXT);
          if (into.size() < MAX_ITEMS) {
            into.add(text.intern());
          }
        });
  }

  private boolean isTooLong(int length) throws IOException {
    return json.currentToken() == JsonToken.VALUE_STRING && json.getTextLength() > length;
  }

  private String text(int length) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      json.skipChildren();
      return "";
    }
    var shown = Math.min(length, json.getTextLength());
    return new String(json.getTextCharacters(), json.getTextOffset(), shown);
  }
}
