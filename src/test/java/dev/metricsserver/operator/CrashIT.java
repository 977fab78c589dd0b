package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator dies after every single write, before or after the answer to it, and is started
 * again: the cluster ends as if nothing had happened, and nothing was created twice or replaced. Of
 * a deletion the operator writes nothing, see {@link DeletionIT}.
 */
class CrashIT {

  private static final String AUTHORITY = "metrics-server-serving-ca";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SOON = Duration.ofSeconds(30);

  /**
   * What no two runs have in common; a node counts when it is a minute old, and what is found of
   * its kubelet, which is not there, depends on the network.
   */
  private static final List<String> NOT_COMPARED =
      List.of(
          "uid",
          "resourceVersion",
          "creationTimestamp",
          "managedFields",
          "lastTransitionTime",
          "clusterIP",
          "clusterIPs",
          "nodes",
          "findings",
          "data",
          "caBundle",
          "certificates",
          "metricsserver.dev/look-again",
          "metricsserver.dev/configuration",
          "metricsserver.dev/configured-at",
          "metricsserver.dev/service-account-uid");

  private static final Pattern SERVICE_ADDRESS = Pattern.compile("https://10[.]0[.]0[.][0-9]+");

  private static final Path UPSTREAM = Path.of("deploy/local/upstream/components.yaml");
  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.8.1";

