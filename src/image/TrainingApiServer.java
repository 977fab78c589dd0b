import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Just enough of a Kubernetes API server for one life of the operator, so that its class cache can
 * be made where the image is built: it starts the operator, lets it install, repair and stop, and
 * ends with the operator's exit status. It keeps what is applied, echoes it, and pushes it to
 * whoever watches, over TLS and WebSockets as a real one does.
 *
 * <p>{@code java TrainingApiServer.java KEYSTORE PASSWORD PORT COMMAND...}
 */
final class TrainingApiServer {

  private static final int PATIENCE_SECONDS = 120;
  private static final String MANAGER = "metrics-server-operator";
  private static final Pattern WATCH_NAME = Pattern.compile("metadata\\.name(?:=|%3D)([^&]+)");

  private final Map<String, Map<String, Object>> objects = new ConcurrentHashMap<>();
  private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
  private final AtomicLong version = new AtomicLong(1);

  private record Watcher(String collection, String name, OutputStream out) {}

  private record Request(String method, String target, Map<String, String> headers, String body) {
    String path() {
      return target.contains("?") ? target.substring(0, target.indexOf('?')) : target;
    }
  }

  public static void main(String[] args) throws Exception {
    var server = new TrainingApiServer();
    server.listen(args[0], args[1], Integer.parseInt(args[2]));
    server.populate();
    System.exit(server.train(List.of(args).subList(3, args.length)));
  }

  // ------------------------------------------------------------------------------------ training

