package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.NOW;
import static dev.metricsserver.plan.Plans.plan;
import static dev.metricsserver.plan.Plans.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History;
import dev.metricsserver.model.History.Attempt;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.model.History.Trouble;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the configuration that was last Ready is restored, and which part of it. */
class RollbackTest {

  private static final String SPEC_ID = "uid/7";
  private static final String WANTED = "{version: 0.9.0, logging: {verbosity: 3}}";
  private static final Configuration LAST = plan("{version: 0.8.1}").rollback().configuration();
  private static final Trouble PULL = trouble("ImagePullBackOff", "not found", "node-1");
  private static final Duration LONG = Duration.ofHours(1);

  private static Trouble trouble(String reason, String message, String node) {
    return new Trouble(reason, message, Optional.ofNullable(node));
  }

  /** The wanted configuration's pods have had this trouble for this long. */
  private static History history(String spec, Trouble trouble, Duration since, Duration progress) {
    return new History(
        SPEC_ID,
        Optional.of(LAST),
        Optional.empty(),
        Optional.of(
            new Attempt(key(spec), NOW.minus(since), NOW.minus(progress), Optional.of(trouble))));
  }

  private static String key(String spec) {
    var history = new History(SPEC_ID, Optional.empty(), Optional.empty(), Optional.empty());
    return plan(spec, SampleCluster.ofNodes(2).history(history))
        .deploymentAnnotations()
        .get(Annotations.CONFIGURATION);
  }

  private static MetricsServerPlan after(History history) {
    return plan(WANTED, SampleCluster.ofNodes(2).history(history));
  }

  @Test
  void configuration_neverReady_isRolledBack() {
    var plan = after(history(WANTED, PULL, LONG, LONG));

    assertThat(plan.rollback().failure())
        .contains(new Failure(key(WANTED), "ImagePullBackOff", "not found"));
    assertThat(plan.rollback().configuration()).isEqualTo(LAST);
    assertThat(plan.version().number()).isEqualTo("0.8.1");
    assertThat(plan.version().advice()).isEmpty();
    assertThat(plan.pod().args()).as("what no rollback touches").contains("--v=3");
    assertThat(plan.deploymentAnnotations().get(Annotations.CONFIGURATION))
        .isNotEqualTo(key(WANTED));
  }

  @ParameterizedTest(name = "{0} at {1} after {2}s, the last progress {3}s ago: {4}")
  @CsvSource({
    "ImagePullBackOff, 15s, 119, 119, false",
    "ImagePullBackOff, 15s, 120, 120, true",
    "CrashLoopBackOff, 15s, 120, 120, true",
    "OOMKilled, 15s, 120, 120, true",
    "NotReady, 15s, 120, 120, true",
    "NotCreated, 15s, 120, 120, true",
    "NotReady, 5m, 689, 689, false",
    "NotReady, 5m, 690, 690, true",
    "Unschedulable, 15s, 599, 599, false",
    "Unschedulable, 15s, 600, 600, true",
    "NotStarted, 15s, 599, 599, false",
    "NotStarted, 15s, 600, 600, true",
    "NotReady, 15s, 3600, 119, false",
    "NotReady, 15s, 119, 3600, false"
  })
  void configuration_beforeItsTimeIsOver_stays(
      String reason, String resolution, long since, long progress, boolean back) {
    var spec = "{version: 0.9.0, metricResolution: %s}".formatted(resolution);
    var history =
        history(
            spec,
            trouble(reason, "", "node-1"),
            Duration.ofSeconds(since),
            Duration.ofSeconds(progress));

    assertThat(
            plan(spec, SampleCluster.ofNodes(2).history(history)).rollback().failure().isPresent())
        .isEqualTo(back);
  }

  @Test
  void clock_nodeOfPodNotReady_stops() {
    var cluster =
        SampleCluster.of(
                SampleNode.number(1).notReady().facts(),
                SampleNode.number(2).facts(),
                SampleNode.number(3).facts())
            .history(history(WANTED, PULL, LONG, LONG));

    assertThat(plan(WANTED, cluster).rollback().failure()).isEmpty();
  }

