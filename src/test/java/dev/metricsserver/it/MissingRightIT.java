package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An operator without a right says which, and what it says gives it that right. */
@IntegrationTest
class MissingRightIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void right_missing_isGrantedByTheRemedyOfTheFinding() throws Exception {
    try (var cluster = TestCluster.start()) {
      cluster.takeRights("policy", "poddisruptionbudgets");
      // To watch them it must be allowed from the start; to write them is what it lacks.
      give(
          cluster,
          "kubectl create clusterrole watch --verb=list,watch"
              + " --resource=poddisruptionbudgets.policy --resource-name=metrics-server",
          "kubectl create clusterrolebinding watch --clusterrole=watch"
              + " --serviceaccount=metrics-server-operator:metrics-server-operator");
      try (var operator =
          new OperatorUnderTest(cluster.operatorKubeconfig(), "operator-without-a-right")) {
        cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");
        for (var verb : new String[] {"patch", "create"}) {
          await("it says that it may not " + verb)
              .atMost(SOON)
              .untilAsserted(() ->
                  assertThat(commands(cluster))
                      .as(operator.log())
                      .hasSize(2)
                      .first()
                      .asString()
                      .endsWith(
                          "--verb=%s --resource=poddisruptionbudgets.policy".formatted(verb)
                              + " --resource-name=metrics-server"));
          give(cluster, commands(cluster).toArray(String[]::new));
        }
        await("everything is there")
            .atMost(SOON)
            .untilAsserted(() -> assertThat(operator.log()).contains("Verified all objects"));
      }
    }
  }

  @Test
  void anOperatorThatCannotStartSaysWhatItLacks() throws Exception {
    try (var cluster = TestCluster.start()) {
      cluster.takeRights("policy", "poddisruptionbudgets");
      try (var operator =
          new OperatorUnderTest(cluster.operatorKubeconfig(), "operator-that-cannot-start")) {
        await("it ends").atMost(SOON).until(() -> !operator.isAlive());
        assertThat(operator.log())
            .contains(
                "the operator has no right to list poddisruptionbudgets.policy",
                "--verb=list --resource=poddisruptionbudgets.policy"
                    + " --resource-name=metrics-server");
      }
    }
  }

  private static List<String> commands(TestCluster cluster) {
    return Optional.ofNullable(cluster.config().getStatus())
        .map(MetricsServerConfigStatus::findings)
        .stream()
        .flatMap(List::stream)
        .filter(finding -> finding.code().equals("ApplyFailed"))
        .map(FindingStatus::steps)
        .flatMap(List::stream)
        .flatMap(step -> Stream.ofNullable(step.command()))
        .toList();
  }

  private static void give(TestCluster cluster, String... commands) throws Exception {
    var kubeconfig = "--kubeconfig=" + cluster.adminKubeconfig();
    for (var command : commands) {
      Shell.run(
          Stream.concat(
                  Stream.of(Programs.kubectl(), kubeconfig), Stream.of(command.split(" ")).skip(1))
              .toArray(String[]::new));
    }
  }
}
