package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.NOW;
import static dev.metricsserver.plan.Plans.decide;
import static dev.metricsserver.plan.Plans.plan;
import static dev.metricsserver.plan.Plans.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.Owner.Kind;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.Violation.OtherSelector;
import dev.metricsserver.plan.Violation.Reverted;
import dev.metricsserver.plan.Violation.ServedElsewhere;
import dev.metricsserver.rendering.Serving;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the operator adopts an existing metrics-server without a gap, and when it stops. */
class AdoptionTest {

  private static final String ADOPT = "conflictPolicy: Adopt";
  private static final Owner HELM =
      new Owner(Kind.Helm, "kube-system", "metrics-server", "annotation");
  private static final Map<String, String> SELECTOR =
      Map.of("app.kubernetes.io/name", "metrics-server", "app.kubernetes.io/instance", "metrics");
  private static final ObjectName DEPLOYMENT_NAME =
      new ObjectName("Deployment", "kube-system", "metrics-server");

  private static final ObjectName DEPLOYMENT =
      new ObjectName("Deployment", "kube-system", "metrics-server");

  private static SampleCluster cluster(Takeover takeover, boolean ownPodReady) {
    return SampleCluster.ofNodes(2).takeover(SELECTOR, takeover, HELM, ownPodReady);
  }

  @Test
  void adopt_existingInstallation_isPlannedWithItsVersion() {
    var foreign = new UnmanagedObject(DEPLOYMENT, List.of(), HELM);
    var cluster = cluster(Takeover.Surge, false).foreign(foreign);

    assertThat(plan(ADOPT, cluster).adoption().previousOwner()).contains(HELM);
    assertThat(plan(ADOPT, cluster).version().number()).as("as it was").isEqualTo("0.8.1");
  }

