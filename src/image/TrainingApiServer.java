import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * Keeps objects and tells who watches, like a Kubernetes API server, without knowing what they
 * mean: no schema, no defaults, no controllers. What controllers would write is given at the start,
 * or added in {@link #finish}.
 */
final class TrainingApiServer {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, ObjectNode> objects = new ConcurrentSkipListMap<>();
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private final WireServer server;
  private int version = 1;

  private record Watch(
      String collection, Map<String, String> query, WireServer.Response response) {}

  TrainingApiServer(SSLContext tls) throws IOException {
    server = new WireServer(tls, this::handle);
  }

  int port() {
    return server.port();
  }

  /** Creates or changes an object as somebody who is not the operator. */
  synchronized void put(String path, String json) {
    store(path, parse(json.getBytes(StandardCharsets.UTF_8)));
  }

  synchronized void change(String path, Consumer<ObjectNode> change) {
    var object = objects.get(path).deepCopy();
    change.accept(object);
    store(path, object);
  }

  synchronized void delete(String path) {
    publish("DELETED", path, objects.remove(path));
  }

  /** Ends all watches, as API servers do every few minutes. */
  synchronized void endWatches() {
    watches.forEach(watch -> watch.response().end());
    watches.clear();
  }

  synchronized ObjectNode get(String path) {
    return objects.get(path);
  }

  private void handle(WireServer.Request request, WireServer.Response response) {
    var parts = request.target().split("\\?", 2);
    var query =
        Arrays.stream((parts.length == 1 ? "" : parts[1]).split("&"))
            .map(pair -> (pair + "=").split("=", 3))
            .collect(
                Collectors.toMap(
                    pair -> pair[0], pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    synchronized (this) {
      if (query.getOrDefault("watch", "").equals("true")) {
        response.start(200, "application/json");
        watches.add(new Watch(parts[0], query, response));
        missed(parts[0], query, response);
        return;
      }
      var answer = answer(request, parts[0], query);
      if (answer.isNull()) {
        // Of a group that it does not have, an API server knows not even how to say so.
        response.start(404, "text/plain");
        response.write("404 page not found\n".getBytes(StandardCharsets.UTF_8));
      } else {
        response.start(answer.path("code").asInt(200), "application/json");
        response.write(answer.toString().getBytes(StandardCharsets.UTF_8));
      }
      response.end();
    }
  }

  private JsonNode answer(WireServer.Request request, String address, Map<String, String> query) {
    var path = address.replaceFirst("/(status|approval)$", "");
    return switch (request.method()) {
      case "GET" -> objects.containsKey(path) ? objects.get(path) : list(path, query);
      case "DELETE" -> {
        var object = objects.get(path);
        if (object == null) {
          yield notFound();
        }
        delete(path);
        yield object;
      }
      case "POST" -> {
        var object = parse(request.body());
        if (path.endsWith("reviews")) {
          yield allowed(object);
        }
        var metadata = object.withObjectProperty("metadata");
        if (!metadata.has("name")) {
          metadata.put("name", metadata.path("generateName").asText() + version);
        }
        yield store(path + "/" + metadata.path("name").asText(), object);
      }
      case "PUT" -> store(path, parse(request.body()));
      // A merge will do for an apply too: what is applied is always whole.
      case "PATCH" -> {
        var sent = parse(request.body());
        var object =
            objects.containsKey(path)
                ? merge(objects.get(path).deepCopy(), sent.deepCopy())
                : sent.deepCopy();
        if (request.headers().getOrDefault("content-type", "").contains("apply-patch")
            && path.equals(address)) {
          own(object, sent, query.get("fieldManager"));
        }
        yield store(path, object);
      }
      default -> throw new IllegalArgumentException(request.method());
    };
  }

  private JsonNode list(String path, Map<String, String> query) {
    var names = path.split("/");
    var group = names[1].equals("api") ? "" : names[2];
    if (group.contains(".") && !group.endsWith(".k8s.io") && !group.equals("metricsserver.dev")) {
      return JSON.nullNode();
    }
    if (objectPath(path)) {
      return notFound();
    }
    var list = JSON.createObjectNode().put("kind", "List").put("apiVersion", "v1");
    list.putObject("metadata").put("resourceVersion", Integer.toString(version));
    var items = list.putArray("items");
    objects.forEach((key, object) -> {
      if (matches(path, query, key)) {
        items.add(object);
      }
    });
    return list;
  }

  /** /api/v1/KIND/NAME, /apis/GROUP/VERSION/KIND/NAME, and both with /namespaces/NAMESPACE. */
  private static boolean objectPath(String path) {
    var rest = path.replaceFirst("^/(api/[^/]+|apis/[^/]+/[^/]+)/", "");
    return rest.replaceFirst("^namespaces/[^/]+/", "").contains("/");
  }

  private static boolean matches(String collection, Map<String, String> query, String key) {
    var kind = key.substring(0, key.lastIndexOf('/'));
    var name = query.getOrDefault("fieldSelector", "");
    return (kind.equals(collection)
            || kind.replaceFirst("/namespaces/[^/]+/", "/").equals(collection))
        && (name.isEmpty() || key.endsWith("/" + name.replaceFirst("^metadata.name=", "")));
  }

  private static JsonNode notFound() {
    return JSON.createObjectNode()
        .put("kind", "Status")
        .put("apiVersion", "v1")
        .put("status", "Failure")
        .put("reason", "NotFound")
        .put("message", "there is none")
        .put("code", 404);
  }

  private static ObjectNode allowed(ObjectNode review) {
    var status = review.putObject("status").put("allowed", true).put("incomplete", false);
    status.put("authenticated", true).putObject("user").put("username", "reader");
    status.putArray("nonResourceRules");
    var rule = status.putArray("resourceRules").addObject();
    rule.putArray("apiGroups").add("*");
    rule.putArray("resources").add("*");
    rule.putArray("verbs").add("*");
    return review;
  }

  private ObjectNode store(String path, ObjectNode object) {
    var before = objects.get(path);
    version++;
    var metadata = object.withObjectProperty("metadata");
    if (before == null) {
      metadata.put("uid", "00000000-0000-0000-0000-%012d".formatted(version));
      if (!metadata.has("creationTimestamp")) {
        metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
      }
    } else {
      metadata.set("uid", before.path("metadata").path("uid"));
    }
    if (before == null || !before.path("spec").equals(object.path("spec"))) {
      metadata.put("generation", version);
    }
    metadata.put("resourceVersion", Integer.toString(version));
    finish(object);
    objects.put(path, object);
    publish(before == null ? "ADDED" : "MODIFIED", path, object);
    return object;
  }

  /** What the controllers say when all goes well. */
  private static void finish(ObjectNode object) {
    switch (object.path("kind").asText()) {
      case "Deployment" -> {
        var replicas = object.path("spec").path("replicas");
        var status = object.putObject("status");
        status.set("observedGeneration", object.path("metadata").path("generation"));
        for (var field :
            List.of("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")) {
          status.set(field, replicas);
        }
      }
      case "APIService" ->
          object
              .putObject("status")
              .putArray("conditions")
              .addObject()
              .put("type", "Available")
              .put("status", "True")
              .put("reason", "Passed")
              .put("message", "all checks passed")
              .put("lastTransitionTime", "2026-01-01T00:00:00Z");
      default -> {}
    }
  }

  /** What changed between the list, or the last watch, and this one. */
  private void missed(String path, Map<String, String> query, WireServer.Response response) {
    var since = Integer.parseInt(query.getOrDefault("resourceVersion", "0"));
    objects.forEach((key, object) -> {
      if (matches(path, query, key)
          && object.path("metadata").path("resourceVersion").asInt() > since) {
        response.write(event("MODIFIED", object));
      }
    });
  }

  private static byte[] event(String type, ObjectNode object) {
    var event = JSON.createObjectNode().put("type", type).set("object", object);
    return (event + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private void publish(String type, String path, ObjectNode object) {
    var event = event(type, object);
    for (var watch : watches) {
      if (matches(watch.collection(), watch.query(), path)) {
        try {
          watch.response().write(event);
        } catch (UncheckedIOException e) {
          watches.remove(watch);
        }
      }
    }
  }

  /** Notes which fields were applied, for whoever compares them later. */
  private static void own(ObjectNode object, ObjectNode applied, String manager) {
    var fields = fields(applied);
    fields.remove(List.of("f:apiVersion", "f:kind"));
    ((ObjectNode) fields.path("f:metadata")).remove(List.of("f:name", "f:namespace"));
    var entry = object.withObjectProperty("metadata").putArray("managedFields").addObject();
    entry.put("manager", manager).put("operation", "Apply").put("fieldsType", "FieldsV1");
    entry.set("apiVersion", object.path("apiVersion"));
    entry.set("fieldsV1", fields);
  }

  /** Lists whose elements have names are owned element by element, others as a whole. */
  private static ObjectNode fields(JsonNode value) {
    var fields = JSON.createObjectNode();
    if (value.isObject()) {
      value.properties().forEach(e -> fields.set("f:" + e.getKey(), fields(e.getValue())));
    } else if (value.isArray()
        && !value.isEmpty()
        && value.valueStream().allMatch(v -> v.has("name"))) {
      value.forEach(element -> {
        var key = JSON.createObjectNode().put("name", element.path("name").asText());
        fields.set("k:" + key, fields(element).set(".", JSON.createObjectNode()));
      });
    }
    return fields;
  }

  private static ObjectNode merge(ObjectNode into, ObjectNode from) {
    new TreeMap<>(
            from.properties().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
        .forEach((name, value) -> {
          if (value.isNull()) {
            into.remove(name);
          } else if (value.isObject() && into.path(name).isObject()) {
            merge((ObjectNode) into.get(name), (ObjectNode) value);
          } else {
            into.set(name, value);
          }
        });
    return into;
  }

  private static ObjectNode parse(byte[] json) {
    try {
      return (ObjectNode) JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
