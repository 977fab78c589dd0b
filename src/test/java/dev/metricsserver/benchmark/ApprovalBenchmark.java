package dev.metricsserver.benchmark;

import static dev.metricsserver.approval.Draft.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.approval.Draft;
import dev.metricsserver.support.Kubelets;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How fast requests are approved, by the API server's audit log. Run by {@code deploy/local/measure
 * approval}: everything is on one machine, the API server, etcd, the operator and the kubelets that
 * ask.
 */
class ApprovalBenchmark {

  private static final int NODES = Integer.getInteger("approval.nodes", 5_000);
  private static final int RATE = 100;
  private static final int SECONDS = 30;
  private static final int AT_ONCE = 64;
  private static final int CALIBRATIONS = 20;

  /** Processor time that operator, API server and etcd take in a second without requests. */
  private static final Duration AT_REST = Duration.ofMillis(250);

  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, Instant> created = new HashMap<>();
  private final Map<String, Instant> approved = new HashMap<>();
  private long read;

  @Test
  void measure() throws Exception {
    try (var cluster = TestCluster.start()) {
      cluster.apply(Path.of("deploy/csr-approval/rbac.yaml"));
      cluster.applyConfig(
          "{kubelet: {tls: {mode: Insecure}, servingCertificateApproval: {policy: Enabled}}}");
      var kubelets = new Kubelets(cluster.admin());
      var calibration = new Calibration();
      calibrate(calibration, cluster);
      inParallel(NODES, i -> addNode(cluster.admin(), i));
      inParallel(NODES, i -> kubelets.send(node(i), kubelets.body("bare-" + i, draft(i))));
      var bareTime = controlPlaneTime();
      var bareStart = Instant.now();
      inParallel(NODES, i -> approve(cluster.admin(), "bare-" + i));
      System.out.printf(
          "a client that does nothing but approve %d takes %.1f s, the API server and etcd %.1f s"
              + " of processor time for that%n",
          NODES,
          seconds(bareStart, Instant.now()),
          controlPlaneTime().minus(bareTime).toMillis() / 1000.0);
      cluster.admin().certificates().v1().certificateSigningRequests().delete();
      inParallel(NODES, i -> kubelets.send(node(i), kubelets.body("waiting-" + i, draft(i))));
      System.out.printf(
          "%d nodes, each with a request that waits; now the operator starts%n", NODES);
      var before = controlPlaneTime();
      var started = Instant.now();
      try (var operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "approval")) {
        await()
            .atMost(Duration.ofMinutes(5))
            .pollInterval(Duration.ofMillis(500))
            .until(() -> readAudit(cluster.audit().file()) >= NODES);
        var first = approved.values().stream().min(Instant::compareTo).orElseThrow();
        var last = approved.values().stream().max(Instant::compareTo).orElseThrow();
        var took = operator.processorTime();
        System.out.printf(
            "%d approved %.1f s after the operator's start, %.1f s after the first one;"
                + " the operator's processor time %.1f s, %.2f ms each%n",
            NODES,
            seconds(started, last),
            seconds(first, last),
            took.toMillis() / 1000.0,
            (double) took.toMillis() / NODES);
        System.out.printf(
            "meanwhile the API server and etcd took %.1f s of processor time%n",
            controlPlaneTime().minus(before).toMillis() / 1000.0);

        cluster.admin().certificates().v1().certificateSigningRequests().delete();
        awaitQuiet(operator);
        calibrate(calibration, cluster);
        var rested = operator.processorTime();
        approved.clear();
        created.clear();
        steadily(kubelets);
        await()
            .atMost(Duration.ofMinutes(2))
            .pollInterval(Duration.ofMillis(500))
            .until(() -> readAudit(cluster.audit().file()) >= RATE * SECONDS);
        var millis =
            approved.entrySet().stream()
                .mapToLong(e -> Duration.between(created.get(e.getKey()), e.getValue()).toMillis())
                .sorted()
                .toArray();
        System.out.printf(
            "%d a second for %d s: from created to approved median %d ms, p99 %d ms, max %d ms;"
                + " the operator's processor time %.2f ms each%n",
            RATE,
            SECONDS,
            millis[millis.length / 2],
            millis[(int) Math.ceil(millis.length * 0.99) - 1],
            millis[millis.length - 1],
            (double) operator.processorTime().minus(rested).toMillis() / millis.length);
        calibrate(calibration, cluster);
        calibration.print("all requests approved after the start", Duration.between(started, last));
        calibration.print(
            "an approval under load, median", Duration.ofMillis(millis[millis.length / 2]));
      }
    }
  }

  /** Before, between and after the measurements. */
  private static void calibrate(Calibration calibration, TestCluster cluster) {
    for (var run = 0; run < CALIBRATIONS; run++) {
      calibration.work();
      calibration.write(cluster.admin());
    }
  }

  /**
   * Waits until the operator and the API server have digested what was before: neither has anything
   * to do but what it does at rest.
   */
  private static void awaitQuiet(OperatorUnderTest operator) {
    var last = new AtomicReference<>(Duration.ZERO);
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> {
          var now = operator.processorTime().plus(controlPlaneTime());
          return now.minus(last.getAndSet(now)).compareTo(AT_REST) < 0;
        });
  }

  /** The processor time that the API server and etcd have taken. */
  private static Duration controlPlaneTime() {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> process.info().command().filter(ApprovalBenchmark::isServer).isPresent())
        .map(process -> process.info().totalCpuDuration().orElse(Duration.ZERO))
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static boolean isServer(String command) {
    return command.endsWith("/kube-apiserver") || command.endsWith("/etcd");
  }

  /** Bodies are made before, so that the clock ticks for the API server and the operator. */
  private static void steadily(Kubelets kubelets) {
    var bodies =
        IntStream.range(0, RATE * SECONDS)
            .mapToObj(i -> kubelets.body("steady-" + i, draft(i)))
            .toList();
    var sent =
        IntStream.range(0, bodies.size())
            .mapToObj(i ->
                CompletableFuture.supplyAsync(
                        () -> bodies.get(i),
                        CompletableFuture.delayedExecutor(
                            i * 1_000_000L / RATE, TimeUnit.MICROSECONDS))
                    .thenCompose(body -> kubelets.send(node(i), body)))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(sent).join();
  }

  private static CompletableFuture<?> addNode(KubernetesClient admin, int i) {
    var node = new NodeBuilder().withNewMetadata().withName(node(i)).endMetadata().build();
    return CompletableFuture.runAsync(() -> {
      admin.resource(node).create();
      admin
          .resource(
              new NodeBuilder(node)
                  .withNewStatus()
                  .withAddresses(List.of(new NodeAddress(address(i), "InternalIP")))
                  .endStatus()
                  .build())
          .patchStatus();
    });
  }

  /** The floor: no look at the request, none at the Node. */
  private static CompletableFuture<?> approve(KubernetesClient admin, String name) {
    var http = admin.getHttpClient();
    return http.sendAsync(
            http.newHttpRequestBuilder()
                .uri(
                    "%sapis/certificates.k8s.io/v1/certificatesigningrequests/%s/approval"
                        .formatted(admin.getMasterUrl(), name))
                .method(
                    "PATCH",
                    "application/merge-patch+json",
                    """
                    {"status": {"conditions": [
                      {"type": "Approved", "status": "True", "reason": "Bare", "message": ""}]}}
                    """)
                .build(),
            String.class)
        .thenAccept(response -> assertThat(response.code()).as(response.body()).isEqualTo(200));
  }

  private static void inParallel(int number, IntFunction<CompletableFuture<?>> work) {
    var places = new Semaphore(AT_ONCE);
    var all =
        IntStream.range(0, number)
            .mapToObj(i -> {
              places.acquireUninterruptibly();
              return work.apply(i).whenComplete((done, e) -> places.release());
            })
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(all).join();
  }

  private static String node(int i) {
    return "load-%d".formatted(i % NODES);
  }

  private static String address(int i) {
    return "172.16.%d.%d".formatted((i % NODES) / 250, (i % NODES) % 250 + 1);
  }

  private static Draft draft(int i) {
    return new Draft().node(node(i)).names(ip(address(i)));
  }

  /** Reads on in the audit log. Returns how many requests were approved. */
  private int readAudit(Path file) throws IOException {
    try (var log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(read);
      var bytes = new byte[(int) (log.length() - read)];
      log.readFully(bytes);
      var end = bytes.length;
      while (end > 0 && bytes[end - 1] != '\n') {
        end--;
      }
      read += end;
      for (var line : new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList()) {
        if (line.contains("\"certificatesigningrequests\"")) {
          note(json.readTree(line));
        }
      }
    }
    return approved.size();
  }

  private void note(JsonNode event) {
    var what = event.at("/objectRef/subresource").asText() + event.get("verb").asText();
    var name = event.at("/objectRef/name").asText();
    var when = Instant.parse(event.get("stageTimestamp").asText());
    var code = event.at("/responseStatus/code").asInt();
    if (what.equals("create") && code == 201) {
      created.put(name, when);
    } else if (what.equals("approvalupdate") && code == 200) {
      approved.put(name, when);
    }
  }

  private static double seconds(Instant from, Instant to) {
    return Duration.between(from, to).toMillis() / 1000.0;
  }
}
