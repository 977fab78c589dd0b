import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * One life of the operator, so that its cache of classes can be made: it starts, leads, installs,
 * is Ready, repairs what others change, is asked for its health, and stops. Fails when it does not
 * do so.
 *
 * <p>{@code java Training.java KEYSTORE PASSWORD COMMAND...}
 */
final class Training {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String METRICS_SERVER = "namespaces/kube-system/%s/metrics-server";

  /**
   * What is repaired, one object of each form: a list of rules, one by name, pods, a registration.
   */
  private static final List<String> REPAIRED =
      List.of(
          "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:metrics-server",
          "/api/v1/" + METRICS_SERVER.formatted("services"),
          "/apis/apps/v1/" + METRICS_SERVER.formatted("deployments"),
          "/apis/networking.k8s.io/v1/namespaces/kube-system/networkpolicies/metrics-server-netpol",
          "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");

  private final TrainingApiServer server;
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private Training(TrainingApiServer server) {
    this.server = server;
  }

  public static void main(String[] arguments) throws Exception {
    var server = new TrainingApiServer(tls(Path.of(arguments[0]), arguments[1].toCharArray()));
    cluster(server);
    new Training(server).run(List.of(arguments).subList(2, arguments.length));
    System.exit(0);
  }

  private void run(List<String> command) throws Exception {
    var health = freePort();
    var metrics = freePort();
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    builder.environment().put("KUBERNETES_SERVICE_PORT", Integer.toString(server.port()));
    builder.environment().put("HEALTH_PORT", Integer.toString(health));
    builder.environment().put("METRICS_PORT", Integer.toString(metrics));
    var operator = builder.start();
    Thread.ofPlatform().daemon().start(() -> read(operator.inputReader()));
    try {
      await("Verified all objects", () -> said("Verified all objects"));
      await("Ready", () -> said("Ready=True"));
      for (var path : List.of("livez", "readyz")) {
        var url = URI.create("http://127.0.0.1:%d/%s".formatted(health, path)).toURL();
        await("200 from " + url, () -> answers(url));
      }
      await("metrics", () -> tells(metrics));
      for (var path : REPAIRED) {
        repaired(path);
      }
      server.endWatches();
      repaired(REPAIRED.getFirst());
    } finally {
      operator.toHandle().destroy();
      // Writing the cache is part of its end.
      if (!operator.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        operator.destroyForcibly();
      }
    }
    if (operator.exitValue() != 0) {
      throw new IllegalStateException("the operator ended with " + operator.exitValue());
    }
  }

  private void repaired(String path) throws InterruptedException {
    server.change(path, object -> labels(object).put("k8s-app", "changed"));
    await(
        "repair of " + path,
        () -> labels(server.get(path)).path("k8s-app").asText().equals("metrics-server"));
    server.delete(path);
    await("a new " + path, () -> server.get(path) != null);
  }

  private static ObjectNode labels(ObjectNode object) {
    return object.withObjectProperty("metadata").withObjectProperty("labels");
  }

  private void read(BufferedReader output) {
    output
        .lines()
        .forEach(line -> {
          System.out.println(line);
          log.add(line);
        });
  }

  private boolean said(String words) {
    return log.stream().anyMatch(line -> line.contains(words));
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (var end = Instant.now().plus(PATIENCE); !condition.getAsBoolean(); ) {
      if (Instant.now().isAfter(end)) {
        throw new IllegalStateException("no %s after %s".formatted(what, PATIENCE));
      }
      Thread.sleep(20);
    }
  }

  private static boolean answers(URL url) {
    try (var in = url.openStream()) {
      return in.readAllBytes().length > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whoever asks for the metrics shows a token; the certificate signs itself. */
  private static boolean tells(int port) {
    try {
      var connection =
          (HttpsURLConnection)
              URI.create("https://127.0.0.1:%d/metrics".formatted(port)).toURL().openConnection();
      var tls = SSLContext.getInstance("TLS");
      tls.init(null, new TrustManager[] {new Anybody()}, null);
      connection.setSSLSocketFactory(tls.getSocketFactory());
      connection.setHostnameVerifier((host, session) -> true);
      connection.setRequestProperty("Authorization", "Bearer token");
      return connection.getResponseCode() == 200;
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }

  /** Trusts every server. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static SSLContext tls(Path keystore, char[] password) throws Exception {
    var keys = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(keystore)) {
      keys.load(in, password);
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password);
    var tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    return tls;
  }

  /** Two nodes, and metrics-server's pods as they are once its Deployment is there. */
  private static void cluster(TrainingApiServer server) {
    server.put(
        "/version",
        """
        {"major": "1", "minor": "35", "gitVersion": "v1.35.4"}\
        """);
    server.put(
        "/apis/metricsserver.dev/v1alpha1/metricsserverconfigs/cluster",
        """
        {"apiVersion": "metricsserver.dev/v1alpha1", "kind": "MetricsServerConfig",
         "metadata": {"name": "cluster"}, "spec": {}, "status": {"observedGeneration": -1}}\
        """);
    server.put(
        "/api/v1/namespaces/kube-system",
        """
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}\
        """);
    server.put(
        "/api/v1/namespaces/default/services/kubernetes",
        """
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "kubernetes", "namespace": "default"},
         "spec": {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
                  "ports": [{"name": "https", "port": 443, "protocol": "TCP"}]}}\
        """);
    slice(server, "default", "kubernetes", "172.30.0.10", 6443);
    slice(server, "kube-system", "metrics-server", "127.0.0.1", 10250);
    for (var number : List.of(1, 2)) {
      node(server, number);
    }
  }

  private static void node(TrainingApiServer server, int number) {
    server.put(
        "/api/v1/nodes/node" + number,
        """
        {"apiVersion": "v1", "kind": "Node",
         "metadata": {"name": "node%1$d",
                      "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": "node%1$d"}},
         "spec": {"podCIDR": "10.244.%1$d.0/24", "podCIDRs": ["10.244.%1$d.0/24"]},
         "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"},
                                  {"type": "Hostname", "address": "node%1$d"}],
                    "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": %2$d}},
                    "nodeInfo": {"osImage": "Linux", "kubeletVersion": "v1.35.4",
                                 "operatingSystem": "linux", "architecture": "amd64"},
                    "images": [{"names": ["registry.example.com/image:1"], "sizeBytes": 1}]}}\
        """
            .formatted(number, server.port()));
    server.put(
        "/apis/metrics.k8s.io/v1beta1/nodes/node" + number,
        """
        {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "NodeMetrics",
         "metadata": {"name": "node%d"}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
         "usage": {"cpu": "1n", "memory": "1Ki"}}\
        """
            .formatted(number));
    server.put(
        "/api/v1/namespaces/kube-system/pods/metrics-server-" + number,
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

  private static void slice(
      TrainingApiServer server, String namespace, String service, String address, int port) {
    server.put(
        "/apis/discovery.k8s.io/v1/namespaces/%s/endpointslices/%s".formatted(namespace, service),
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
