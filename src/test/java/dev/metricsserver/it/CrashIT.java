package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.ClusterFixture;
import dev.metricsserver.support.CrashingClientFactory;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.RegistrationWatch;
import dev.metricsserver.support.Sample;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The operator dies after every single write, before or after the answer to it, and is started
 * again: the cluster ends as if nothing had happened, and nothing was created twice or replaced. Of
 * a deletion the operator writes nothing, see {@link DeletionIT}.
 */
@IntegrationTest
class CrashIT {

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(800);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private static final String AUTHORITY = ServingTLS.AUTHORITY_SECRET;
  private static final String CERTIFICATE = ServingTLS.CERTIFICATE_SECRET;
  private static final List<String> NAMES = ServingTLS.names("kube-system");
  private static final ObjectMapper JSON = new ObjectMapper();

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

  private static final Sample SAMPLE = new Sample();

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static Path kubeconfig;
  private static List<String> crashing;

  @BeforeAll
  static void start(@TempDir Path folder, TestReporter reporter) throws IOException {
    reporter.publishEntry("crashes", SAMPLE.toString());
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

  /** Whether the operator gets the answer to the write after which it dies. */
  static List<String> answers() {
    return SAMPLE.of("answer", 1, List.of("delivered", "withheld"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void installation_crashAfterAnyWrite_endsAsWithoutCrash(String answer) throws Exception {
    afterEveryWrite("installation", answer, () -> {}, () -> cluster.applyConfig(spec("")));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void change_crashAfterAnyWrite_endsAsWithoutCrash(String answer) throws Exception {
    afterEveryWrite(
        "change",
        answer,
        () -> {
          cluster.applyConfig(spec(""));
          undisturbed();
        },
        () -> cluster.applyConfig(spec(", replicas: 1, logging: {verbosity: 3}, port: 10443")));
  }

  /** Each of its steps, from what the operator finds when it is due. */
  @ParameterizedTest
  @MethodSource("answers")
  void rotation_crashAfterAnyWrite_endsAsWithoutCrash(String answer) throws Exception {
    cluster.applyConfig(spec(""));
    undisturbed();
    var old = Issuer.authority(ago(Duration.ofDays(2 * 365 + 1)));

    var steps =
        List.of(
            new Step(
                "a new CA is published beside the old one, which is past two thirds of its life",
                () -> serving(old, identity(CERTIFICATE), old.certificate()),
                () -> assertThat(cluster.published()).hasSizeGreaterThan(1)),
            new Step(
                "the new CA has been published for long enough: it signs",
                () -> {
                  var next = Issuer.authority(ago(Duration.ofMinutes(1)));
                  var leaf = Issuer.leaf(old, NAMES, ago(Duration.ofDays(1)));
                  serving(next, leaf, next.certificate(), old.certificate());
                },
                () -> {
                  assertThat(cluster.published()).hasSize(2);
                  certificate(CERTIFICATE).verify(certificate(AUTHORITY).getPublicKey());
                }),
            new Step(
                "every pod serves what the new CA has signed: the old one goes",
                () -> {
                  var next = Issuer.authority(ago(Duration.ofHours(1)));
                  var leaf = Issuer.leaf(next, NAMES, ago(Duration.ofMinutes(11)));
                  serving(next, leaf, next.certificate(), old.certificate());
                },
                () -> {
                  assertThat(cluster.published()).hasSize(1);
                  certificate(CERTIFICATE).verify(certificate(AUTHORITY).getPublicKey());
                }),
            new Step(
                "the certificate alone is renewed, at two thirds of its 90 days",
                () -> {
                  var authority = Issuer.authority(ago(Duration.ofDays(100)));
                  var leaf = Issuer.leaf(authority, NAMES, ago(Duration.ofDays(61)));
                  serving(authority, leaf, authority.certificate());
                },
                () -> {
                  assertThat(cluster.published()).hasSize(1);
                  certificate(CERTIFICATE).verify(certificate(AUTHORITY).getPublicKey());
                  assertThat(certificate(CERTIFICATE).getNotBefore())
                      .isAfter(Date.from(ago(Duration.ofHours(1))));
                }));
    for (var step : SAMPLE.of("steps of the rotation", 2, steps)) {
      ofTheCertificates(answer, step);
    }
  }

  /**
   * A step of a rotation.
   *
   * @param change makes it due
   * @param end verifies that it was taken
   */
  private record Step(String what, Runnable change, ThrowingRunnable end) {}

  /** What is installed stays, and is given other certificates each time. */
  private void ofTheCertificates(String answer, Step step) throws Exception {
    afterEveryWrite(
        step.what,
        answer,
        () -> {},
        step.change,
        () -> {
          assertThat(cluster.published()).as(step.what).startsWith(certificate(AUTHORITY));
          step.end.run();
        },
        () -> {});
  }

  /** As an operator of long ago has left it. */
  private static void serving(Identity authority, Identity leaf, X509Certificate... trusted) {
    ServingSecret.put(cluster.admin(), AUTHORITY, authority, trusted);
    ServingSecret.put(cluster.admin(), CERTIFICATE, leaf, trusted);
    cluster
        .admin()
        .apiServices()
        .withName("v1beta1.metrics.k8s.io")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"caBundle\":\"%s\"}}"
                .formatted(ServingSecret.encoded(Certificates.pem(List.of(trusted)))));
  }

  private static Instant ago(Duration time) {
    return Instant.now().minus(time);
  }

  private static X509Certificate certificate(String secret) {
    return identity(secret).certificate();
  }

  private static Identity identity(String secret) {
    var data =
        cluster.admin().secrets().inNamespace("kube-system").withName(secret).get().getData();
    return Identity.parse(
            ServingSecret.decoded(data.get("tls.crt")), ServingSecret.decoded(data.get("tls.key")))
        .orElseThrow();
  }

  /**
   * The registration says at first that it is not verified. There are too many writes to start from
   * the beginning for each: the operator that is started again dies after its next one.
   */
  @ParameterizedTest
  @MethodSource("answers")
  void adoption_crashAfterAnyWrite_endsAsWithoutCrash(String answer) throws Exception {
    try (var _ = cluster.deployAtOnce()) {
      Runnable before = () -> cluster.admin().load(upstream()).create();
      Runnable change = () -> cluster.applyConfig(spec(", conflictPolicy: Adopt"));
      before.run();
      var from = cluster.audit().end();
      change.run();
      undisturbed();
      var wanted = state(paths(from));
      clear();

      before.run();
      var run = new Run(wanted, "adoption, " + SAMPLE);
      var crashes = 0;
      try (var registration = new RegistrationWatch(cluster.admin())) {
        change.run();
        while (crash(SAMPLE.number("adoption " + crashes, 1, 6), answer)) {
          crashes++;
        }
        run.endsWith(undisturbed());
        registration.neverUnverifiedAgain();
      }
      assertThat(crashes)
          .as("crashes, " + SAMPLE)
          .isGreaterThanOrEqualTo(SAMPLE.isAll() ? wanted.size() : 2);
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

  private void afterEveryWrite(String what, String answer, Runnable before, Runnable change)
      throws Exception {
    afterEveryWrite(what, answer, before, change, () -> {}, this::clear);
  }

  private void afterEveryWrite(
      String what,
      String answer,
      Runnable before,
      Runnable change,
      ThrowingRunnable end,
      Runnable after)
      throws Exception {
    before.run();
    var from = cluster.audit().end();
    change.run();
    undisturbed();
    var writes = writes(from);
    var wanted = state(paths(from));
    assertThat(writes).isPositive();
    verify(end);
    after.run();

    for (var write : SAMPLE.of(what, 1, IntStream.rangeClosed(1, writes).boxed().toList())) {
      before.run();
      var run = new Run(wanted, "write %d of %d, %s".formatted(write, writes, SAMPLE));
      try (var registration = new RegistrationWatch(cluster.admin())) {
        change.run();
        crash(write, answer);
        run.endsWith(undisturbed());
        registration.neverUnverifiedAgain();
      }
      verify(end);
      after.run();
    }
  }

  private static void verify(ThrowingRunnable end) throws Exception {
    try {
      end.run();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** One with a crash, from before it on. */
  private static final class Run {

    private final Map<String, JsonNode> wanted;
    private final String crash;
    private final long from = cluster.audit().end();
    private final Map<String, String> there;

    /**
     * @param wanted the state of each object after a run without a crash
     */
    Run(Map<String, JsonNode> wanted, String crash) {
      this.wanted = wanted;
      this.crash = crash;
      this.there = uids(wanted.keySet());
      there.keySet().removeIf(path -> wanted.get(path).isMissingNode());
    }

    void endsWith(String log) {
      wanted.forEach((path, state) ->
          assertThat(state(path)).as("%s after %s\n%s", path, crash, log).isEqualTo(state));
      assertThat(uids(wanted.keySet()))
          .as("what was there before and is not to go")
          .containsAllEntriesOf(there);
      assertThat(creations(from).values()).as("creations of each object").allMatch(n -> n == 1);
      assertThat(written(from).filter(r -> r.name().equals(AUTHORITY)).count())
          .as("CAs made\n%s", log)
          .isLessThanOrEqualTo(1);
    }
  }

  /** Until nothing is left to do. Returns what it logged. */
  private static String undisturbed() {
    var from = cluster.audit().end();
    try (var operator = operator("undisturbed", List.of(), List.of())) {
      await("it is done")
          .atMost(ClusterFixture.LIMIT)
          .failFast("the operator died", () -> !operator.isAlive())
          .until(() -> isDone(operator));
      quiet(from);
      assertThat(operator.terminate()).as(operator.log()).isZero();
      return operator.log();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns whether it died, and did not end before that write. */
  private static boolean crash(int write, String answer) {
    var from = cluster.audit().end();
    var options = List.of("-Dcrash.after=" + write, "-Dcrash.answer=" + answer);
    try (var operator = operator("crash", options, crashing)) {
      await("it dies")
          .atMost(ClusterFixture.LIMIT)
          .until(() -> !operator.isAlive() || (isDone(operator) && isQuiet(from)));
      return !operator.isAlive();
    }
  }

  private static boolean isDone(OperatorUnderTest operator) {
    return operator.log().contains("Verified all objects") && isObserved() && isTakenOver();
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
        .atMost(ClusterFixture.LIMIT)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> isQuiet(from));
  }

  /** No write for three times as long as any two of them were apart, on any machine. */
  private static boolean isQuiet(long from) {
    var times = written(from).map(AuditLog.Request::answered).sorted().toList();
    var pause = SHORTEST_PAUSE;
    for (var i = 1; i < times.size(); i++) {
      var apart = Duration.between(times.get(i - 1), times.get(i)).multipliedBy(3);
      pause = Collections.max(List.of(pause, Collections.min(List.of(apart, LONGEST_PAUSE))));
    }
    return times.isEmpty() || times.getLast().isBefore(Instant.now().minus(pause));
  }

  /** The pods of the former owner are gone. */
  private static boolean isTakenOver() {
    var deployment =
        cluster.admin().apps().deployments().inNamespace("kube-system").withName("metrics-server");
    return Optional.ofNullable(deployment.get())
        .map(d -> d.getMetadata().getAnnotations())
        .filter(annotations -> annotations.containsKey(Annotations.TAKEOVER))
        .isEmpty();
  }

  // --------------------------------------------------------------------------------- what is there

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
