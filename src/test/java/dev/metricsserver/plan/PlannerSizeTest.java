package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.NOW;
import static dev.metricsserver.plan.Plans.plan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.plan.SizePlan.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Number, placement and size of the pods. */
class PlannerSizeTest {

  private static final String KUBELET_TLS = "metricsserver.dev/kubelet-tls";
  private static final String PLANNED_REPLICAS = "metricsserver.dev/planned-replicas";
  private static final String SIZED_FOR = "metricsserver.dev/sized-for-nodes";
  private static final String SMALLER_SINCE = "metricsserver.dev/smaller-since";
  private static final String FEWER_SINCE = "metricsserver.dev/fewer-replicas-since";

  // --------------------------------------------------------------------------------- replicas

  /**
   * A second node beside an ordinary one.
   *
   * @param spec of metrics-server
   * @param capacity whether it can run a pod
   */
  record Second(String name, SampleNode node, String spec, boolean capacity) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Second> secondNodes() {
    return Stream.of(
        new Second("a usual node", node(), "{}", true),
        new Second("a node with Windows", node().label("kubernetes.io/os", "windows"), "{}", false),
        new Second(
            "a node of an unknown system", node().label("kubernetes.io/os", null), "{}", false),
        new Second("a control plane", node().taint(CONTROL_PLANE, "", "NoSchedule"), "{}", false),
        new Second(
            "a control plane that is tolerated",
            node().taint(CONTROL_PLANE, "", "NoSchedule"),
            "scheduling: {tolerations: [{key: " + CONTROL_PLANE + ", operator: Exists}]}",
            true),
        new Second(
            "a taint that only another effect tolerates",
            node().taint("team", "a", "NoExecute"),
            "scheduling: {tolerations: [{key: team, operator: Exists, effect: NoSchedule}]}",
            false),
        new Second(
            "a taint that its effect tolerates",
            node().taint("team", "a", "NoExecute"),
            "scheduling: {tolerations: [{key: team, value: a, effect: NoExecute}]}",
            true),
        new Second(
            "a taint with another value",
            node().taint("team", "a", "NoSchedule"),
            "scheduling: {tolerations: [{key: team, value: b}]}",
            false),
        new Second(
            "a taint without value that Equal tolerates",
            node().taint("team", "", "NoSchedule"),
            "scheduling: {tolerations: [{key: team}]}",
            true),
        new Second(
            "a taint and a toleration of everything",
            node().taint("team", "a", "NoSchedule"),
            "scheduling: {tolerations: [{operator: Exists}]}",
            true),
        new Second(
            "two taints of which one is tolerated",
            node().taint("team", "a", "NoSchedule").taint("gpu", "", "NoSchedule"),
            "scheduling: {tolerations: [{key: team, operator: Exists}]}",
            false),
        new Second(
            "a taint that only prefers", node().taint("team", "a", "PreferNoSchedule"), "{}", true),
        new Second("NotReady", node().notReady(), "{}", true),
        new Second(
            "a cordon",
            node().taint("node.kubernetes.io/unschedulable", "", "NoSchedule"),
            "{}",
            true),
        new Second(
            "no answer from the kubelet",
            node()
                .notReady()
                .taint("node.kubernetes.io/unreachable", "", "NoSchedule")
                .taint("node.kubernetes.io/unreachable", "", "NoExecute"),
            "{}",
            true),
        new Second(
            "pressure",
            node().taint("node.kubernetes.io/disk-pressure", "", "NoSchedule"),
            "{}",
            true),
        new Second(
            "a node that its cloud is still preparing",
            node().taint("node.cloudprovider.kubernetes.io/uninitialized", "true", "NoSchedule"),
            "{}",
            true),
        new Second(
            "a selector that leaves one", node(), "scheduling: {nodeSelector: {a: b}}", false),
        new Second(
            "a selector that leaves both",
            node().label("a", "b"),
            "scheduling: {nodeSelector: {a: b}}",
            true));
  }

  private static final String CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

  private static SampleNode node() {
    return SampleNode.number(2);
  }

  @ParameterizedTest
  @MethodSource("secondNodes")
  void replicas_twoUsableNodes_areTwo(Second second) {
    var first = SampleNode.number(1).label("a", "b").facts();
    var plan = plan(second.spec(), SampleCluster.of(first, second.node().facts()));

    assertThat(plan.size().replicas()).isEqualTo(second.capacity() ? 2 : 1);
    assertThat(plan.size().disruptionBudget()).isEqualTo(second.capacity());
    assertThat(plan.size().requiredAntiAffinity()).isEqualTo(second.capacity());
  }

  @ParameterizedTest(name = "{0} nodes: {1}")
  @CsvSource({"0, 1", "1, 1", "2, 2", "3, 2", "300, 2"})
  void replicas_manyNodes_areTwo(int nodes, int replicas) {
    assertThat(plan("{}", SampleCluster.ofNodes(nodes)).size().replicas()).isEqualTo(replicas);
  }

