package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long no replica of the operator is active when the active one ends. */
@IntegrationTest
class HandoverIT {

  /** How long the Lease of a leader that is gone is respected. */
  private static final Duration LEASE = Duration.ofSeconds(15);

  private static final Duration A_WHILE = Duration.ofMinutes(2);
  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static Path kubeconfig;
  private static final List<OperatorUnderTest> operators = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    kubeconfig = cluster.operatorKubeconfig();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
    cluster.addReadyEndpoint();
  }

  @AfterEach
  void stopOperators() {
    operators.forEach(OperatorUnderTest::close);
    operators.clear();
  }

  @Test
  void plannedHandover_leaderTerminates_standByDoesNotWaitForTheEndOfTheLease(TestReporter reporter)
      throws Exception {
    var times = new ArrayList<Duration>();
    var leader = leading("planned-0");
    for (var i = 1; i <= 5; i++) {
      var standBy = standingBy("planned-" + i);
      assertThat(leader.terminate()).isZero();
      times.add(takesOver(standBy, "planned-" + i, Instant.now()));
      leader = standBy;
    }
    reporter.publishEntry(
        "planned hand-over, from the end of the old leader to the Lease of the new one",
        times.toString());
    assertThat(times).allSatisfy(t -> assertThat(t).isLessThan(LEASE));
  }

  @Test
  void crash_leaderKilled_standByTakesOver(TestReporter reporter) throws Exception {
    var leader = leading("crash-0");
    var standBy = standingBy("crash-1");
    leader.kill();
    var time = takesOver(standBy, "crash-1", Instant.now());
    reporter.publishEntry(
        "hand-over after SIGKILL, until the new leader has the Lease", time.toString());
  }

  private static OperatorUnderTest started(String name) throws IOException {
    var operator = new OperatorUnderTest(kubeconfig, name);
    operators.add(operator);
    return operator;
  }

  /** One that holds the Lease and has done its work. */
  private static OperatorUnderTest leading(String name) throws Exception {
    var operator = started(name);
    await(name + " leads")
        .atMost(A_WHILE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> name.equals(holder()) && acts(operator));
    return operator;
  }

  /** One that has all its watches. */
  private static OperatorUnderTest standingBy(String name) throws Exception {
    var operator = started(name);
    await(name + " stands by")
        .atMost(A_WHILE)
        .pollInterval(Duration.ofMillis(50))
        .until(operator::isReady);
    return operator;
  }

  /** How long it takes until it holds the Lease; then it acts. */
  private static Duration takesOver(OperatorUnderTest standBy, String name, Instant since) {
    await(name + " holds the Lease")
        .atMost(A_WHILE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> name.equals(holder()));
    var time = Duration.between(since, Instant.now());
    await(name + " acts").atMost(A_WHILE).until(() -> acts(standBy));
    return time;
  }

  private static boolean acts(OperatorUnderTest operator) {
    return operator.log().contains("Verified all objects");
  }

  private static String holder() {
    var lease =
        cluster
            .admin()
            .leases()
            .inNamespace("metrics-server-operator")
            .withName("metrics-server-operator")
            .get();
    return lease == null ? "" : lease.getSpec().getHolderIdentity();
  }
}
