package dev.metricsserver.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.support.LoopbackKubelets;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What 5,000 nodes cost the operator beyond two. Run by {@code deploy/local/measure scale}: on one
 * machine are a real API server with etcd, the nodes as objects, a kubelet's certificate for each
 * of them, and the operator with the JVM's flags of its image.
 *
 * <p>Properties: {@code scale.nodes}; {@code scale.seconds} of each measurement; {@code
 * scale.memory}, the container's limit; {@code scale.jvm}, more flags of the JVM, for a profile.
 */
class ScaleBenchmark {

  private static final int NODES = Integer.getInteger("scale.nodes", 5_000);
  private static final int SECONDS = Integer.getInteger("scale.seconds", 60);
  private static final String LIMIT = System.getProperty("scale.memory", "256m");
  private static final int FEW = 2;
  private static final int HEARTBEATS = 50;
  private static final int AT_ONCE = 32;
  private static final int IMAGES = 50;
  private static final int CALIBRATIONS = 20;
  private static final double MEBIBYTES = 30;
  private static final double PERCENT = 5;

  private static final List<String> CONDITIONS =
      List.of("MemoryPressure", "DiskPressure", "PIDPressure", "Ready");

  /** The operator at rest, or with heartbeats. */
  private record Figures(double pss, double anonymous, double percent) {}

  @Test
  void measure() throws Exception {
    try (var cluster = TestCluster.start();
        var kubelets = new LoopbackKubelets();
        var nodes = new NodeWriter(cluster.admin(), kubelets.port())) {
      // Theirs are addresses of a network.
      cluster.admin().nodes().delete();
      inParallel(0, FEW, nodes::add);
      cluster.applyConfig("{}");
      var kubeconfig = kubeconfig(cluster, kubelets);
      var calibration = new Calibration();
      calibrate(calibration);
      var few = withFew(cluster, kubeconfig);
      calibrate(calibration);
      System.out.printf("%d nodes: %.1f MiB; now %d%n", FEW, few.pss(), NODES);
      inParallel(FEW, NODES, nodes::add);
      System.out.printf("written, %,d bytes each%n", nodes.size(NODES / 2));
      var many = withMany(kubeconfig, kubelets, nodes);
      calibrate(calibration);
      print(few, many, nodes.heartbeats());
      calibration.print(
          "a second with heartbeats", Duration.ofNanos((long) (many.percent() * 1e7)));
    }
  }

  private static void calibrate(Calibration calibration) {
    for (var run = 0; run < CALIBRATIONS; run++) {
      calibration.work();
    }
  }

  private static Figures withFew(TestCluster cluster, Path kubeconfig) throws Exception {
    try (var operator = operator(kubeconfig, "few")) {
      await().atMost(Duration.ofMinutes(1)).until(() -> cluster.deployment() != null);
      quiet(operator);
      var figures = figures(operator);
      operator.terminate();
      return figures;
    }
  }

  /** It starts again, so that it probes all kubelets at once. */
  private static Figures withMany(Path kubeconfig, LoopbackKubelets kubelets, NodeWriter nodes)
      throws Exception {
    var started = Instant.now();
    try (var operator = operator(kubeconfig, "many")) {
      await()
          .atMost(Duration.ofMinutes(5))
          .failFast("the operator died", () -> !operator.isAlive())
          .until(() -> kubelets.seen() == NODES);
      System.out.printf("all kubelets looked at %.0f s after the start%n", seconds(started));
      quiet(operator);
      System.out.printf(
          "until quiet %.1f s of processor time, then %.1f MiB%n",
          operator.processorTime().toMillis() / 1000.0, mebibytes(operator, "Pss"));
      nodes.startHeartbeats();
      var figures = figures(operator);
      nodes.stopHeartbeats();
      assertThat(operator.isAlive()).as(operator.log()).isTrue();
      operator.terminate();
      return figures;
    }
  }

  /** In a container of this limit. */
  private static OperatorUnderTest operator(Path kubeconfig, String name) throws IOException {
    var options = new ArrayList<>(List.of("@src/image/jvm.options", "-XX:MaxRAM=" + LIMIT));
    options.addAll(
        Pattern.compile(" ")
            .splitAsStream(System.getProperty("scale.jvm", ""))
            .filter(option -> !option.isEmpty())
            .toList());
    return new OperatorUnderTest(kubeconfig, name, options);
  }