  /** Without a body, the client would read and not delete. */
  private static final String DELETE_OPTIONS = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}";

  private static TestCluster cluster;
  private static Path kubeconfig;
  private static List<String> crashing;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    cluster = new TestCluster();
    cluster.publishFrontProxy();
    cluster.addReadyEndpoint();
    kubeconfig = cluster.operatorKubeconfig();
    crashing = OperatorUnderTest.client(folder, CrashingClientFactory.class);
  }

  @BeforeEach
  void clear() {
    cluster.admin().resources(MetricsServerConfig.class).withName("cluster").delete();
    for (var path : creations(0).keySet()) {
      if (cluster.admin().raw(path) != null) {
        cluster.admin().raw(path, "DELETE", DELETE_OPTIONS);
      }
    }
    cluster.admin().load(upstream()).delete();
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"delivered", "withheld"})
  void anInstallation(String answer) throws Exception {
    afterEveryWrite(answer, () -> {}, () -> cluster.applyConfig(spec("")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"delivered", "withheld"})
  void aChange(String answer) throws Exception {
    afterEveryWrite(
        answer,
        () -> {
          cluster.applyConfig(spec(""));
          undisturbed();
        },
        () -> cluster.applyConfig(spec(", replicas: 1, logging: {verbosity: 3}, port: 10443")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"delivered", "withheld"})
  void aRotation(String answer) throws Exception {
    afterEveryWrite(
        answer,
        () -> {
          cluster.applyConfig(spec(""));
          undisturbed();
        },
        CrashIT::authorityGetsOld);
  }

  private static void authorityGetsOld() {
    var old = Issuer.authority(Instant.now().minus(Duration.ofDays(2 * 365 + 1)));
    cluster
        .admin()
        .secrets()
        .inNamespace("kube-system")
        .withName(AUTHORITY)
        .edit(secret ->
            new SecretBuilder(secret)
                .withData(null)
                .withStringData(
                    Map.of(
                        "ca.crt",
                        Certificates.pem(List.of(old.certificate())),
                        "tls.crt",
                        Certificates.pem(List.of(old.certificate())),
                        "tls.key",
                        old.keyAsPem()))
                .build());
  }

  /** The registration says at first that it is not verified. */
  @ParameterizedTest
  @ValueSource(strings = {"delivered", "withheld"})
  void anAdoption(String answer) throws Exception {
    assumeTrue(
        Boolean.getBoolean("crash.adoption"),
        "an adoption has 28 writes, which takes seven minutes: -Dcrash.adoption=true");
    try (var _ = cluster.deployAtOnce()) {
      afterEveryWrite(
          answer,
          () -> cluster.admin().load(upstream()).create(),
          () -> cluster.applyConfig(spec(", conflictPolicy: Adopt")));
    }
  }

  private static ByteArrayInputStream upstream() {
    try {
      return new ByteArrayInputStream(
          Files.readString(UPSTREAM).replace("IMAGE", IMAGE).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String spec(String more) {
    return "{kubelet: {tls: {mode: Insecure}}%s}".formatted(more);
  }

  // -------------------------------------------------------------------------------------- the runs

  private void afterEveryWrite(String answer, Runnable before, Runnable change) throws Exception {
    before.run();
    var from = cluster.audit().end();
    change.run();
    undisturbed();
    var writes = writes(from);
    var wanted = state(paths(from));
    assertThat(writes).isPositive();
    clear();

    for (var write = 1; write <= writes; write++) {
      before.run();
      var there = uids(wanted.keySet());
      there.keySet().removeIf(path -> wanted.get(path).isMissingNode());
      from = cluster.audit().end();
      String log;
      try (var registration = new RegistrationWatch(cluster.admin())) {
        change.run();
        crash(write, answer);
        log = undisturbed();
        registration.neverUnverifiedAgain();
      }
      for (var object : wanted.entrySet()) {
        assertThat(state(object.getKey()))
            .as("%s after write %d of %d\n%s", object.getKey(), write, writes, log)
            .isEqualTo(object.getValue());
      }
      assertThat(uids(wanted.keySet()))
          .as("what was there before and is not to go")
          .containsAllEntriesOf(there);
      assertThat(creations(from).values()).as("creations of each object").allMatch(n -> n == 1);
      assertThat(written(from).filter(r -> r.name().equals(AUTHORITY)).count())
          .as("CAs made\n%s", log)
          .isLessThanOrEqualTo(1);
      clear();
    }
  }

  /** Until nothing is left to do. Returns what it logged. */
  private static String undisturbed() {
    var from = cluster.audit().end();
    try (var operator =
        operator("undisturbed", OperatorUnderTest.quickStart(kubeconfig), List.of())) {
      await("it is done")
          .atMost(SOON)
          .failFast("the operator died", () -> !operator.isAlive())
          .until(() -> operator.log().contains("Verified all objects") && isObserved());
      quiet(from);
      // By itself, so that it leaves its classes for the next ones.
      assertThat(operator.terminate()).as(operator.log()).isZero();
      return operator.log();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void crash(int write, String answer) {
    var from = cluster.audit().end();
    var options =
        Stream.concat(
                OperatorUnderTest.quickStart(kubeconfig).stream(),
                Stream.of("-Dcrash.after=" + write, "-Dcrash.answer=" + answer))
            .toList();
    try (var operator = operator("crash", options, crashing)) {
      await("it dies")
          .atMost(SOON)
          .until(() -> !operator.isAlive() || (writes(from) >= write && isQuiet(from)));
    }
  }

  private static OperatorUnderTest operator(String log, List<String> options, List<String> more) {
    try {
      return new OperatorUnderTest(kubeconfig, "crash-it", log, options, more);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isObserved() {
    var config = cluster.config();
    return config.getStatus() != null
        && config.getMetadata().getGeneration().equals(config.getStatus().observedGeneration());
  }

  private static void quiet(long from) {
    await("it writes no more")
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> isQuiet(from));
  }

  /** No write for as long as any two of them are apart. */
  private static boolean isQuiet(long from) {
    var recently = Instant.now().minusMillis(800);
    return written(from).noneMatch(r -> r.answered().isAfter(recently));
  }

  // ---------------------------------------------------------------------------------- what is
  // there

  /** Each object's state by its path, without what differs from run to run. */
  private static Map<String, JsonNode> state(Set<String> paths) {
    return paths.stream().collect(Collectors.toMap(path -> path, CrashIT::state));
  }

  private static JsonNode state(String path) {
    var tree = read(path);
    forget(tree);
    return tree;
  }

  /** Of the objects that are there. */
  private static Map<String, String> uids(Set<String> paths) {
    return paths.stream()
        .filter(path -> !read(path).isMissingNode())
        .collect(Collectors.toMap(path -> path, path -> read(path).at("/metadata/uid").asText()));
  }

  private static JsonNode read(String path) {
    var object = cluster.admin().raw(path);
    try {
      return object == null
          ? JSON.missingNode()
          : JSON.readTree(SERVICE_ADDRESS.matcher(object).replaceAll("SERVICE"));
    } catch (JsonProcessingException e) {
      throw new AssertionError(object, e);
    }
  }

  private static void forget(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove(NOT_COMPARED);
    }
    node.forEach(CrashIT::forget);
  }

  private static Stream<AuditLog.Request> written(long from) {
    return cluster.audit().objectsWritten(from);
  }

  private static int writes(long from) {
    return Math.toIntExact(written(from).count());
  }

  private static Set<String> paths(long from) {
    return written(from).map(AuditLog.Request::path).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Long> creations(long from) {
    return written(from)
        .filter(r -> r.code() == 201)
        .collect(Collectors.groupingBy(AuditLog.Request::path, Collectors.counting()));
  }
}