  @Test
  void clock_tooFewReadyNodes_stops() {
    var cluster =
        SampleCluster.of(SampleNode.number(1).facts(), SampleNode.number(2).notReady().facts())
            .history(history(WANTED, PULL, LONG, LONG));

    assertThat(plan(WANTED, cluster).rollback().failure()).isEmpty();
  }

  @ParameterizedTest(name = "node-{0} ready for {1}s: {2}")
  @CsvSource({"1, 119, false", "1, 120, true", "2, 119, false", "2, 120, true"})
  void clock_nodeIsBack_restarts(int number, long seconds, boolean back) {
    var cluster =
        SampleCluster.of(
                SampleNode.number(number).readySince(NOW.minusSeconds(seconds)).facts(),
                SampleNode.number(3 - number).facts())
            .history(history(WANTED, PULL, LONG, LONG));

    assertThat(plan(WANTED, cluster).rollback().failure().isPresent()).isEqualTo(back);
  }

  /** In a large cluster, some node is always away. */
  @Test
  void clock_unneededNodeNotReady_runs() {
    var cluster =
        SampleCluster.of(
                SampleNode.number(1).facts(),
                SampleNode.number(2).facts(),
                SampleNode.number(3).notReady().facts(),
                SampleNode.number(4).readySince(NOW).facts())
            .history(history(WANTED, PULL, LONG, LONG));

    assertThat(plan(WANTED, cluster).rollback().failure()).isPresent();
  }

  @Test
  void scheduling_noMatchingNode_isRolledBack() {
    var spec = "scheduling: {nodeSelector: {no: where}}";
    var cluster =
        SampleCluster.ofNodes(2)
            .history(history(spec, trouble("Unschedulable", "0/2 nodes", null), LONG, LONG));

    assertThat(plan(spec, cluster).rollback().failure()).isPresent();
  }

  @Test
  void rollback_noLastReady_isNotDone() {
    var history = history(WANTED, PULL, LONG, LONG);
    var first = new History(SPEC_ID, Optional.empty(), Optional.empty(), history.attempt());

    assertThat(after(first).rollback().failure()).isEmpty();
  }

  @Test
  void rollback_wantedIsLastReady_isNotDone() {
    var same = "version: 0.8.1";

    assertThat(
            plan(same, SampleCluster.ofNodes(2).history(history(same, PULL, LONG, LONG)))
                .rollback()
                .failure())
        .isEmpty();
  }

  @Test
  void rollback_never_isNotDone() {
    var spec = "{version: 0.9.0, rollback: Never}";

    assertThat(
            plan(spec, SampleCluster.ofNodes(2).history(history(spec, PULL, LONG, LONG)))
                .rollback()
                .failure())
        .isEmpty();
  }

  /** Also after a restart of the operator, and after the Deployment was deleted meanwhile. */
  @Test
  void failedConfiguration_sameSpec_isNotRetried() {
    var failure = new Failure(key(WANTED), "ImagePullBackOff", "not found");
    var history = new History(SPEC_ID, Optional.of(LAST), Optional.of(failure), Optional.empty());

    assertThat(after(history).rollback().failure()).contains(failure);
    assertThat(after(history).rollback().configuration()).isEqualTo(LAST);
  }

  /** A spec without a version uses the installed one, which the rollback changes. */
  @Test
  void failedConfiguration_versionRolledBack_isNotRetried() {
    var spec = "image: {tag: nowhere}";
    var failure = new Failure(key(spec), "ImagePullBackOff", "not found");
    var history = new History(SPEC_ID, Optional.of(LAST), Optional.of(failure), Optional.empty());
    var cluster = SampleCluster.ofNodes(2).installed(LAST.version()).history(history);

    assertThat(plan(spec, cluster).rollback().failure()).contains(failure);
  }

