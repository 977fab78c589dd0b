package dev.metricsserver.mock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.crud.Attribute;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.vertx.HttpServerRequestHandler;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A cluster in memory, for what no real one does on demand: errors, lost answers and broken
 * watches; and for the training run of the image's class cache, which has no real one. The API
 * server of kubernetes-server-mock stores objects without schema, defaults and controllers. Added
 * here are HTTP/2, server-side apply, watches without WebSockets, access reviews, faults, and the
 * status that controllers would write.
 */
public final class MockCluster extends KubernetesCrudDispatcher implements AutoCloseable {

  private static final Pattern NAME = Pattern.compile("fieldSelector=metadata[.]name=([^&]+)");
  private static final String APPLY = "application/apply-patch+yaml";
  private static final String DRY_RUN = "dryRun=All";

  private static final SelfSignedCertificate CERTIFICATE =
      SelfSignedCertificate.create("localhost");

  /** Answers a request in place of the cluster. */
  @FunctionalInterface
  public interface Fault {
    /** Returns whether it answered the request, or made it fail. */
    boolean answers(HttpServerRequest request);
  }

  /** One change of an object. */
  private record Event(long version, AttributeSet attributes, String json) {}

  /** A request that gets each change of what it selects; it is written to on its own thread. */
  private record Watch(HttpServerRequest request, Context thread) {}

  private final List<Event> events = new ArrayList<>();
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final String scheme;
  private volatile Fault fault = _ -> false;

  /** Starts the API server on a free port of the loopback address, with TLS. */
  public MockCluster() {
    this(true);
  }

  private MockCluster(boolean tls) {
    scheme = tls ? "https" : "http";
    var requests =
        new HttpServerRequestHandler(vertx) {
          @Override
          protected MockResponse onHttpRequest(RecordedRequest request) {
            return dispatch(request);
          }
        };
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setSsl(tls)
                    .setUseAlpn(tls)
                    .setHttp2ClearTextEnabled(false)
                    .setKeyCertOptions(CERTIFICATE.keyCertOptions()))
            .requestHandler(request -> {
              if (fault.answers(request)) {
                return;
              }
              if (request.getParam("watch") == null) {
                requests.handle(request);
              } else {
                watch(request);
              }
            })
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  /**
   * Starts a cluster with two Ready nodes, a MetricsServerConfig and a metrics API that answers as
   * soon as metrics-server is installed.
   */
  public static MockCluster healthy() {
    return new MockCluster().seeded();
  }

  /**
   * Starts a cluster like {@link #healthy} whose API server speaks no TLS: a handshake takes more
   * processor time than all else that a command does. Its nodes have no addresses: commands wait
   * for kubelets only a short time, so on a busy machine their output would not always be the same.
   */
  public static MockCluster healthyWithoutTls() {
    return withoutTls().seeded();
  }

  /** Starts an API server that speaks no TLS. */
  public static MockCluster withoutTls() {
    return new MockCluster(false);
  }

