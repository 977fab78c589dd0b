package dev.metricsserver.mock;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Sample;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Every call of each command that asks a cluster, with every error. Many runs share one cluster at
 * the same time; each is a user of its own, so that it gets its own error. A few calls, chosen at
 * random, get each error among the unit tests, and all of them among the integration tests.
 */
@IntegrationTest
class CommandErrorsTest {

  private static final int AT_ONCE = 6;
  private static final int SAMPLE_SIZE = 4;
  private static final Sample SAMPLE = new Sample();
  private static final String PATIENT = "60s";
  private static final String IMPATIENT = "300ms";

  @TempDir private static Path directory;
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final Map<String, Case> CASES = new ConcurrentHashMap<>();
  private static final Map<String, Set<String>> SEEN = new ConcurrentHashMap<>();
  private static MockCluster cluster;
  private static ExecutorService threads;

  private static final String FIX = "doctor --fix MetricsStale --yes";

  /** Users of {@link #FIX}, and those that have restarted metrics-server. */
  private static final Set<String> FIXING = ConcurrentHashMap.newKeySet();

  private static final Set<String> RESTARTED = ConcurrentHashMap.newKeySet();

  /** By command, how it ends without an error, and its calls. */
  private static final Map<String, CommandLineRun> HEALTHY = new TreeMap<>();

  private static final Map<String, Set<String>> CALLS = new TreeMap<>();

  private static final Map<Failure, List<Future<Outcome>>> OUTCOMES = new EnumMap<>(Failure.class);

  /** One call of a command fails. */
  private record Case(String command, String call, Failure failure) {}

  /** A case that ended otherwise than it should. */
  private record Outcome(Case failed, CommandLineRun run) {

    /** The error is reported, in a sentence, by the exit status or among what could not be read. */
    boolean right() {
      var text = run.out() + run.err();
      var reported = text.contains("injected ") || text.contains("does not answer");
      var plain = !text.contains("\tat ") && !text.contains("Exception");
      var healthy = HEALTHY.get(failed.command());
      // Of what could not be read, no warning is found.
      var status = run.status() == 2 || run.status() == healthy.status() || reported;
      return plain && status && (reported || absent() || untimed(run).equals(untimed(healthy)));
    }

    private static CommandLineRun untimed(CommandLineRun run) {
      return new CommandLineRun(
          run.status(), run.out().replaceAll("\\d\\d:\\d\\d:\\d\\d", "TIME"), run.err());
    }

    /** An object that is not there is an answer. */
    private boolean absent() {
      return failed.failure() == Failure.NotFound;
    }
  }

  @BeforeAll
  static void start(TestReporter reporter) throws IOException {
    cluster = MockCluster.healthyWithoutTls();
    cluster.fail(CommandErrorsTest::fails);
    threads = Executors.newFixedThreadPool(AT_ONCE);
    var file =
        Files.writeString(
            directory.resolve("cr.yaml"),
            """
            apiVersion: %s
            kind: MetricsServerConfig
            metadata: {name: cluster}
            spec: {metricResolution: 30s}
            """
                .formatted(HasMetadata.getApiVersion(MetricsServerConfig.class)));
    install(file);
    for (var command :
        List.of("plan -f " + file, "doctor", FIX, "import", "crd --apply --timeout 1s")) {
      var token = token();
      HEALTHY.put(command, run(command, token, PATIENT));
      CALLS.put(command, SEEN.get(token));
    }
    reporter.publishEntry("calls of the command line", CALLS.toString());
    reporter.publishEntry("calls that fail", SAMPLE.toString());
    EnumSet.complementOf(EnumSet.of(Failure.ExpiredWatch, Failure.CutWatch))
        .forEach(CommandErrorsTest::runAll);
  }

  /** Starts the runs with all errors at once, because a command waits before it repeats a call. */
  private static void runAll(Failure failure) {
    var cases =
        CALLS.entrySet().stream()
            .flatMap(
                calls -> calls.getValue().stream().map(c -> new Case(calls.getKey(), c, failure)))
            .toList();
    OUTCOMES.put(
        failure,
        SAMPLE.of(failure.name(), Sample.amongUnitTests(SAMPLE_SIZE), cases).stream()
            .map(failed -> threads.submit(() -> outcome(failed)))
            .toList());
  }

