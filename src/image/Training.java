import dev.metricsserver.mock.MockCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * One life of the operator, for the cache of its classes: it starts, leads, installs, is Ready,
 * repairs what others change, answers its probes, and stops. Fails when it does not do so.
 *
 * <p>{@code java Training.java CREDENTIALS COMMAND...}, where {@code CREDENTIALS} is the directory
 * in which a pod finds its token.
 */
final class Training {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String METRICS_SERVER = "namespaces/kube-system/%s/metrics-server";

  /** One object of each form: a list of rules, one found by name, pods, an APIService. */
  private static final List<String> REPAIRED =
      List.of(
          "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:metrics-server",
          "/api/v1/" + METRICS_SERVER.formatted("services"),
          "/apis/apps/v1/" + METRICS_SERVER.formatted("deployments"),
          "/apis/networking.k8s.io/v1/namespaces/kube-system/networkpolicies/metrics-server-netpol",
          "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");

  private final MockCluster cluster;
  private Process operator;
  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private Training(MockCluster cluster) {
    this.cluster = cluster;
  }

  public static void main(String[] arguments) throws Exception {
    try (var cluster = MockCluster.healthy()) {
      var training = new Training(cluster);
      credentials(Path.of(arguments[0]));
      training.run(List.of(arguments).subList(1, arguments.length));
    }
  }

  /** What the kubelet writes for a pod. */
  private static void credentials(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.copy(
        MockCluster.certificate(),
        directory.resolve("ca.crt"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(directory.resolve("token"), "token");
    Files.writeString(directory.resolve("namespace"), "metrics-server-operator");
  }

  private void run(List<String> command) throws Exception {
    var health = freePort();
    var metrics = freePort();
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBERNETES_SERVICE_HOST", "localhost");
    builder.environment().put("KUBERNETES_SERVICE_PORT", Integer.toString(cluster.port()));
    builder.environment().put("HEALTH_PORT", Integer.toString(health));
    builder.environment().put("METRICS_PORT", Integer.toString(metrics));
    operator = builder.start();
    Thread.ofPlatform().daemon().start(() -> read(operator.inputReader()));
    try {
      await("Verified all objects", () -> said("Verified all objects"));
      await("Ready", () -> said("Ready=True"));
      for (var path : List.of("livez", "readyz")) {
        var url = URI.create("http://127.0.0.1:%d/%s".formatted(health, path)).toURL();
        await("200 from " + url, () -> answers(url));
      }
      await("metrics", () -> answersMetrics(metrics));
      for (var path : REPAIRED) {
        repaired(path);
      }
      cluster.endWatches();
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
    cluster.label(path, "k8s-app", "changed");
    await("repair of " + path, () -> label(path).equals("metrics-server"));
    cluster.handleDelete(path);
    await("a new " + path, () -> cluster.get(path).isPresent());
  }

  private String label(String path) {
    return cluster.get(path).orElseThrow().at("/metadata/labels/k8s-app").asText();
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

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (var end = Instant.now().plus(PATIENCE); !condition.getAsBoolean(); ) {
      if (Instant.now().isAfter(end) || !operator.isAlive()) {
        throw new IllegalStateException(
            "no %s; the operator %s".formatted(what, operator.isAlive() ? "runs" : "has ended"));
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

  /** With a token, and without verification of the self-signed certificate. */
  private static boolean answersMetrics(int port) {
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
}