  /** The kubelets' CA is one of the cluster's. */
  private static Path kubeconfig(TestCluster cluster, LoopbackKubelets kubelets) throws Exception {
    var authority = Path.of(cluster.admin().getConfiguration().getCaCertFile());
    var both =
        Files.writeString(
            cluster.directory().resolve("ca.crt"),
            Files.readString(authority) + "\n" + kubelets.authority());
    var kubeconfig = cluster.operatorKubeconfig();
    return Files.writeString(
        kubeconfig,
        Files.readString(kubeconfig)
            .replace("certificate-authority: " + authority, "certificate-authority: " + both));
  }

  /** Waits until it takes hardly any processor time for five seconds. */
  private static void quiet(OperatorUnderTest operator) {
    var last = new Duration[] {operator.processorTime()};
    await()
        .pollDelay(Duration.ofSeconds(5))
        .pollInterval(Duration.ofSeconds(5))
        .atMost(Duration.ofMinutes(5))
        .failFast("the operator died", () -> !operator.isAlive())
        .until(() -> {
          var now = operator.processorTime();
          var took = now.minus(last[0]);
          last[0] = now;
          return took.compareTo(Duration.ofMillis(400)) < 0;
        });
  }

  private static Figures figures(OperatorUnderTest operator) throws InterruptedException {
    var before = operator.processorTime();
    var started = System.nanoTime();
    TimeUnit.SECONDS.sleep(SECONDS);
    var took = operator.processorTime().minus(before);
    return new Figures(
        mebibytes(operator, "Pss"),
        mebibytes(operator, "Pss_Anon"),
        100.0 * took.toNanos() / (System.nanoTime() - started));
  }

  private static void print(Figures few, Figures many, int heartbeats) {
    System.out.printf(
        """
        In a container of %s, %d s each:
                                     PSS       of it anonymous   processor
        %6d nodes                %6.1f MiB   %6.1f MiB        %5.2f %% of a core
        %6d nodes, %2d heartbeats a second
                                  %6.1f MiB   %6.1f MiB        %5.2f %%
        difference                %+6.1f MiB   %+6.1f MiB
        bar                      at most +%.0f MiB, %s         at most %.0f %%, %s
        """,
        LIMIT,
        SECONDS,
        FEW,
        few.pss(),
        few.anonymous(),
        few.percent(),
        NODES,
        Math.round((double) heartbeats / SECONDS),
        many.pss(),
        many.anonymous(),
        many.percent(),
        many.pss() - few.pss(),
        many.anonymous() - few.anonymous(),
        MEBIBYTES,
        many.pss() - few.pss() <= MEBIBYTES ? "met" : "missed",
        PERCENT,
        many.percent() <= PERCENT ? "met" : "missed");
  }