  /** A selector is immutable, so the pods have its labels beside the usual ones. */
  @Test
  void adopt_existingSelector_isKept() {
    var deployment =
        Workload.deployment(plan(ADOPT, cluster(Takeover.Surge, false)), Optional.empty());

    assertThat(deployment.getSpec().getSelector().getMatchLabels()).isEqualTo(SELECTOR);
    assertThat(deployment.getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(SELECTOR)
        .containsEntry("k8s-app", "metrics-server");
  }

  /** Also after the adoption, with any conflict policy. */
  @Test
  void selector_afterAdoption_isKept() {
    var plan = plan("{}", cluster(null, true));

    assertThat(Workload.deployment(plan, Optional.empty()).getSpec().getSelector().getMatchLabels())
        .isEqualTo(SELECTOR);
    assertThat(plan.deploymentAnnotations())
        .doesNotContainKeys(Annotations.TAKEN_FROM, Annotations.TAKEOVER);
  }

  /** Old pods serve until a new one is ready, and get no request when they terminate. */
  @Test
  void service_firstNewPodReady_selectsOnlyNewPods() {
    var before = plan(ADOPT, cluster(Takeover.Surge, false));
    var between = plan(ADOPT, cluster(Takeover.Surge, true));
    var after = plan(ADOPT, cluster(null, true));

    assertThat(Serving.service(before).getSpec().getSelector()).isEqualTo(SELECTOR);
    assertThat(Serving.service(between).getSpec().getSelector())
        .isEqualTo(Serving.service(after).getSpec().getSelector())
        .containsEntry("app.kubernetes.io/managed-by", "metrics-server-operator");
    assertThat(minReadySeconds(before)).isEqualTo(minReadySeconds(between)).isEqualTo(10);
    assertThat(minReadySeconds(after)).isNull();
    assertThat(after.deploymentAnnotations())
        .doesNotContainKey(Annotations.TAKEOVER)
        .containsEntry(Annotations.TAKEN_FROM, "Helm/kube-system/metrics-server");
    assertThat(before.deploymentAnnotations()).containsEntry(Annotations.TAKEOVER, "Surge");
  }

  private static Integer minReadySeconds(MetricsServerPlan plan) {
    return Workload.deployment(plan, Optional.empty()).getSpec().getMinReadySeconds();
  }

  @ParameterizedTest
  @CsvSource({"Surge, 0, 1", "Replace, 1, 0"})
  void rollout_takeover_surgesWherePossible(Takeover takeover, int unavailable, int surge) {
    var rolling =
        Workload.deployment(plan(ADOPT, cluster(takeover, false)), Optional.empty())
            .getSpec()
            .getStrategy()
            .getRollingUpdate();

    assertThat(rolling.getMaxUnavailable()).isEqualTo(new IntOrString(unavailable));
    assertThat(rolling.getMaxSurge()).isEqualTo(new IntOrString(surge));
  }

  @Test
  void adopt_selectorOfOtherApplication_isRefused() {
    var cluster =
        SampleCluster.ofNodes(2).takeover(Map.of("k8s-app", "other"), Takeover.Surge, HELM, false);

    assertThat(refusal(ADOPT, cluster).violations())
        .containsExactly(new OtherSelector("kube-system", "other"));
  }

  /** Its pods would lose their rights before the operator's pods can serve. */
  @Test
  void adopt_servedFromOtherNamespace_isRefused() {
    var served =
        foreign(
            new ObjectName("APIService", "", "v1beta1.metrics.k8s.io"),
            new ObjectName("Service", "monitoring", "metrics-server"));
    var bound =
        foreign(
            new ObjectName("ClusterRoleBinding", "", "system:metrics-server"),
            new ObjectName("ServiceAccount", "monitoring", "ms"));
    var cluster = SampleCluster.ofNodes(2).foreign(served, bound);

    assertThat(refusal(ADOPT, cluster).violations())
        .containsExactly(new ServedElsewhere("monitoring", "kube-system"));
    assertThat(decide("{conflictPolicy: Adopt, namespace: monitoring}", cluster))
        .as("where it is")
        .isInstanceOf(Planned.class);
    assertThat(decide(ADOPT, SampleCluster.ofNodes(2).foreign(served)))
        .as("with bindings of its own")
        .isInstanceOf(Planned.class);
  }

  private static UnmanagedObject foreign(ObjectName object, ObjectName serves) {
    return new UnmanagedObject(object, List.of(serves), HELM);
  }

  /**
   * Another field manager changes an object at these minutes.
   *
   * @param stops whether the operator stops
   */
  @ParameterizedTest
  @CsvSource({
    "'0', false",
    "'0 1', false",
    "'0 1 2', true",
    "'0 5 10', true",
    "'0 5 11', false",
    "'0 11 12', false",
    "'0 11 12 13', true",
    // Later changes make no difference: the operator has stopped.
    "'0 1 2 60', true"
  })
  void adopt_threeRevertsWithinTenMinutes_stops(String minutes, boolean stops) {
    var changes =
        Arrays.stream(minutes.split(" ", -1))
            .map(Integer::parseInt)
            .map(m -> change(DEPLOYMENT_NAME, m))
            .toArray(ConflictingWrite[]::new);

    assertThat(decide(ADOPT, cluster(null, true).conflictingWrites(changes)))
        .isInstanceOf(stops ? Refused.class : Planned.class);
  }

  @Test
  void adopt_oneRevertOfEachObject_continues() {
    var changes =
        IntStream.range(0, 5)
            .mapToObj(i -> change(new ObjectName("Service", "", "s" + i), 0))
            .toArray(ConflictingWrite[]::new);

    assertThat(decide(ADOPT, cluster(null, true).conflictingWrites(changes)))
        .isInstanceOf(Planned.class);
  }

  @Test
  void adoption_revertedThreeTimes_namesManagerAndObject() {
    var refused =
        refusal(
            ADOPT,
            cluster(null, true)
                .conflictingWrites(
                    change(DEPLOYMENT_NAME, 0),
                    change(DEPLOYMENT_NAME, 1),
                    change(DEPLOYMENT_NAME, 2)));

    assertThat(refused.reason()).isEqualTo(Refusal.Contested);
    assertThat(refused.violations())
        .containsExactly(new Reverted("deploy@server-0", DEPLOYMENT_NAME, 3, 10));
  }

  private static ConflictingWrite change(ObjectName object, int minute) {
    return new ConflictingWrite(object, "deploy@server-0", NOW.plus(Duration.ofMinutes(minute)));
  }
}
