package dev.metricsserver.benchmark;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.LocalCluster;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * How soon the operator, in its container on the local cluster, does what a MetricsServerConfig
 * says. From answer to answer, by the API server's audit log. Run by {@code deploy/local/measure
 * edit}, {@code burst} and {@code create}.
 */
class ResponseBenchmark {

  private static final int EDITS = Integer.getInteger("response.edits", 100);
  private static final int STARTS = Integer.getInteger("response.starts", 5);
  private static final int CREATIONS = Integer.getInteger("response.creations", 10);
  private static final int BURST = 1_000;
  private static final Duration BURST_EVERY = Duration.ofMillis(10);

  /** A limit for everything that belongs to one step; on a slow machine it only takes longer. */
  private static final Duration ENOUGH = LocalCluster.LIMIT;

  @RegisterExtension static final LocalCluster cluster = LocalCluster.restored();
  private static AuditLog audit;

  private final Calibration calibration = new Calibration();

  @BeforeAll
  static void connect() {
    audit = new AuditLog(cluster.auditLog());
    cluster.apply("replicas: 2");
    cluster.awaitReady();
  }

  @AfterAll
  static void close() {
    Calibration.clear(cluster.admin());
  }

  // ------------------------------------------------------------------------------------------
  // edits

  @Test
  void edits() {
    var first = new ArrayList<Duration>();
    for (var start = 0; start < STARTS; start++) {
      cluster.restartOperator();
      quiet();
      first.add(edit());
    }
    for (var edit = 0; edit < 20; edit++) {
      edit();
    }
    var warm = new ArrayList<Duration>();
    for (var edit = 0; edit < EDITS; edit++) {
      warm.add(edit());
    }
    print("first edit after a start, until the Deployment is written", first);
    print("edit until the Deployment is written", warm);
  }

  /** What it changes is no part of a pod, so that pods stay and take no processor time. */
  private Duration edit() {
    var from = audit.end();
    patchReplicas(3 - cluster.config().getSpec().replicas());
    cluster.eventually(
        ENOUGH, "the Deployment is written", () -> assertThat(written(from)).isNotEmpty());
    var edited =
        audit
            .requests(from)
            .filter(r -> r.resource().equals("metricsserverconfigs") && r.isWrite())
            .findFirst()
            .orElseThrow();
    // Edits in life are apart, and so are these.
    quiet();
    calibrate();
    return Duration.between(edited.answered(), written(from).getFirst().answered());
  }

  // ------------------------------------------------------------------------------------------
  // burst

  @Test
  void burst() throws Exception {
    var from = audit.end();
    var before = Instant.now();
    var last = before;
    try (var threads = Executors.newFixedThreadPool(4)) {
      var edits = new ArrayList<CompletableFuture<Void>>();
      for (var edit = 0; edit < BURST; edit++) {
        LockSupport.parkNanos(
            Duration.between(Instant.now(), before.plus(BURST_EVERY.multipliedBy(edit))).toNanos());
        var replicas = 1 + edit % 2;
        edits.add(CompletableFuture.runAsync(() -> patchReplicas(replicas), threads));
      }
      CompletableFuture.allOf(edits.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
      last = Instant.now();
    }
    var wanted = cluster.config().getSpec().replicas();
    cluster.eventually(
        ENOUGH,
        "it converges",
        () -> assertThat(cluster.deployment().getSpec().getReplicas()).isEqualTo(wanted));
    quiet();
    var writes = written(from);
    var after = Duration.between(last, writes.getLast().answered());
    System.out.printf(
        "%d edits in %.1f s: %d writes of the Deployment, the last one %d ms after the last edit%n",
        BURST, seconds(Duration.between(before, last)), writes.size(), after.toMillis());
    calibrate();
    calibration.print("the last write after the last edit", after);
    assertThat(writes.size()).isLessThanOrEqualTo(25);
  }

  private static void patchReplicas(int replicas) {
    cluster
        .admin()
        .resources(MetricsServerConfig.class)
        .withName("cluster")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"replicas\":%d}}".formatted(replicas));
  }