  private static void inParallel(int from, int to, IntFunction<CompletableFuture<?>> work) {
    var places = new Semaphore(AT_ONCE);
    var all =
        IntStream.range(from, to)
            .mapToObj(i -> {
              places.acquireUninterruptibly();
              return work.apply(i).whenComplete((done, e) -> places.release());
            })
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all).join();
  }

  private static double mebibytes(OperatorUnderTest operator, String figure) {
    return operator.memory(figure) / 1048576.0;
  }

  private static double seconds(Instant from) {
    return Duration.between(from, Instant.now()).toMillis() / 1000.0;
  }

  /** Writes nodes as their kubelets and the node controller would. */
  private static final class NodeWriter implements AutoCloseable {

    private final KubernetesClient admin;
    private final int port;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    NodeWriter(KubernetesClient admin, int port) {
      this.admin = admin;
      this.port = port;
    }

    CompletableFuture<Void> add(int number) {
      var name = LoopbackKubelets.node(number);
      var address = LoopbackKubelets.address(number);
      return send("POST", "?fieldManager=kubelet", "application/json", node(name, address, number))
          // The API server adds a taint that is taken off when the node is ready.
          .thenCompose(created ->
              send(
                  "PATCH",
                  "/" + name + "?fieldManager=kube-controller-manager",
                  "application/merge-patch+json",
                  """
                  {"spec": {"taints": null}, "metadata": {"annotations": {
                    "node.alpha.kubernetes.io/ttl": "300",
                    "volumes.kubernetes.io/controller-managed-attach-detach": "true"}}}
                  """));
    }

    void startHeartbeats() {
      var _ =
          timer.scheduleAtFixedRate(
              this::heartbeat, 0, 1_000_000 / HEARTBEATS, TimeUnit.MICROSECONDS);
    }

    void stopHeartbeats() {
      timer.shutdownNow();
    }

    int heartbeats() {
      return answered.get();
    }

    private void heartbeat() {
      // From one end to the other, and not one network after the other.
      var number = (int) (sent.getAndIncrement() * 617L % NODES);
      var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      var conditions =
          CONDITIONS.stream()
              .map(type -> "{\"type\": \"%s\", \"lastHeartbeatTime\": \"%s\"}".formatted(type, now))
              .collect(Collectors.joining(", "));
      var _ =
          send(
                  "PATCH",
                  "/" + LoopbackKubelets.node(number) + "/status?fieldManager=kubelet",
                  "application/strategic-merge-patch+json",
                  "{\"status\": {\"conditions\": [%s]}}".formatted(conditions))
              .thenRun(answered::incrementAndGet);
    }

    int size(int number) {
      Node node = admin.nodes().withName(LoopbackKubelets.node(number)).get();
      return admin.getKubernetesSerialization().asJson(node).length();
    }

    private CompletableFuture<Void> send(String method, String path, String type, String body) {
      var http = admin.getHttpClient();
      HttpRequest request =
          http.newHttpRequestBuilder()
              .uri(admin.getMasterUrl() + "api/v1/nodes" + path)
              .method(method, type, body)
              .build();
      return http.sendAsync(request, String.class)
          .thenAccept(answer ->
              assertThat(answer.isSuccessful()).as(() -> answer.code() + answer.body()).isTrue());
    }

    private String node(String name, String address, int number) {
      var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      var conditions =
          CONDITIONS.stream()
              .map(type ->
                  """
                  {"type": "%s", "status": "%s", "reason": "Kubelet%s", "message": "kubelet says so of %s",
                   "lastHeartbeatTime": "%s", "lastTransitionTime": "%s"}
                  """
                      .formatted(
                          type, type.equals("Ready") ? "True" : "False", type, type, now, now))
              .collect(Collectors.joining(","));
      var images =
          IntStream.range(0, IMAGES)
              .mapToObj(i ->
                  """
                  {"names": ["registry.example.com/team-%d/service-%d@sha256:%064x",
                             "registry.example.com/team-%d/service-%d:v1.%d.%d"], "sizeBytes": %d}
                  """
                      .formatted(
                          i % 7, i, 0x5eed_0000L + i, i % 7, i, i, number % 13, 10_000_000L + i))
              .collect(Collectors.joining(","));
      return """
      {"apiVersion": "v1", "kind": "Node",
       "metadata": {"name": "%1$s",
         "labels": {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
           "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": "%1$s",
           "node.kubernetes.io/instance-type": "m6i.2xlarge", "topology.kubernetes.io/region": "eu-1",
           "topology.kubernetes.io/zone": "eu-1%2$c", "example.com/pool": "pool-%3$d"},
         "annotations": {"csi.volume.kubernetes.io/nodeid": "{\\"csi.example.com\\":\\"i-%1$s\\"}"}},
       "spec": {"podCIDR": "10.%4$d.%5$d.0/24", "podCIDRs": ["10.%4$d.%5$d.0/24"],
         "providerID": "example:///eu-1/i-%1$s"},
       "status": {
         "addresses": [{"type": "InternalIP", "address": "%6$s"}, {"type": "Hostname", "address": "%1$s"}],
         "allocatable": {"cpu": "7910m", "ephemeral-storage": "95551679124", "hugepages-1Gi": "0",
           "hugepages-2Mi": "0", "memory": "31482288Ki", "pods": "58"},
         "capacity": {"cpu": "8", "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0",
           "hugepages-2Mi": "0", "memory": "32499120Ki", "pods": "58"},
         "conditions": [%7$s],
         "daemonEndpoints": {"kubeletEndpoint": {"Port": %8$d}},
         "images": [%9$s],
         "nodeInfo": {"architecture": "amd64", "bootID": "b00t-%1$s", "containerRuntimeVersion": "containerd://2.1.4",
           "kernelVersion": "6.12.48", "kubeProxyVersion": "", "kubeletVersion": "v1.35.4",
           "machineID": "machine-%1$s", "operatingSystem": "linux", "osImage": "Debian GNU/Linux 13 (trixie)",
           "systemUUID": "system-%1$s"}}}
      """
          .formatted(
              name,
              'a' + number % 3,
              number % 20,
              100 + number / 250,
              number % 250,
              address,
              conditions,
              port,
              images);
    }

    @Override
    public void close() {
      timer.shutdownNow();
    }
  }
}