  /** The size of the pods follows the number of nodes and changes at 101 nodes. */
  @Test
  void failedConfiguration_moreNodes_isNotRetried() {
    var failure = new Failure(key(WANTED), "ImagePullBackOff", "not found");
    var history = new History(SPEC_ID, Optional.of(LAST), Optional.of(failure), Optional.empty());

    assertThat(plan(WANTED, SampleCluster.ofNodes(101).history(history)).rollback().failure())
        .contains(failure);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"uid/8", "other/7"})
  void failedConfiguration_changedSpec_isRetried(String changed) {
    var failure = new Failure(key(WANTED), "ImagePullBackOff", "not found");
    var history =
        new History(
            changed,
            Optional.of(LAST),
            Optional.of(failure),
            history(WANTED, PULL, LONG, LONG).attempt());

    assertThat(after(history).rollback().failure()).isEmpty();
    assertThat(after(history).version().number()).isEqualTo("0.9.0");
  }

  /** Version 0.6.4 has no such flag: a rollback must not drop the rest of the spec. */
  @Test
  void rollback_lastReadyDoesNotFitSpec_isNotDone() {
    var spec = "{version: 0.9.0, kubelet: {requestTimeout: 5s}}";
    var old = plan("{version: 0.6.4}").rollback().configuration();
    var history =
        new History(
            SPEC_ID, Optional.of(old), Optional.empty(), history(spec, PULL, LONG, LONG).attempt());

    assertThat(plan(spec, SampleCluster.ofNodes(2).history(history)).version().number())
        .isEqualTo("0.9.0");
  }

  @Test
  void attempt_unchanged_keepsItsTime() {
    var since = NOW.minusSeconds(30);
    var history = history(WANTED, PULL, Duration.ofSeconds(30), Duration.ZERO);

    assertThat(after(history).deploymentAnnotations())
        .contains(Map.entry(Annotations.CONFIGURED_AT, since.toString()));
    assertThat(
            plan("version: 0.8.0", SampleCluster.ofNodes(2).history(history))
                .deploymentAnnotations())
        .contains(Map.entry(Annotations.CONFIGURED_AT, NOW.toString()));
  }

  // --------------------------------------------------------------------------- the configuration

  @Test
  void configuration_fields_areTheDocumentedOnes() {
    assertThat(Configuration.class.getRecordComponents())
        .extracting(RecordComponent::getName)
        .containsExactly("version", "image", "resources", "scheduling", "extraArgs");
  }

  @Test
  void rollback_restOfSpec_stays() {
    var spec =
        spec(
            """
            version: 0.8.0
            image: {registry: mirror}
            metricResolution: 20s
            kubelet: {tls: {mode: Verify}}
            replicas: 3
            resources: {limits: {memory: 1Gi}}
            scheduling: {nodeSelector: {a: b}}
            hostNetwork: true
            port: 5000
            networkPolicy: {mode: Disabled}
            logging: {verbosity: 3}
            extraArgs: [--profiling=false]
            rollback: Never
            deletionPolicy: Retain
            paused: true
            """);

    assertThat(
            spec.with(
                spec.version(),
                spec.image(),
                spec.resources(),
                spec.scheduling(),
                spec.extraArgs()))
        .isEqualTo(spec);
    assertThat(LAST.in(spec).hostNetwork()).isTrue();
    assertThat(LAST.in(spec).version()).isEqualTo("0.8.1");
    assertThat(LAST.in(spec).extraArgs()).isEmpty();
  }

  @Test
  void configuration_writtenAndRead_isEqual() {
    var serialization = new KubernetesSerialization();
    var configuration =
        plan("""
        {image: {registry: mirror, pullSecrets: [{name: a}]}, resources: {limits: {memory: 1Gi}},
         scheduling: {nodeSelector: {a: b}, tolerations: [{key: c, operator: Exists}]},
         extraArgs: [--profiling=false]}
        """)
            .rollback()
            .configuration();

    assertThat(serialization.unmarshal(serialization.asJson(configuration), Configuration.class))
        .isEqualTo(configuration);
  }
}