  @ParameterizedTest(name = "{0} wanted on {1} nodes")
  @CsvSource({
    "1, 3, false, false",
    "2, 2, true, true",
    "3, 3, true, true",
    "3, 2, true, false",
    "2, 1, true, false"
  })
  void replicas_configured_shareNodesOnlyIfNeeded(
      int replicas, int nodes, boolean disruptionBudget, boolean requiredAntiAffinity) {
    var cluster = SampleCluster.ofNodes(nodes).installed("0.9.0", 2, 100, null, null);
    var plan = plan("replicas: " + replicas, cluster);

    assertThat(plan.size().replicas()).isEqualTo(replicas);
    assertThat(plan.size().disruptionBudget()).isEqualTo(disruptionBudget);
    assertThat(plan.size().requiredAntiAffinity()).isEqualTo(requiredAntiAffinity);
    assertThat(plan.deploymentAnnotations()).doesNotContainKey(FEWER_SINCE);
  }

  @Test
  void replicas_secondNode_increaseAtOnce() {
    var plan = plan("{}", SampleCluster.ofNodes(2).installed("0.9.0", 1, 100, null, null));

    assertThat(plan.size().replicas()).isEqualTo(2);
    assertThat(plan.deploymentAnnotations()).doesNotContainKeys(FEWER_SINCE, SMALLER_SINCE);
  }

  @Test
  void replicas_oneNodeLeft_timeIsNoted() {
    var plan = plan("{}", SampleCluster.ofNodes(1).installed("0.9.0", 2, 100, null, null));

    assertThat(plan.size().replicas()).isEqualTo(2);
    assertThat(plan.deploymentAnnotations())
        .containsEntry(PLANNED_REPLICAS, "2")
        .containsEntry(FEWER_SINCE, NOW.toString());
  }

  @ParameterizedTest(name = "{0} s: {1}")
  @CsvSource({"1, 2", "599, 2", "600, 1", "6000, 1"})
  void replicas_tenMinutesWithOneNode_decrease(long seconds, int replicas) {
    var since = NOW.minusSeconds(seconds);
    var plan = plan("{}", SampleCluster.ofNodes(1).installed("0.9.0", 2, 100, since, null));

    assertThat(plan.size().replicas()).isEqualTo(replicas);
    assertThat(plan.deploymentAnnotations().get(FEWER_SINCE))
        .isEqualTo(replicas == 2 ? since.toString() : null);
  }

  @Test
  void replicas_secondNodeBack_timeIsCleared() {
    var since = NOW.minus(Duration.ofMinutes(9));
    var plan = plan("{}", SampleCluster.ofNodes(2).installed("0.9.0", 2, 100, since, null));

    assertThat(plan.size().replicas()).isEqualTo(2);
    assertThat(plan.deploymentAnnotations()).doesNotContainKey(FEWER_SINCE);
  }

  /** The waiting times of the reductions are independent. */
  @Test
  void replicas_configurationRemoved_waitTenMinutes() {
    var requestsCouldShrinkSince = NOW.minus(Duration.ofMinutes(59));
    var cluster =
        SampleCluster.ofNodes(1).installed("0.9.0", 2, 250, null, requestsCouldShrinkSince);
    var plan = plan("{}", cluster);

    assertThat(plan.size().replicas()).isEqualTo(2);
    assertThat(plan.deploymentAnnotations())
        .containsEntry(FEWER_SINCE, NOW.toString())
        .containsEntry(SMALLER_SINCE, requestsCouldShrinkSince.toString());
  }

  /** Otherwise the waiting time would replace the pods twice. */
  @Test
  void replicas_nodeAwayForAMoment_areUnchanged() {
    var plan = plan("{}", SampleCluster.ofNodes(1).installed("0.9.0", 2, 100, null, null));

    assertThat(plan.size().replicas()).isEqualTo(2);
    assertThat(plan.size().requiredAntiAffinity()).isTrue();
  }

  // ------------------------------------------------------------------------------------- size

  @ParameterizedTest(name = "{0} nodes: {1}")
  @CsvSource({
    "0, 100",
    "1, 100",
    "100, 100",
    "101, 250",
    "250, 250",
    "251, 500",
    "500, 500",
    "501, 1000",
    "1000, 1000",
    "1001, 2500",
    "2500, 2500",
    "2501, 5000",
    "5000, 5000",
    "5001, 10000",
    "10000, 10000",
    "12000, 10000"
  })
  void requests_nodes_areOfTheirStep(int nodes, String step) {
    assertThat(plan("{}", cluster(nodes)).deploymentAnnotations()).containsEntry(SIZED_FOR, step);
  }

  @Test
  void requests_moreNodes_growAtOnce() {
    var plan = plan("{}", cluster(101).installed("0.9.0", 2, 100, null, null));

    assertThat(plan.deploymentAnnotations())
        .containsEntry(SIZED_FOR, "250")
        .doesNotContainKey(SMALLER_SINCE);
  }