  private MockCluster seeded() {
    seed();
    return this;
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** Returns the port; the host is {@code localhost}. */
  public int port() {
    return server.actualPort();
  }

  private String url() {
    return "%s://localhost:%d".formatted(scheme, port());
  }

  /** Returns the PEM file with the certificate that the API server presents. */
  public static Path certificate() {
    return Path.of(CERTIFICATE.certificatePath());
  }

  /**
   * Writes a kubeconfig for this cluster.
   *
   * @param token of the user; requests carry it
   */
  public Path kubeconfig(Path file, String token) {
    try {
      return Files.writeString(
          file,
          """
          apiVersion: v1
          kind: Config
          current-context: mock
          contexts: [{name: mock, context: {cluster: mock, user: user}}]
          clusters: [{name: mock, cluster: {server: "%s", certificate-authority: %s}}]
          users: [{name: user, user: {token: %s}}]
          """
              .formatted(url(), certificate(), token));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a client of a cluster without TLS that does not repeat a request. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }

  /** Answers a request with JSON. */
  public static void answer(HttpServerRequest request, int code, String json) {
    request.response().setStatusCode(code).putHeader("Content-Type", "application/json").end(json);
  }

  /**
   * Returns the verb and the resource of a request, for example {@code PATCH deployments}; where it
   * is about no resource, the verb and the path.
   */
  public static String call(HttpServerRequest request) {
    var parts = request.path().replaceFirst("/namespaces/[^/]+(?=/)", "").split("/", -1);
    var place = parts[1].equals("api") ? 3 : 4;
    var resource = parts.length <= place ? request.path() : parts[place];
    var verb = request.getParam("watch") == null ? request.method().name() : "WATCH";
    var status = request.path().endsWith("/status") ? "/status" : "";
    return verb + " " + resource + status;
  }

  /** Lets a fault answer the requests that it wants to, from now on. */
  public void fail(Fault wanted) {
    fault = wanted;
  }

  /** Creates an object in a collection, for example {@code /api/v1/nodes}. */
  public void create(String collection, String json) {
    check(handleCreate(request(HttpMethod.POST, collection, json)));
  }

  /** Changes a label of an object, as a user would. */
  public void label(String path, String name, String value) {
    change(
        path, o -> o.withObjectProperty("metadata").withObjectProperty("labels").put(name, value));
  }

  /** Changes an object, as a user would. */
  public void change(String path, Consumer<ObjectNode> change) {
    MockResponse response;
    do {
      var object = get(path).orElseThrow();
      change.accept(object);
      response = handleUpdate(request(HttpMethod.PUT, path, object.toString()));
    } while (response.code() == HttpURLConnection.HTTP_CONFLICT);
    check(response);
  }

  /** Returns the paths of all objects with a label. */
  public List<String> paths(String label, String value) {
    var query = new AttributeSet(new Attribute("labels:" + label, value));
    synchronized (map) {
      return map.keySet().stream()
          .filter(key -> key.matches(query))
          .map(MockCluster::path)
          .toList();
    }
  }

  private static String path(AttributeSet key) {
    var api = key.containsKey("api") ? "/apis/" + value(key, "api") : "/api";
    var namespace = key.containsKey("namespace") ? "/namespaces/" + value(key, "namespace") : "";
    return "%s/%s%s/%s/%s"
        .formatted(api, value(key, "version"), namespace, value(key, "plural"), value(key, "name"));
  }

  private static String value(AttributeSet key, String name) {
    return key.getAttribute(name).getValues().getFirst().toString();
  }

  private static void check(MockResponse response) {
    if (response.code() >= 400) {
      throw new IllegalStateException(response.toString());
    }
  }

  /** Returns an object by its path, for example {@code /api/v1/nodes/node1}. */
  public Optional<ObjectNode> get(String path) {
    synchronized (map) {
      return Optional.ofNullable(findResource(getKey(path)))
          .map(Map.Entry::getValue)
          .map(MockCluster::parse);
    }
  }

  private static RecordedRequest request(HttpMethod method, String path, String json) {
    return new RecordedRequest(
        "HTTP_2",
        method,
        path,
        Headers.builder().build(),
        new Buffer(json.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public MockResponse handleCreate(RecordedRequest request) {
    if (request.getPath().contains(DRY_RUN)) {
      return answer(201, request.getUtf8Body());
    }
    return request.getPath().endsWith("reviews")
        ? answer(201, allowed(parse(request.getUtf8Body())).toString())
        : alone(() -> super.handleCreate(request));
  }

  @Override
  public MockResponse handleUpdate(RecordedRequest request) {
    return request.getPath().contains(DRY_RUN)
        ? answer(200, request.getUtf8Body())
        : alone(() -> super.handleUpdate(request));
  }

  @Override
  public MockResponse handleDelete(String path) {
    return alone(() -> super.handleDelete(path));
  }

  @Override
  public MockResponse handleGet(String path) {
    if (path.equals("/version")) {
      return answer(200, "{\"major\": \"1\", \"minor\": \"35\", \"gitVersion\": \"v1.35.4\"}");
    }
    return getKey(path.replaceFirst("[?].*", "")).containsKey("name")
        ? alone(() -> super.handleGet(path))
        : list(path);
  }

  /**
   * Runs one request at a time: the mock updates an object by removing it and storing it again, and
   * readers would miss it meanwhile.
   */
  private MockResponse alone(Supplier<MockResponse> request) {
    synchronized (map) {
      return request.get();
    }
  }

  /** The mock itself does not know every selector. Of labels the operator selects all there are. */
  private MockResponse list(String path) {
    var list = JsonNodeFactory.instance.objectNode().put("kind", "List");
    list.put("apiVersion", "v1");
    list.putObject("metadata").put("resourceVersion", Long.toString(requestResourceVersion()));
    var items = list.putArray("items");
    synchronized (map) {
      map.forEach((attributes, json) -> {
        if (matches(path, attributes)) {
          items.add(parse(json));
        }
      });
    }
    return answer(200, list.toString());
  }

  private boolean matches(String target, AttributeSet attributes) {
    var uri = URI.create(target);
    var name = NAME.matcher(String.valueOf(uri.getQuery()));
    var query = getKey(uri.getPath());
    return attributes.matches(
        name.find() ? query.add(new Attribute("name", name.group(1))) : query);
  }

  /** An applied object replaces the previous one, because one manager applies all of it. */
  @Override
  public MockResponse handlePatch(RecordedRequest request) {
    return alone(() -> patch(request));
  }

  private MockResponse patch(RecordedRequest request) {
    if (!APPLY.equals(request.getHeader("Content-Type"))) {
      return super.handlePatch(request);
    }
    var path = request.getPath().replaceFirst("[?].*", "");
    var applied = parse(request.getUtf8Body());
    var current = get(path);
    if (request.getPath().contains(DRY_RUN)) {
      return answer(200, applied.toString());
    }
    own(applied, applied.deepCopy());
    MockResponse response;
    if (current.isEmpty()) {
      var collection = path.replaceFirst("/[^/]+$", "");
      response = handleCreate(request(HttpMethod.POST, collection, applied.toString()));
    } else if (path.endsWith("/status")) {
      current.get().set("status", applied.path("status"));
      response = handleUpdate(request(HttpMethod.PUT, path, current.get().toString()));
    } else {
      response = handleUpdate(request(HttpMethod.PUT, path, applied.toString()));
    }
    return response.code() < 400 ? answer(200, get(path).orElseThrow().toString()) : response;
  }

  /** Sends the changes since the version that the client has seen, and all later ones. */
  private void watch(HttpServerRequest request) {
    var since = Long.parseLong(request.getParam("resourceVersion", "0"));
    var watch = new Watch(request, vertx.getOrCreateContext());
    request.response().setChunked(true).putHeader("Content-Type", "application/json").write("");
    request.response().closeHandler(_ -> watches.remove(watch));
    synchronized (events) {
      events.stream().filter(event -> event.version() > since).forEach(event -> send(watch, event));
      watches.add(watch);
    }
  }

  private void send(Watch watch, Event event) {
    if (matches(watch.request().uri(), event.attributes())) {
      write(watch, response -> response.write(event.json() + "\n"));
    }
  }

  private static void write(Watch watch, Consumer<HttpServerResponse> write) {
    var response = watch.request().response();
    watch
        .thread()
        .runOnContext(_ -> {
          if (!response.ended() && !response.closed()) {
            write.accept(response);
          }
        });
  }

  /** Ends all watches, as API servers do every few minutes. */
  public void endWatches() {
    watches.forEach(watch -> write(watch, HttpServerResponse::end));
    watches.clear();
  }

  @Override
  public void processEvent(
      String path,
      AttributeSet query,
      AttributeSet previous,
      GenericKubernetesResource resource,
      String json) {
    var object = parse(json == null ? map.get(previous) : json);
    finish(object);
    super.processEvent(path, query, previous, resource, json == null ? null : object.toString());
    var version =
        json == null ? requestResourceVersion() : object.at("/metadata/resourceVersion").asLong();
    object.withObjectProperty("metadata").put("resourceVersion", Long.toString(version));
    var change =
        JsonNodeFactory.instance
            .objectNode()
            .put("type", json == null ? "DELETED" : previous == null ? "ADDED" : "MODIFIED");
    change.set("object", object);
    var event =
        new Event(
            version,
            json == null ? previous : new ArrayList<>(map.keySet()).getLast(),
            change.toString());
    synchronized (events) {
      events.add(event);
      watches.forEach(watch -> send(watch, event));
    }
  }

  private static MockResponse answer(int code, String json) {
    return new MockResponse()
        .setResponseCode(code)
        .setHeader("Content-Type", "application/json")
        .setBody(json);
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

  /** What the controllers write when all goes well. */
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
      case "APIService" -> condition(object, "Available");
      case "CustomResourceDefinition" -> condition(object, "Established");
      default -> {}
    }
  }

  private static void condition(ObjectNode object, String type) {
    object
        .putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", type)
        .put("status", "True")
        .put("reason", "Passed")
        .put("message", "all checks passed")
        .put("lastTransitionTime", "2026-01-01T00:00:00Z");
  }

  /** Records which fields the operator owns; its comparison with the server's object needs it. */
  private static void own(ObjectNode object, ObjectNode applied) {
    var fields = fields(applied);
    fields.remove(List.of("f:apiVersion", "f:kind"));
    ((ObjectNode) fields.path("f:metadata")).remove(List.of("f:name", "f:namespace"));
    var entry = object.withObjectProperty("metadata").putArray("managedFields").addObject();
    entry.put("manager", "metrics-server-operator").put("operation", "Apply");
    entry.put("fieldsType", "FieldsV1").set("apiVersion", object.path("apiVersion"));
    entry.set("fieldsV1", fields);
  }

  /** Lists whose elements have names are owned element by element, others as a whole. */
  private static ObjectNode fields(JsonNode value) {
    var fields = JsonNodeFactory.instance.objectNode();
    if (value.isObject()) {
      value.properties().forEach(e -> fields.set("f:" + e.getKey(), fields(e.getValue())));
    } else if (value.isArray()
        && !value.isEmpty()
        && value.valueStream().allMatch(v -> v.has("name"))) {
      value.forEach(element -> {
        var key = JsonNodeFactory.instance.objectNode();
        key.set("name", element.path("name"));
        fields.set("k:" + key, fields(element).set(".", JsonNodeFactory.instance.objectNode()));
      });
    }
    return fields;
  }

  private static ObjectNode parse(String json) {
    return Serialization.unmarshal(json, ObjectNode.class);
  }

  /** Two nodes, and metrics-server's pods as they are once its Deployment exists. */
  private void seed() {
    create(
        "/apis/metricsserver.dev/v1beta1/metricsserverconfigs",
        """
        {"apiVersion": "metricsserver.dev/v1beta1", "kind": "MetricsServerConfig",
         "metadata": {"name": "cluster"}, "spec": {}, "status": {"observedGeneration": -1}}\
        """);
    create(
        "/api/v1/namespaces",
        """
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"},
         "status": {"phase": "Active"}}\
        """);
    create(
        "/api/v1/namespaces/default/services",
        """
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "kubernetes", "namespace": "default"},
         "spec": {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
                  "ports": [{"name": "https", "port": 443, "protocol": "TCP"}]}}\
        """);
    slice("default", "kubernetes", "172.30.0.10", 6443);
    slice("kube-system", "metrics-server", "127.0.0.1", 10250);
    for (var number : List.of(1, 2)) {
      node(number);
    }
  }

  private void node(int number) {
    create(
        "/api/v1/nodes",
        """
        {"apiVersion": "v1", "kind": "Node",
         "metadata": {"name": "node%1$d",
                      "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": "node%1$d"}},
         "spec": {"podCIDR": "10.244.%1$d.0/24", "podCIDRs": ["10.244.%1$d.0/24"]},
         "status": {"addresses": [%3$s],
                    "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": %2$d}},
                    "nodeInfo": {"osImage": "Linux", "kubeletVersion": "v1.35.4",
                                 "operatingSystem": "linux", "architecture": "amd64"},
                    "images": [{"names": ["registry.example.com/image:1"], "sizeBytes": 1}]}}\
        """
            .formatted(number, port(), addresses(number)));
    create(
        "/apis/metrics.k8s.io/v1beta1/nodes",
        """
        {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics",
         "metadata": {"name": "node%d"}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
         "usage": {"cpu": "1n", "memory": "1Ki"}}\
        """
            .formatted(number));
    create(
        "/api/v1/namespaces/kube-system/pods",
        """
        {"apiVersion": "v1", "kind": "Pod",
         "metadata": {"name": "metrics-server-%1$d", "namespace": "kube-system",
                      "labels": {"k8s-app": "metrics-server"}},
         "spec": {"nodeName": "node%1$d",
                  "containers": [{"name": "metrics-server", "image": "metrics-server"}]},
         "status": {"phase": "Running",
                    "conditions": [{"type": "Ready", "status": "True",
                                    "lastTransitionTime": "2026-01-01T00:00:00Z"}],
                    "containerStatuses": [
                      {"name": "metrics-server", "ready": true, "restartCount": 0,
                       "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}}\
        """
            .formatted(number));
  }

  private String addresses(int node) {
    return scheme.equals("https")
        ? """
        {"type": "InternalIP", "address": "127.0.0.1"},
        {"type": "Hostname", "address": "node%d"}\
        """
            .formatted(node)
        : "";
  }

  private void slice(String namespace, String service, String address, int port) {
    create(
        "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices".formatted(namespace),
        """
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": "%2$s", "namespace": "%1$s",
                      "labels": {"kubernetes.io/service-name": "%2$s"}},
         "endpoints": [{"addresses": ["%3$s"], "conditions": {"ready": true}}],
         "ports": [{"name": "https", "port": %4$d, "protocol": "TCP"}]}\
        """
            .formatted(namespace, service, address, port));
  }
}
