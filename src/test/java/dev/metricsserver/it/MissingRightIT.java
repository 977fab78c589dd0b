package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An operator without a right names it, and its remedy grants it. */
@IntegrationTest
class MissingRightIT {

  @RegisterExtension final TestCluster cluster = new TestCluster();

  @Test
  void right_missing_isGrantedByTheRemedyOfTheFinding() throws Exception {
    cluster.takeRights("policy", "poddisruptionbudgets");
    // The operator starts only where it may watch them; here it may not write them.
    run(
        "kubectl create clusterrole watch --verb=list,watch"
            + " --resource=poddisruptionbudgets.policy --resource-name=metrics-server",
        "kubectl create clusterrolebinding watch --clusterrole=watch"
            + " --serviceaccount=metrics-server-operator:metrics-server-operator");
    cluster.startOperator();
    cluster.applyConfig("{kubelet: {tls: {mode: Insecure}}}");

    for (var verb : List.of("patch", "create")) {
      cluster.eventually(
          "the remedy grants the right to " + verb,
          () ->
              assertThat(commands())
                  .hasSize(2)
                  .first()
                  .asString()
                  .endsWith(
                      "--verb=%s --resource=poddisruptionbudgets.policy".formatted(verb)
                          + " --resource-name=metrics-server"));
      run(commands().toArray(String[]::new));
    }

    cluster.eventually(
        "the operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
  }

  @Test
  void operator_cannotWatch_namesTheMissingRightAndEnds() throws Exception {
    cluster.takeRights("policy", "poddisruptionbudgets");
    try (var operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "missing-right")) {
      cluster.eventually(
          "the operator ends", () -> assertThat(operator.isAlive()).as(operator.log()).isFalse());
      assertThat(operator.log())
          .contains(
              "the operator has no right to list poddisruptionbudgets.policy",
              "--verb=list --resource=poddisruptionbudgets.policy"
                  + " --resource-name=metrics-server");
    }
  }

  private List<String> commands() {
    return cluster.findings("ApplyFailed").stream()
        .map(FindingStatus::steps)
        .flatMap(List::stream)
        .flatMap(step -> Stream.ofNullable(step.command()))
        .toList();
  }

  private void run(String... commands) throws Exception {
    var kubeconfig = "--kubeconfig=" + cluster.adminKubeconfig();
    for (var command : commands) {
      Shell.run(
          Stream.concat(
                  Stream.of(Programs.kubectl(), kubeconfig), Stream.of(command.split(" ")).skip(1))
              .toArray(String[]::new));
    }
  }
}