  @ParameterizedTest(name = "{0} nodes, sized for {1}")
  @CsvSource({"100, 250", "70, 250", "175, 500", "350, 1000", "9000, 10000"})
  void requests_fewNodesLess_stay(int nodes, int sizedFor) {
    var longAgo = NOW.minus(Duration.ofDays(9));
    var cluster = cluster(nodes).installed("0.9.0", 2, sizedFor, null, longAgo);

    assertThat(plan("{}", cluster).deploymentAnnotations())
        .containsEntry(SIZED_FOR, Integer.toString(sizedFor))
        .doesNotContainKey(SMALLER_SINCE);
  }

  @ParameterizedTest(name = "{0} nodes, sized for {1}")
  @CsvSource({"69, 250", "174, 500", "2, 1000"})
  void requests_muchFewerNodes_timeIsNoted(int nodes, int sizedFor) {
    var cluster = cluster(nodes).installed("0.9.0", 2, sizedFor, null, null);

    assertThat(plan("{}", cluster).deploymentAnnotations())
        .containsEntry(SIZED_FOR, Integer.toString(sizedFor))
        .containsEntry(SMALLER_SINCE, NOW.toString());
  }

  @ParameterizedTest(name = "{0} s: {3}")
  @CsvSource({
    "3599, 69, 250, 250",
    "3600, 69, 250, 100",
    "3600, 174, 500, 250",
    "3600, 300, 1000, 500",
    "3600, 2, 1000, 100"
  })
  void requests_anHourWithFewerNodes_shrink(long seconds, int nodes, int sizedFor, String step) {
    var since = NOW.minusSeconds(seconds);
    var plan = plan("{}", cluster(nodes).installed("0.9.0", 2, sizedFor, null, since));

    assertThat(plan.deploymentAnnotations()).containsEntry(SIZED_FOR, step);
    assertThat(plan.deploymentAnnotations().get(SMALLER_SINCE))
        .isEqualTo(seconds < 3600 ? since.toString() : null);
  }

  @ParameterizedTest(name = "{0} nodes")
  @CsvSource({
    "  100,   100m,   200Mi,     1,   400Mi",
    "  250,   250m,   500Mi,     1,  1000Mi",
    "  500,   500m,  1000Mi,     1,  2000Mi",
    " 1000,      1,  2000Mi,     2,  4000Mi",
    " 2500,  2500m,  5000Mi,     5, 10000Mi",
    " 5000,      5, 10000Mi,    10, 20000Mi",
    "10000,     10, 20000Mi,    20, 40000Mi"
  })
  void resources_step_haveUpstreamsAmounts(
      int nodes, String cpu, String memory, String cpuLimit, String memoryLimit) {
    assertThat(plan("{}", cluster(nodes)).size().resources())
        .isEqualTo(new Resources(cpu, memory, cpuLimit, memoryLimit));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{requests: {cpu: 50m}}                 | 50m  | 200Mi  | 1    | 400Mi",
        "{requests: {cpu: '3'}}                 | 3    | 200Mi  | 3    | 400Mi",
        "{requests: {memory: 1Gi}}              | 100m | 1Gi    | 1    | 1Gi",
        "{requests: {cpu: '3', memory: 600M}}   | 3    | 600M   | 3    | 600M",
        "{limits: {cpu: 200m, memory: 256Mi}}   | 100m | 200Mi  | 200m | 256Mi",
        "{requests: {cpu: 200m}, limits: {cpu: 200m}} | 200m | 200Mi | 200m | 400Mi",
        "{requests: {cpu: '0.5'}, limits: {cpu: 1500m, memory: 1024Mi}}"
            + " | 500m | 200Mi  | 1500m | 1Gi",
        "{limits: {cpu: 1000m, memory: 1.5Gi}}  | 100m | 200Mi  | 1    | 1536Mi"
      })
  void resources_configured_areCanonical(
      String resources, String cpu, String memory, String cpuLimit, String memoryLimit) {
    assertThat(plan("resources: " + resources).size().resources())
        .isEqualTo(new Resources(cpu, memory, cpuLimit, memoryLimit));
  }

  @Test
  void annotations_nothingInstalled_areIgnored() {
    var forged = cluster(2).installed("0.9.0", 0, 0, null, Instant.EPOCH);

    assertThat(plan("{}", forged).deploymentAnnotations())
        .doesNotContainKey(SMALLER_SINCE)
        .contains(
            Map.entry(KUBELET_TLS, "Verify"),
            Map.entry(PLANNED_REPLICAS, "2"),
            Map.entry(SIZED_FOR, "100"));
  }

  /** Nodes that can run pods. */
  private static SampleCluster cluster(int nodes) {
    var node = SampleNode.bare("node").facts();
    return SampleCluster.of(Collections.nCopies(nodes, node).toArray(NodeFacts[]::new));
  }
}