  /** As the operator would. */
  private static void install(Path file) {
    var objects = CommandLineRun.of("render", "-f", file.toString(), "--kubernetes", "1.35").out();
    var kubeconfig = cluster.kubeconfig(directory.resolve("admin"), "admin");
    try (var client =
            new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                .build();
        var yaml = new ByteArrayInputStream(objects.getBytes(UTF_8))) {
      client.load(yaml).forceConflicts().serverSideApply();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    cluster.close();
  }

  @Test
  void commands_withoutErrors_haveAnAnswer() {
    assertThat(HEALTHY)
        .allSatisfy((command, run) -> {
          assertThat(run.status()).as("%s: %s%s", command, run.out(), run.err()).isLessThan(2);
          assertThat(CALLS.get(command)).isNotEmpty();
        });
    assertThat(HEALTHY.get(FIX).out()).contains("MetricsStale is gone");
    assertThat(CALLS.get(FIX)).contains("PATCH deployments");
  }

  @ParameterizedTest
  @EnumSource(
      names = {"ExpiredWatch", "CutWatch"},
      mode = Mode.EXCLUDE)
  void command_anyCallFails_reportsItWithoutStackTrace(Failure failure) throws Exception {
    var wrong = new ArrayList<Outcome>();
    for (var outcome : OUTCOMES.get(failure)) {
      if (!outcome.get().right()) {
        wrong.add(outcome.get());
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static Outcome outcome(Case failed) {
    var token = token();
    CASES.put(token, failed);
    var timeout = failed.failure() == Failure.NoAnswer ? IMPATIENT : PATIENT;
    return new Outcome(failed, run(failed.command(), token, timeout));
  }

  private static CommandLineRun run(String command, String token, String timeout) {
    if (command.equals(FIX)) {
      FIXING.add(token);
    }
    var kubeconfig = cluster.kubeconfig(directory.resolve(token), token);
    var line = "%s --request-timeout %s --kubeconfig %s".formatted(command, timeout, kubeconfig);
    return CommandLineRun.of(line.split(" ", -1));
  }

  private static String token() {
    return "run-" + RUNS.incrementAndGet();
  }

  private static boolean fails(HttpServerRequest request) {
    var token = String.valueOf(request.getHeader("Authorization")).replace("Bearer ", "");
    var call = MockCluster.call(request);
    SEEN.computeIfAbsent(token, _ -> new ConcurrentSkipListSet<>()).add(call);
    var failed = CASES.get(token);
    if (failed != null && failed.call().equals(call)) {
      failed.failure().to(request);
      return true;
    }
    return FIXING.contains(token) && restarts(request, call, token);
  }

  /** Metrics are old until the user has restarted metrics-server. Other users do not see it. */
  private static boolean restarts(HttpServerRequest request, String call, String token) {
    if (call.equals("PATCH deployments")) {
      if (request.getParam("dryRun") == null) {
        RESTARTED.add(token);
      }
      MockCluster.answer(request, 200, cluster.get(request.path()).orElseThrow().toString());
      return true;
    }
    if (request.path().equals("/apis/apps/v1")) {
      MockCluster.answer(
          request,
          200,
          """
          {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "apps/v1",
           "resources": [{"name": "deployments", "singularName": "deployment",
                          "kind": "Deployment", "namespaced": true,
                          "verbs": ["get", "patch"]}]}
          """);
      return true;
    }
    if (RESTARTED.contains(token) && request.path().startsWith("/apis/metrics.k8s.io/")) {
      MockCluster.answer(
          request,
          200,
          """
          {"kind": "NodeMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {},
           "items": [{"metadata": {"name": "node1"}, "timestamp": "%1$s", "window": "15s",
                      "usage": {"cpu": "1n", "memory": "1Ki"}},
                     {"metadata": {"name": "node2"}, "timestamp": "%1$s", "window": "15s",
                      "usage": {"cpu": "1n", "memory": "1Ki"}}]}
          """
              .formatted(Instant.now()));
      return true;
    }
    return false;
  }
}