  // ---------------------------------------------------------------------------------------
  // creation

  /** Most of the time goes by with pods that end and start. */
  @Test
  void creations() {
    var objects = new ArrayList<Duration>();
    var registrations = new ArrayList<Duration>();
    for (var creation = 0; creation < CREATIONS; creation++) {
      cluster.delete(DeletionPropagation.FOREGROUND);
      cluster.awaitGone();
      calibrate();
      create(objects, registrations);
    }
    print("created until the last object is, the APIService aside", objects);
    print("first ready endpoint until the APIService", registrations);
  }

  private void create(List<Duration> objects, List<Duration> registrations) {
    var from = audit.end();
    try (var endpoint = new FirstEndpoint()) {
      cluster.apply("replicas: 2");
      Predicate<AuditLog.Request> registration = r -> r.resource().equals("apiservices");
      cluster.eventually(
          Duration.ofMinutes(3),
          "the metrics API is registered",
          () -> assertThat(created(from)).anyMatch(registration));
      var creations = created(from);
      var created =
          audit
              .requests(from)
              .filter(r -> r.resource().equals("metricsserverconfigs") && r.code() == 201)
              .findFirst()
              .orElseThrow();
      objects.add(
          Duration.between(
              created.answered(),
              creations.stream()
                  .filter(registration.negate())
                  .map(AuditLog.Request::answered)
                  .reduce((a, b) -> b)
                  .orElseThrow()));
      registrations.add(
          Duration.between(
              endpoint.seen,
              creations.stream()
                  .filter(registration)
                  .map(AuditLog.Request::answered)
                  .findFirst()
                  .orElseThrow()));
    }
  }

  private static List<AuditLog.Request> created(long from) {
    return audit
        .requests(from)
        .filter(AuditLog.Request::isOperators)
        .filter(AuditLog.Request::isWrite)
        .filter(r -> r.code() == 201)
        .filter(r -> !r.resource().equals("events") && !r.resource().endsWith("reviews"))
        // What was Ready is remembered when it is.
        .filter(r -> !r.resource().equals("controllerrevisions"))
        .toList();
  }

  /** When anybody could see it; the audit log has no bodies. */
  private static final class FirstEndpoint implements Watcher<EndpointSlice>, AutoCloseable {

    private final Watch watch =
        cluster
            .admin()
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace(NAMESPACE)
            .withLabel("kubernetes.io/service-name", "metrics-server")
            .watch(this);
    private volatile Instant seen;

    @Override
    public void eventReceived(Action action, EndpointSlice slice) {
      if (seen == null
          && action != Action.DELETED
          && slice.getEndpoints().stream()
              .anyMatch(e -> Boolean.TRUE.equals(e.getConditions().getReady()))) {
        seen = Instant.now();
      }
    }

    @Override
    public void onClose(WatcherException cause) {
      throw new IllegalStateException(cause);
    }

    @Override
    public void close() {
      watch.close();
    }
  }

  // ------------------------------------------------------------------------------------------------

  private static List<AuditLog.Request> written(long from) {
    return audit
        .requests(from)
        .filter(AuditLog.Request::isOperators)
        .filter(r -> r.resource().equals("deployments") && r.isWrite())
        .toList();
  }

  /** Until no client has written anything of metrics-server for half a second. */
  private static void quiet() {
    var started = Instant.now();
    var from = audit.end();
    cluster.eventually(
        Duration.ofMinutes(1),
        "no client writes",
        () -> {
          var recently = Instant.now().minusMillis(500);
          assertThat(recently).isAfter(started);
          assertThat(
                  audit
                      .requests(from)
                      .filter(AuditLog.Request::isWrite)
                      .filter(r -> !r.resource().equals("leases"))
                      .filter(r -> r.answered().isAfter(recently)))
              .isEmpty();
        });
  }

  private void print(String what, List<Duration> durations) {
    Percentiles.print(what, durations);
    calibration.print("the median", Percentiles.of(durations, 50));
  }

  private void calibrate() {
    calibration.work();
    calibration.write(cluster.admin());
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