  private int train(List<String> command) throws Exception {
    var ready = new CountDownLatch(1);
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread.ofPlatform()
        .start(() -> {
          try (var lines =
              new BufferedReader(
                  new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
              System.out.println(line);
              if (line.contains("Ready=True")) {
                ready.countDown();
              }
            }
          } catch (IOException e) {
            System.out.println(e);
          }
        });
    if (!ready.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      System.out.println("The operator was not Ready after " + PATIENCE_SECONDS + " s.");
      process.destroyForcibly();
      return 1;
    }
    disturb();
    // Not Process.destroy, which would close the pipe that the cache's maker still writes to. It
    // takes a while.
    process.toHandle().destroy();
    return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) ? process.exitValue() : 1;
  }

  /** What people do to the objects: the repair is part of the life. */
  private void disturb() throws InterruptedException {
    for (var path : List.copyOf(objects.keySet())) {
      if (!path.contains("metrics-server")
          || path.contains("/leases/")
          || path.contains("/pods/")) {
        continue;
      }
      var changed = copy(objects.get(path));
      child(changed, "metadata").put("labels", new LinkedHashMap<>());
      store(path, changed, "MODIFIED");
      TimeUnit.MILLISECONDS.sleep(200);
      publish(path, objects.remove(path), "DELETED");
      TimeUnit.MILLISECONDS.sleep(200);
    }
  }

  // ------------------------------------------------------------------------------------- the
  // cluster

  private void populate() {
    put(
        "/apis/metricsserver.dev/v1alpha1/metricsserverconfigs/cluster",
        """
        {"apiVersion":"metricsserver.dev/v1alpha1","kind":"MetricsServerConfig","metadata":{"name":"cluster"},
        "spec":{"namespace":"kube-system","metricResolution":"15s","kubelet":{"tls":{"mode":"Insecure"}}},
        "status":{"observedGeneration":-1}}
        """);
    for (var node : List.of("1", "2")) {
      put(
          "/api/v1/nodes/node" + node,
          """
          {"apiVersion":"v1","kind":"Node","metadata":{"name":"node%1$s","labels":{"kubernetes.io/os":"linux"}},
          "spec":{"podCIDR":"10.244.%1$s.0/24","podCIDRs":["10.244.%1$s.0/24"]},
          "status":{"addresses":[{"type":"InternalIP","address":"172.30.1.%1$s"},{"type":"Hostname","address":"node%1$s"}],
          "conditions":[{"type":"Ready","status":"True"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}},
          "nodeInfo":{"osImage":"Linux","kubeletVersion":"v1.35.0","operatingSystem":"linux"}}}
          """
              .formatted(node));
      put(
          "/api/v1/namespaces/kube-system/pods/metrics-server-" + node,
          """
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"metrics-server-%1$s","namespace":"kube-system",
          "labels":{"k8s-app":"metrics-server"}},"spec":{"nodeName":"node%1$s","containers":[]},
          "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True",
          "lastTransitionTime":"2026-01-01T00:00:00Z"}],"containerStatuses":[{"name":"metrics-server","ready":true,
          "state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}}}]}}
          """
              .formatted(node));
    }
    put(
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes",
        slice("default", "kubernetes", "172.30.1.1", 6443));
    put(
        "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/metrics-server-1",
        slice("kube-system", "metrics-server", "10.244.1.2", 10250));
    put(
        "/api/v1/namespaces/default/services/kubernetes",
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"kubernetes","namespace":"default"},
        "spec":{"clusterIP":"10.96.0.1","clusterIPs":["10.96.0.1"],"ports":[{"port":443,"protocol":"TCP"}]}}
        """);
    put(
        "/api/v1/namespaces/kube-system",
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"kube-system\"}}");
  }

  private static String slice(String namespace, String service, String address, int port) {
    return """
    {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
    "metadata":{"name":"%2$s","namespace":"%1$s","labels":{"kubernetes.io/service-name":"%2$s"}},
    "endpoints":[{"addresses":["%3$s"],"conditions":{"ready":true}}],
    "ports":[{"name":"https","port":%4$d,"protocol":"TCP"}]}
    """
        .formatted(namespace, service, address, port);
  }

  private void put(String path, String json) {
    store(path, object(Json.parse(json)), "ADDED");
  }

  private void store(String path, Map<String, Object> object, String event) {
    var metadata = child(object, "metadata");
    metadata.putIfAbsent("uid", "00000000-0000-0000-0000-%012d".formatted(version.get()));
    metadata.putIfAbsent("generation", 1L);
    metadata.putIfAbsent("creationTimestamp", "2026-01-01T00:00:00Z");
    metadata.put("resourceVersion", Long.toString(version.incrementAndGet()));
    switch ((String) object.get("kind")) {
      case "Deployment" ->
          object.put(
              "status",
              Json.parse(
                  "{\"observedGeneration\":1,\"replicas\":2,\"updatedReplicas\":2,\"availableReplicas\":2,\"conditions\":[]}"));
      case "APIService" ->
          object.put(
              "status",
              Json.parse(
                  "{\"conditions\":[{\"type\":\"Available\",\"status\":\"True\",\"reason\":\"Passed\",\"message\":\"all"
                      + " checks passed\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}"));
      default -> {}
    }
    objects.put(path, object);
    publish(path, object, event);
  }

  private void publish(String path, Map<String, Object> object, String type) {
    var event = new LinkedHashMap<String, Object>();
    event.put("type", type);
    event.put("object", object);
    var name = path.substring(path.lastIndexOf('/') + 1);
    for (var watcher : watchers) {
      if (watcher.collection().equals(collection(path))
          && (watcher.name() == null || watcher.name().equals(name))) {
        send(watcher, Json.text(event));
      }
    }
  }

  /** The path of all objects of a kind, in whatever namespace. */
  private static String collection(String objectPath) {
    return allNamespaces(objectPath.substring(0, objectPath.lastIndexOf('/')));
  }

  private static String allNamespaces(String path) {
    return path.replaceFirst("/namespaces/[^/]+(?=/)", "");
  }

  // ----------------------------------------------------------------------------------------
  // answers

  private String answer(Request request) {
    var path = request.path();
    return switch (request.method()) {
      case "GET" -> get(request, path);
      case "POST" -> post(request, path);
      case "PATCH", "PUT" -> write(request, path);
      case "DELETE" -> {
        var gone = objects.remove(path);
        if (gone != null) {
          publish(path, gone, "DELETED");
        }
        yield response(200, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}");
      }
      default -> notFound();
    };
  }

  private String get(Request request, String path) {
    if (path.equals("/version")) {
      return response(200, "{\"major\":\"1\",\"minor\":\"35\",\"gitVersion\":\"v1.35.0\"}");
    }
    if (path.equals("/apis/metrics.k8s.io/v1beta1/nodes")) {
      return response(
          200,
          """
          {"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[
          {"metadata":{"name":"node1"},"timestamp":"2026-01-01T00:00:00Z","window":"10s","usage":{"cpu":"1n","memory":"1Ki"}},
          {"metadata":{"name":"node2"},"timestamp":"2026-01-01T00:00:00Z","window":"10s","usage":{"cpu":"1n","memory":"1Ki"}}]}
          """);
    }
    var object = objects.get(path);
    if (object != null) {
      return response(200, Json.text(object));
    }
    var leaf = path.substring(path.lastIndexOf('/') + 1);
    if (path.contains("cilium.io")
        || path.contains("/leases/")
        || path.contains("/namespaces/" + leaf)) {
      return notFound();
    }
    return list(request, path);
  }

  private String list(Request request, String path) {
    var items = new ArrayList<>();
    var name = watchedName(request);
    new TreeMap<>(objects)
        .forEach((key, value) -> {
          if (collection(key).equals(allNamespaces(path))
              && (name == null || key.endsWith("/" + name))) {
            items.add(value);
          }
        });
    var list = new LinkedHashMap<String, Object>();
    list.put("kind", "List");
    list.put("apiVersion", "v1");
    list.put("metadata", Map.of("resourceVersion", version.toString()));
    list.put("items", items);
    return response(200, Json.text(list));
  }

  private String post(Request request, String path) {
    var object = object(Json.parse(request.body()));
    if (path.endsWith("/selfsubjectrulesreviews")) {
      object.put(
          "status",
          Json.parse(
              """
              {"incomplete":false,"nonResourceRules":[],"resourceRules":[{"apiGroups":["coordination.k8s.io"],
              "resources":["leases"],"verbs":["create","get","update","patch"]}]}
              """));
      return response(201, Json.text(object));
    }
    var metadata = child(object, "metadata");
    metadata.putIfAbsent("name", "generated-" + version.get());
    store(path + "/" + metadata.get("name"), object, "ADDED");
    return response(201, Json.text(object));
  }

  private String write(Request request, String path) {
    var status = path.endsWith("/status");
    var target = status ? path.substring(0, path.length() - "/status".length()) : path;
    var before = objects.get(target);
    var object = object(Json.parse(request.body()));
    if (before != null && (status || !request.target().contains("fieldManager="))) {
      // A merge is enough: what is applied is whole, what is patched is small.
      object = merge(copy(before), object);
    }
    if (request.target().contains("fieldManager=") && !status) {
      child(object, "metadata").put("managedFields", managedFields(object));
      if (before != null) {
        child(object, "metadata").put("uid", child(before, "metadata").get("uid"));
      }
    }
    store(target, object, before == null ? "ADDED" : "MODIFIED");
    return response(200, Json.text(object));
  }

  private static List<Object> managedFields(Map<String, Object> object) {
    var fields = new LinkedHashMap<String, Object>();
    object.forEach((key, value) -> {
      if (!key.equals("apiVersion") && !key.equals("kind")) {
        fields.put("f:" + key, owned(key, value));
      }
    });
    var entry = new LinkedHashMap<String, Object>();
    entry.put("manager", MANAGER);
    entry.put("operation", "Apply");
    entry.put("apiVersion", object.get("apiVersion"));
    entry.put("fieldsType", "FieldsV1");
    entry.put("fieldsV1", fields);
    return List.of(entry);
  }

  /** Lists as a whole: the real ones differ by kind, the code that compares is the same. */
  private static Object owned(String key, Object value) {
    var fields = new LinkedHashMap<String, Object>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((k, v) -> {
        if (!(key.equals("metadata") && (k.equals("name") || k.equals("namespace")))) {
          fields.put("f:" + k, owned((String) k, v));
        }
      });
    }
    return fields;
  }

  private static String notFound() {
    return response(
        404,
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"not"
            + " found\",\"reason\":\"NotFound\",\"code\":404}");
  }

  private static String response(int code, String json) {
    return "HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(code, json.getBytes(StandardCharsets.UTF_8).length, json);
  }

  // --------------------------------------------------------------------------------------------
  // wire

  private void listen(String keystore, String password, int port) throws Exception {
    var keys = KeyStore.getInstance("PKCS12");
    try (var file = new FileInputStream(keystore)) {
      keys.load(file, password.toCharArray());
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password.toCharArray());
    var tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    var socket = tls.getServerSocketFactory().createServerSocket(port);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (true) {
            try {
              var connection = socket.accept();
              Thread.ofPlatform().daemon().start(() -> serve(connection));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new BufferedInputStream(connection.getInputStream());
      var out = connection.getOutputStream();
      for (var request = read(in); request != null; request = read(in)) {
        if ("websocket".equalsIgnoreCase(request.headers().get("upgrade"))) {
          watch(request, in, out);
          return;
        }
        out.write(answer(request).getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (Exception e) {
      // The operator closed the connection, or the training is over.
    }
  }

  private void watch(Request request, InputStream in, OutputStream out) throws Exception {
    var key = request.headers().get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    var accept =
        Base64.getEncoder()
            .encodeToString(
                MessageDigest.getInstance("SHA-1").digest(key.getBytes(StandardCharsets.US_ASCII)));
    out.write(
        "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
            .formatted(accept)
            .getBytes(StandardCharsets.US_ASCII));
    out.flush();
    var watcher = new Watcher(allNamespaces(request.path()), watchedName(request), out);
    watchers.add(watcher);
    // Held open until the other side goes; what it says is of no interest.
    while (in.read() >= 0) {}
    watchers.remove(watcher);
  }

  private static String watchedName(Request request) {
    var matcher = WATCH_NAME.matcher(request.target());
    return matcher.find() ? matcher.group(1).replace("%3A", ":") : null;
  }

  private void send(Watcher watcher, String text) {
    var payload = text.getBytes(StandardCharsets.UTF_8);
    synchronized (watcher.out()) {
      try {
        watcher.out().write(0x81);
        if (payload.length < 126) {
          watcher.out().write(payload.length);
        } else {
          watcher.out().write(126);
          watcher.out().write(payload.length >> 8);
          watcher.out().write(payload.length);
        }
        watcher.out().write(payload);
        watcher.out().flush();
      } catch (IOException e) {
        watchers.remove(watcher);
      }
    }
  }

  private static Request read(InputStream in) throws IOException {
    var first = line(in);
    if (first == null || first.isEmpty()) {
      return null;
    }
    var headers = new LinkedHashMap<String, String>();
    for (var line = line(in); line != null && !line.isEmpty(); line = line(in)) {
      var colon = line.indexOf(':');
      headers.put(line.substring(0, colon).toLowerCase(), line.substring(colon + 1).strip());
    }
    var words = first.split(" ");
    return new Request(words[0], words[1], headers, body(in, headers));
  }

  private static String body(InputStream in, Map<String, String> headers) throws IOException {
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      var body = new StringBuilder();
      for (var size = size(in); size > 0; size = size(in)) {
        body.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
        line(in);
      }
      line(in);
      return body.toString();
    }
    var length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    return new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  private static int size(InputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        return line.isEmpty() ? null : line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  // --------------------------------------------------------------------------------------------
  // JSON

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  private static Map<String, Object> child(Map<String, Object> parent, String name) {
    return object(parent.computeIfAbsent(name, n -> new LinkedHashMap<String, Object>()));
  }

  private static Map<String, Object> copy(Map<String, Object> value) {
    return object(Json.parse(Json.text(value)));
  }

  private static Map<String, Object> merge(Map<String, Object> base, Map<String, Object> patch) {
    patch.forEach((key, value) -> {
      if (value instanceof Map<?, ?> && base.get(key) instanceof Map<?, ?>) {
        merge(object(base.get(key)), object(value));
      } else if (value != null) {
        base.put(key, value);
      }
    });
    return base;
  }

  /** The JDK has no JSON; this one trusts its input. */
  private static final class Json {
    private final String text;
    private int at;

    private Json(String text) {
      this.text = text;
    }

    static Object parse(String text) {
      return new Json(text).value();
    }

    private char next() {
      while (Character.isWhitespace(text.charAt(at))
          || text.charAt(at) == ','
          || text.charAt(at) == ':') {
        at++;
      }
      return text.charAt(at);
    }

    private Object value() {
      return switch (next()) {
        case '{' -> {
          at++;
          var map = new LinkedHashMap<String, Object>();
          while (next() != '}') {
            var key = string();
            map.put(key, value());
          }
          at++;
          yield map;
        }
        case '[' -> {
          at++;
          var list = new ArrayList<>();
          while (next() != ']') {
            list.add(value());
          }
          at++;
          yield list;
        }
        case '"' -> string();
        default -> {
          var start = at;
          while (",]} \n\r".indexOf(text.charAt(at)) < 0) {
            at++;
          }
          var word = text.substring(start, at);
          yield switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            default -> Long.parseLong(word);
          };
        }
      };
    }

    private String string() {
      next();
      var string = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        if (text.charAt(at) != '\\') {
          string.append(text.charAt(at));
          continue;
        }
        at++;
        switch (text.charAt(at)) {
          case 'n' -> string.append('\n');
          case 't' -> string.append('\t');
          case 'r' -> string.append('\r');
          case 'u' -> {
            string.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
            at += 4;
          }
          default -> string.append(text.charAt(at));
        }
      }
      at++;
      return string.toString();
    }

    static String text(Object value) {
      return switch (value) {
        case null -> "null";
        case Map<?, ?> map -> {
          var parts = new ArrayList<String>();
          map.forEach((k, v) -> parts.add(text(k) + ":" + text(v)));
          yield "{" + String.join(",", parts) + "}";
        }
        case List<?> list -> "[" + String.join(",", list.stream().map(Json::text).toList()) + "]";
        case String s ->
            '"'
                + s.replace("\\", "\\\\")
                    .replace("\"", "\\\"")
                    .replace("\n", "\\n")
                    .replace("\r", "\\r")
                    .replace("\t", "\\t")
                + '"';
        default -> value.toString();
      };
    }
  }
}
