package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.operator.AuditLog.Request;
import dev.metricsserver.operator.FaultProxy.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The operator dies right after a write, for each of its writes in turn, knowing what came of it or
 * not; the next one must end where an undisturbed one does, and make nothing twice.
 */
class CrashIT {

  private static final Duration A_WHILE = Duration.ofMinutes(2);
  private static final Duration QUIET = Duration.ofMillis(700);
  private static final String TWO = "{kubelet: {tls: {mode: Insecure}}}";
  private static final String ONE =
      "{kubelet: {tls: {mode: Insecure}}, version: 0.8.1, replicas: 1, networkPolicy: {mode:"
          + " Disabled}, logging: {verbosity: 2}}";

  private static TestCluster cluster;
  private static ManagedObjects objects;
  private static FaultProxy proxy;
  private static Path kubeconfig;
  private static OperatorUnderTest operator;
  private static int starts;

  @BeforeAll
  static void start() throws Exception {
    cluster = new TestCluster();
    objects = new ManagedObjects(cluster.admin());
    proxy = new FaultProxy(cluster.admin().getConfiguration());
    kubeconfig = cluster.operatorKubeconfig(proxy.url());
    cluster.addReadyEndpoint();
    startOperator();
    cluster.applyConfig(TWO);
    quiet();
    assertThat(operator.terminate()).as("exit status").isZero();
    startOperator();
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  /** Under the same name each time, as if the kubelet had started the container again. */
  private static void startOperator() throws Exception {
    proxy.passEverything();
    operator = new OperatorUnderTest(kubeconfig, "crash-it", "crash-it-" + starts++);
  }

  /** As the kubelet does. */
  @BeforeEach
  void restart() throws Exception {
    restartIfDead();
  }

  private static void restartIfDead() throws Exception {
    if (!operator.isAlive()) {
      startOperator();
    }
  }

  @ParameterizedTest
  @EnumSource(Answer.class)
  void anInstallation(Answer answer) throws Exception {
    uninstall();
    cluster.applyConfig(TWO);
    quiet();
    var expected = objects.state();
    assertThat(objects.get()).as("objects of an undisturbed installation").hasSize(11);
    for (var n = 1; ; n++) {
      uninstall();
      if (!crashes(n, answer, TWO, expected)) {
        assertThat(n).as("writes of an installation").isGreaterThan(11);
        return;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Answer.class)
  void aChangeOfSettings(Answer answer) throws Exception {
    cluster.applyConfig(ONE);
    quiet();
    var one = objects.state();
    cluster.applyConfig(TWO);
    quiet();
    var two = objects.state();
    assertThat(one).isNotEqualTo(two);
    for (var n = 1; ; n++) {
      var there = crashes(n, answer, ONE, one);
      var back = crashes(n, answer, TWO, two);
      if (!there && !back) {
        assertThat(n).as("writes of a change").isGreaterThan(4);
        return;
      }
    }
  }

  /** It has nothing to do, so there is nothing that a crash could leave half done. */
  @Test
  void aDeletionIsNoWorkForTheOperator() {
    cluster.applyConfig(TWO);
    quiet();
    var uid = cluster.config().getMetadata().getUid();
    assertThat(cluster.config().getMetadata().getFinalizers()).isEmpty();
    assertThat(objects.get())
        .allSatisfy(o ->
            assertThat(o.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(uid)));
    proxy.passEverything();
    uninstall();
    await().during(Duration.ofSeconds(2)).until(() -> proxy.writes() == 0);
  }

  /**
   * Applies a spec, lets the operator die at its n-th write, and sees that the next one finishes.
   *
   * @return whether it came to that: not when there are fewer writes
   */
  private static boolean crashes(int n, Answer answer, String spec, String expected)
      throws Exception {
    var before = cluster.audit().operatorWrites().size();
    proxy.crashAt(n, answer, operator::kill);
    cluster.applyConfig(spec);
    await("the operator is dead, or done")
        .atMost(A_WHILE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !operator.isAlive() || objects.state().equals(expected));
    if (operator.isAlive()) {
      quiet();
    }
    // There may have been fewer writes: the next ones are none of them.
    proxy.passEverything();
    var crashed = !operator.isAlive();
    if (crashed) {
      startOperator();
    }
    await("the state after write %d, answer %s".formatted(n, answer))
        .atMost(A_WHILE)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> {
          restartIfDead();
          assertThat(objects.state()).isEqualTo(expected);
        });
    quiet();
    assertThat(objects.state()).as("after write %d, answer %s", n, answer).isEqualTo(expected);
    var writes = cluster.audit().operatorWrites();
    assertThat(created(writes.subList(before, writes.size())))
        .as("how often each object was created, after write %d, answer %s", n, answer)
        .allSatisfy((object, times) -> assertThat(times).as(object).isEqualTo(1L));
    return crashed;
  }

  private static Map<String, Long> created(List<Request> writes) {
    return writes.stream()
        .filter(r -> r.code() == 201 && !r.resource().equals("events"))
        .map(r -> r.resource() + "/" + r.name())
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static void uninstall() {
    cluster.admin().resources(MetricsServerConfig.class).delete();
    await("the resource is gone").atMost(A_WHILE).until(() -> cluster.config() == null);
    objects.collect();
    await("everything is gone").atMost(A_WHILE).until(() -> objects.get().isEmpty());
  }

  /** Waits until the operator has verified what is there and writes nothing but its status. */
  private static void quiet() {
    await("the operator is quiet")
        .atMost(A_WHILE)
        .until(() -> {
          var config = cluster.config();
          return !operator.isAlive()
              || (config.getStatus() != null
                  && config
                      .getMetadata()
                      .getGeneration()
                      .equals(config.getStatus().observedGeneration())
                  && objects.get().size() > 8);
        });
    await("it writes nothing").atMost(A_WHILE).until(() -> proxy.quietFor(QUIET));
  }
}
