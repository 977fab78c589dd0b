package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.History.Attempt;
import dev.metricsserver.model.History.Trouble;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations.Coverage;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.TroubleKind;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read off objects as the API server has them. */
class ObserverTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  // ------------------------------------------------------------------------------------- rollout

  private static Rollout rollout(String status) {
    return Observer.rollout(
        YAML.unmarshal(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: metrics-server, namespace: kube-system, generation: 7}
            spec: {replicas: 2}
            """
                + status,
            Deployment.class));
  }

  @Test
  void aFinishedRolloutIsComplete() {
    var rollout =
        rollout(
            """
            status:
              observedGeneration: 7
              replicas: 2
              updatedReplicas: 2
              readyReplicas: 2
              availableReplicas: 2
              conditions:
                - type: Available
                  status: "True"
                  reason: MinimumReplicasAvailable
                  message: Deployment has minimum availability.
                - type: Progressing
                  status: "True"
                  reason: NewReplicaSetAvailable
                  message: ReplicaSet "metrics-server-7c9f" has successfully progressed.
            """);

    assertThat(rollout).isEqualTo(new Rollout(true, 2, 2, 2, 2, Optional.empty()));
    assertThat(rollout.complete()).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "observedGeneration: 6, replicas: 2, updatedReplicas: 2, availableReplicas: 2 | not seen",
        "replicas: 2, updatedReplicas: 2, availableReplicas: 2 | not seen",
        "observedGeneration: 7, replicas: 2, updatedReplicas: 1, availableReplicas: 2 | one is old",
        "observedGeneration: 7, replicas: 3, updatedReplicas: 2, availableReplicas: 2 | one too"
            + " many",
        "observedGeneration: 7, replicas: 1, updatedReplicas: 1, availableReplicas: 1 | one"
            + " missing",
        "observedGeneration: 7, replicas: 2, updatedReplicas: 2 | none available",
        "observedGeneration: 7 | nothing yet"
      })
  void aRolloutIsNotCompleteAsLongAs(String status, String why) {
    assertThat(rollout("status: {" + status + "}").complete()).as(why).isFalse();
  }

  // ------------------------------------------------------------------------------------- attempt

  private static final String ROLLING =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: metrics-server
        generation: 7
        annotations:
          metricsserver.dev/configuration: uid/7/1f
          metricsserver.dev/configured-at: "2026-11-21T11:00:00Z"
      spec: {replicas: 2}
      status:
        observedGeneration: 7
        replicas: 2
        updatedReplicas: 1
        availableReplicas: 1
        conditions:
          - {type: Progressing, status: "True", lastUpdateTime: "2026-11-21T11:00:05Z"}
      """;

  private static Pod pod(String name, String created, String status) {
    return YAML.unmarshal(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, creationTimestamp: "2026-11-21T%sZ"}
        spec: {nodeName: node-1, containers: [{name: a, image: r/m:v0}]}
        status: %s
        """
            .formatted(name, created, status),
        Pod.class);
  }

  private static Optional<Attempt> attempt(String deployment, Pod... pods) {
    return Observer.attempt(YAML.unmarshal(deployment, Deployment.class), List.of(pods));
  }

  @Test
  void theTroubleIsThatOfTheYoungestPodThatIsNotReady() {
    var pulling =
        "{containerStatuses: [{name: a, state: {waiting: {reason: ImagePullBackOff, message:"
            + " no}}}]}";

    assertThat(
            attempt(
                ROLLING,
                pod("old", "09:00:00", "{conditions: [{type: Ready, status: 'True'}]}"),
                pod("older", "08:00:00", "{conditions: [{type: Ready, status: 'False'}]}"),
                pod("new", "11:00:01", pulling)))
        .contains(
            new Attempt(
                "uid/7/1f",
                Instant.parse("2026-11-21T11:00:00Z"),
                Instant.parse("2026-11-21T11:00:05Z"),
                Optional.of(new Trouble("ImagePullBackOff", "no", Optional.of("node-1")))));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "NotReady | {containerStatuses: [{name: a, state: {running: {startedAt:"
            + " '2026-11-21T11:00:03Z'}}}]}",
        "CrashLoopBackOff | {containerStatuses: [{name: a, state: {running: {startedAt:"
            + " '2026-11-21T11:00:03Z'}}, lastState: {terminated: {reason: Error}}}]}",
        "OOMKilled | {containerStatuses: [{name: a, state: {terminated: {reason: OOMKilled}}}]}",
        "NotStarted | {containerStatuses: [{name: a, state: {waiting: {reason:"
            + " ContainerCreating}}}]}",
        "NotStarted | {}",
        "Unschedulable | {conditions: [{type: PodScheduled, status: 'False', reason:"
            + " Unschedulable}]}"
      })
  void whatAPodHasNotDoneYet(String reason, String status) {
    assertThat(attempt(ROLLING, pod("new", "11:00:01", status)).orElseThrow().trouble())
        .map(Trouble::reason)
        .contains(reason);
  }

  @Test
  void podsThatCannotBeMadeAreTrouble() {
    var refused =
        ROLLING
            + "    - {type: ReplicaFailure, status: 'True', message: exceeded quota,"
            + " lastUpdateTime: '2026-11-21T11:00:05Z'}";

    assertThat(attempt(refused).orElseThrow().trouble())
        .contains(Trouble.of(TroubleKind.NotCreated, "exceeded quota", Optional.empty()));
    assertThat(attempt(ROLLING).orElseThrow().trouble()).as("while they are made").isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"observedGeneration: 7", "observedGeneration: 6"})
  void thereIsNoTroubleBeforeAndAfterTheRollout(String seen) {
    var status =
        ROLLING
            .replace("observedGeneration: 7", seen)
            .replace("updatedReplicas: 1", "updatedReplicas: 2");

    assertThat(attempt(status, pod("new", "11:00:01", "{}")).orElseThrow().trouble()).isEmpty();
  }

  @Test
  void aDeploymentWithoutANoteIsNoAttempt() {
    assertThat(attempt(ROLLING.replace("configured-at", "other"))).isEmpty();
    assertThat(attempt(ROLLING.replace("2026-11-21T11:00:00Z", "yesterday"))).isEmpty();
  }

  // ------------------------------------------------------------------------------------- rollout

  /** One pod that serves is enough: the other one is a finding, and no reason to wait. */
  @Test
  void aRolloutWithOnePodOfTwoAvailableIsComplete() {
    assertThat(
            rollout(
                    "status: {observedGeneration: 7, replicas: 2, updatedReplicas: 2,"
                        + " availableReplicas: 1}")
                .complete())
        .isTrue();
  }

  @Test
  void rollout_withoutStatus_hasNoPods() {
    assertThat(rollout("")).isEqualTo(new Rollout(false, 2, 0, 0, 0, Optional.empty()));
    assertThat(rollout("status: {}")).isEqualTo(new Rollout(false, 2, 0, 0, 0, Optional.empty()));
  }

  @Test
  void podsThatCannotBeMadeAreAFailureAndItsReasonComesFirst() {
    assertThat(
            rollout(
                    """
                    status:
                      observedGeneration: 7
                      unavailableReplicas: 2
                      conditions:
                        - type: Progressing
                          status: "False"
                          reason: ProgressDeadlineExceeded
                          message: ReplicaSet "metrics-server-7c9f" has timed out progressing.
                        - type: Available
                          status: "False"
                          reason: MinimumReplicasUnavailable
                          message: Deployment does not have minimum availability.
                        - type: ReplicaFailure
                          status: "True"
                          reason: FailedCreate
                          message: 'pods "metrics-server-7c9f-" is forbidden: exceeded quota'
                    """)
                .refusal())
        .contains("pods \"metrics-server-7c9f-\" is forbidden: exceeded quota");
  }

  @Test
  void aRolloutThatTakesTooLongIsAFailure() {
    assertThat(
            rollout(
                    """
                    status:
                      conditions:
                        - type: Progressing
                          status: "False"
                          reason: ProgressDeadlineExceeded
                          message: ReplicaSet "metrics-server-7c9f" has timed out progressing.
                        - type: ReplicaFailure
                          status: "False"
                          message: not any more
                    """)
                .failure())
        .contains(
            new Problem(
                Rollout.OVERDUE, "ReplicaSet \"metrics-server-7c9f\" has timed out progressing."));
  }

  @Test
  void aFailureWithoutMessageIsAFailure() {
    assertThat(rollout("status: {conditions: [{type: ReplicaFailure, status: 'True'}]}").failure())
        .isPresent();
  }

  // ---------------------------------------------------------------------------------------- pods

  private static PodState pod(String status) {
    return Observer.pod(
        YAML.unmarshal(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: metrics-server-7c9f-x2x, namespace: kube-system}
            spec: {containers: [{name: metrics-server, image: r/m:v0}]}
            """
                + status,
            Pod.class));
  }

  @Test
  void aPodThatIsReady() {
    var pod =
        pod(
            """
            status:
              phase: Running
              podIPs: [{ip: 10.244.1.7}, {ip: "fd00::7"}]
              conditions:
                - {type: Initialized, status: "True", lastTransitionTime: "2026-11-21T11:00:00Z"}
                - {type: Ready, status: "True", lastTransitionTime: "2026-11-21T11:00:32Z"}
                - {type: PodScheduled, status: "True", lastTransitionTime: "2026-11-21T11:00:00Z"}
              containerStatuses:
                - name: metrics-server
                  ready: true
                  restartCount: 1
                  state: {running: {startedAt: "2026-11-21T11:00:02Z"}}
                  lastState:
                    terminated: {exitCode: 137, reason: OOMKilled, message: "old news"}
            """);

    assertThat(pod)
        .isEqualTo(
            new PodState(
                "metrics-server-7c9f-x2x",
                "r/m:v0",
                Map.of(),
                Optional.empty(),
                List.of("10.244.1.7", "fd00::7"),
                List.of(),
                true,
                Optional.empty(),
                Optional.of(Instant.parse("2026-11-21T11:00:02Z")),
                Optional.of(Instant.parse("2026-11-21T11:00:32Z"))));
  }

  @Test
  void aPodThatRunsAndIsNotReadyYet() {
    var pod =
        pod(
            """
            status:
              phase: Running
              podIPs: [{ip: 10.244.1.7}, {ip: "fd00::7"}]
              conditions:
                - type: Ready
                  status: "False"
                  reason: ContainersNotReady
                  message: "containers with unready status: [metrics-server]"
                  lastTransitionTime: "2026-11-21T11:00:00Z"
              containerStatuses:
                - name: metrics-server
                  ready: false
                  restartCount: 0
                  state: {running: {startedAt: "2026-11-21T11:00:02Z"}}
                  lastState: {}
            """);

    assertThat(pod)
        .isEqualTo(
            new PodState(
                "metrics-server-7c9f-x2x",
                "r/m:v0",
                Map.of(),
                Optional.empty(),
                List.of("10.244.1.7", "fd00::7"),
                List.of(),
                false,
                Optional.empty(),
                Optional.of(Instant.parse("2026-11-21T11:00:02Z")),
                Optional.empty()));
  }

  private static Optional<Problem> waiting(String waiting, String lastState) {
    var pod =
        pod(
            """
            status:
              phase: Pending
              conditions:
                - {type: PodScheduled, status: "True", lastTransitionTime: "2026-11-21T11:00:00Z"}
                - {type: Ready, status: "False", lastTransitionTime: "2026-11-21T11:00:00Z"}
              containerStatuses:
                - name: metrics-server
                  ready: false
                  state:
                    waiting: %s
                  lastState: %s
            """
                .formatted(waiting, lastState));
    assertThat(pod.ready()).isFalse();
    assertThat(pod.runningSince()).isEmpty();
    return pod.problem();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"{reason: ContainerCreating}", "{reason: PodInitializing}", "{}"})
  void aPodThatIsBeingMadeHasNoProblem(String waiting) {
    assertThat(waiting(waiting, "{}")).isEmpty();
  }

  /** As metrics-server 0.9.0 prints it: the flags, then what is wrong, then where. */
  @Test
  void whatMetricsServerGaveUpForIsTheReasonOfACrash() {
    var log =
        """
        s=N,...  comma-separated list of pattern=N settings for file-filtered logging

        panic: unknown flag: --nonsense

        goroutine 1 [running]:
        main.main()
        /go/src/sigs.k8s.io/metrics-server/cmd/metrics-server/metrics-server.go:37 +0x88
        """;

    assertThat(
            waiting(
                "{reason: CrashLoopBackOff, message: back-off 20s restarting failed container}",
                "{terminated: {exitCode: 2, reason: Error, message: \""
                    + log.replace("\n", "\\n")
                    + "\"}}"))
        .contains(new Problem("CrashLoopBackOff", "unknown flag: --nonsense"));
  }

  @Test
  void theLastLineIsTheReasonOfAnotherCrash() {
    assertThat(
            waiting(
                "{reason: CrashLoopBackOff, message: back-off 20s restarting failed container}",
                "{terminated: {exitCode: 1, message: \"I1121 starting\\nE1121 stopping\\n\"}}"))
        .contains(new Problem("CrashLoopBackOff", "E1121 stopping"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "{}",
        "{terminated: {exitCode: 1, reason: Error}}",
        "{terminated: {exitCode: 1, message: ''}}",
        "{terminated: {exitCode: 1, message: \"  \\n\"}}"
      })
  void aPodThatCrashedWithoutAWordHasTheKubeletsMessage(String lastState) {
    assertThat(
            waiting(
                "{reason: CrashLoopBackOff, message: back-off 20s restarting failed container}",
                lastState))
        .contains(new Problem("CrashLoopBackOff", "back-off 20s restarting failed container"));
  }

  /** Between two crashes a container runs for a while: that is no news. */
  @ParameterizedTest(name = "{0}, {1}, {2} restarts: {3}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "running: {startedAt: '2026-11-21T11:00:02Z'} | {exitCode: 2, reason: Error, message:"
            + " 'panic: no'} | 2 | CrashLoopBackOff",
        "running: {startedAt: '2026-11-21T11:00:02Z'} | {exitCode: 2, reason: Error, message:"
            + " 'panic: no'} | 1 | -",
        "running: {startedAt: '2026-11-21T11:00:02Z'} | {exitCode: 0, reason: Completed} | 5 | -",
        "running: {startedAt: '2026-11-21T11:00:02Z'} | {exitCode: 137, reason: OOMKilled} | 1 |"
            + " OOMKilled",
        "terminated: {exitCode: 2, reason: Error, message: 'panic: no'} | {exitCode: 2, reason:"
            + " Error, message: 'panic: no'} | 3 | CrashLoopBackOff",
        "terminated: {exitCode: 137, reason: OOMKilled} | {exitCode: 137, reason: OOMKilled} | 1 |"
            + " OOMKilled"
      })
  void aContainerThatEndsAgainAndAgain(String state, String last, int restarts, String reason) {
    var pod =
        pod(
            """
            status:
              phase: Running
              conditions: [{type: Ready, status: "False"}]
              containerStatuses:
                - name: metrics-server
                  ready: false
                  restartCount: %d
                  state: {%s}
                  lastState: {terminated: %s}
            """
                .formatted(restarts, state, last));

    assertThat(pod.problem().map(Problem::reason)).isEqualTo(Optional.ofNullable(reason));
  }

  @Test
  void aPodThatNeededTooMuchMemory() {
    assertThat(
            waiting(
                "{reason: CrashLoopBackOff, message: back-off 20s restarting failed container}",
                "{terminated: {exitCode: 137, reason: OOMKilled}}"))
        .map(Problem::reason)
        .contains("OOMKilled");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ImagePullBackOff",
        "ErrImagePull",
        "CreateContainerConfigError",
        "RunContainerError"
      })
  void whatAPodWaitsForIsItsProblem(String reason) {
    assertThat(waiting("{reason: " + reason + ", message: what the kubelet says}", "{}"))
        .contains(new Problem(reason, "what the kubelet says"));
    assertThat(waiting("{reason: " + reason + "}", "{}")).contains(new Problem(reason, ""));
  }

  /** How the container before this one ended is not why this one does not start. */
  @Test
  void anImageThatCannotBePulledAfterACrashIsAnImageThatCannotBePulled() {
    assertThat(
            waiting(
                "{reason: ImagePullBackOff, message: not found}",
                "{terminated: {exitCode: 137, reason: OOMKilled, message: old news}}"))
        .contains(new Problem("ImagePullBackOff", "not found"));
  }

  @Test
  void aPodThatNoNodeTakes() {
    var pod =
        pod(
            """
            status:
              phase: Pending
              conditions:
                - type: PodScheduled
                  status: "False"
                  reason: Unschedulable
                  message: "0/1 nodes are available: 1 node(s) had untolerated taint(s)."
                  lastTransitionTime: "2026-11-21T11:00:00Z"
            """);

    assertThat(pod.problem())
        .contains(
            new Problem(
                "Unschedulable", "0/1 nodes are available: 1 node(s) had untolerated taint(s)."));
  }

  @Test
  void aPodThatTheSchedulerHasNotSeenHasNoProblem() {
    assertThat(pod("status: {phase: Pending}").problem()).isEmpty();
    assertThat(pod("status: {phase: Pending}").ready()).isFalse();
  }

  // -------------------------------------------------------------------------------- registration

  private static Registration registration(String rest) {
    return Observer.registration(
        YAML.unmarshal(
            "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\n" + rest, APIService.class));
  }

  @Test
  void aRegistrationThatIsAvailable() {
    assertThat(
            registration(
                """
                metadata:
                  name: v1beta1.metrics.k8s.io
                status:
                  conditions:
                    - type: Available
                      status: "True"
                      reason: Passed
                      message: all checks passed
                      lastTransitionTime: "2026-11-21T11:00:33Z"
                """))
        .isEqualTo(
            new Registration(
                true,
                "Passed",
                "all checks passed",
                Optional.of(Instant.parse("2026-11-21T11:00:33Z")),
                Optional.empty()));
  }

  @Test
  void aRegistrationThatIsNotAvailable() {
    var message =
        "failing or missing response from https://10.244.1.5:10250/apis/metrics.k8s.io/v1beta1:"
            + " Get \"https://10.244.1.5:10250/apis/metrics.k8s.io/v1beta1\": context deadline"
            + " exceeded";

    assertThat(
            registration(
                """
                metadata:
                  name: v1beta1.metrics.k8s.io
                  annotations: {metricsserver.dev/look-again: "2026-11-21T11:00:40.123456Z"}
                status:
                  conditions:
                    - type: Available
                      status: "False"
                      reason: FailedDiscoveryCheck
                      message: '%s'
                      lastTransitionTime: "2026-11-21T11:00:33Z"
                """
                    .formatted(message)))
        .isEqualTo(
            new Registration(
                false,
                "FailedDiscoveryCheck",
                message,
                Optional.of(Instant.parse("2026-11-21T11:00:33Z")),
                Optional.of(Instant.parse("2026-11-21T11:00:40.123456Z"))));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "metadata: {name: a}",
        "{metadata: {name: a}, status: {}}",
        "{metadata: {name: a}, status: {conditions: [{type: Other, status: 'True'}]}}"
      })
  void registration_withoutStatus_isNotChecked(String rest) {
    var registration = registration(rest.startsWith("{") ? block(rest) : rest);

    assertThat(registration)
        .isEqualTo(
            new Registration(
                false,
                "NotChecked",
                "the API server has not looked yet",
                Optional.empty(),
                Optional.empty()));
  }

  /** {a: b, c: d} as two lines. */
  private static String block(String flow) {
    return flow.substring(1, flow.length() - 1).replaceFirst("}, ", "}\n");
  }

  @Test
  void aTimeThatIsNoneIsNone() {
    var registration =
        registration(
            """
            metadata:
              name: a
              annotations: {metricsserver.dev/look-again: yesterday}
            status:
              conditions: [{type: Available, status: Unknown, lastTransitionTime: never}]
            """);

    assertThat(registration)
        .isEqualTo(new Registration(false, "", "", Optional.empty(), Optional.empty()));
  }

  // ------------------------------------------------------------------------------------ coverage

  private static final NodeSelector ALL = NodeSelector.ALL;
  private static final Duration RESOLUTION = Duration.ofSeconds(15);

  private static Coverage coverage(List<NodeFacts> nodes, Set<String> reporting) {
    return Observer.coverage(nodes, ALL, RESOLUTION, reporting, 90, NOW);
  }

  @Test
  void everyNodeThatReportsCounts() {
    var nodes = List.of(SampleNode.many(2));

    assertThat(coverage(nodes, Set.of("node-1", "node-2")))
        .isEqualTo(new Coverage(2, 2, 2, List.of(), List.of(), List.of(), 90));
  }

  @Test
  void thoseThatRunWindowsAreKnownAmongTheMissing() {
    var nodes =
        List.of(
            SampleNode.number(1).label("kubernetes.io/os", "windows").facts(),
            SampleNode.number(2).label("kubernetes.io/os", "windows").facts(),
            SampleNode.number(3).facts());

    assertThat(coverage(nodes, Set.of("node-2")).windows()).containsExactly("node-1");
  }

  @Test
  void theMissingOnesAreNamedInOrder() {
    var nodes = List.of(SampleNode.many(4)).reversed();

    assertThat(coverage(nodes, Set.of("node-2")))
        .isEqualTo(
            new Coverage(4, 4, 1, List.of("node-1", "node-3", "node-4"), List.of(), List.of(), 90));
  }

  @ParameterizedTest(name = "{0} s old, reporting: {1}")
  @CsvSource({
    "59, false, 1, 1",
    "60, false, 1, 1",
    "61, false, 2, 1",
    "59, true, 2, 2",
    "61, true, 2, 2",
    "-5, false, 1, 1"
  })
  void aNewNodeIsExpectedAsSoonAsItReportsOrAfterAMinute(
      long age, boolean reports, int expected, int reporting) {
    var nodes =
        List.of(
            SampleNode.number(1).facts(),
            SampleNode.number(2).created(NOW.minusSeconds(age)).facts());
    var answer = reports ? Set.of("node-1", "node-2") : Set.of("node-1");

    var coverage = coverage(nodes, answer);

    assertThat(coverage.total()).isEqualTo(2);
    assertThat(coverage.expected()).isEqualTo(expected);
    assertThat(coverage.reporting()).isEqualTo(reporting);
  }

  @Test
  void aNewNodeIsGivenTimeForTwoScrapesHoweverRareTheyAre() {
    var nodes = List.of(SampleNode.number(1).created(NOW.minusSeconds(149)).facts());

    assertThat(Observer.coverage(nodes, ALL, Duration.ofMinutes(1), Set.of(), 90, NOW).expected())
        .isZero();
    assertThat(
            Observer.coverage(nodes, ALL, Duration.ofMinutes(1), Set.of(), 90, NOW.plusSeconds(2))
                .expected())
        .isEqualTo(1);
  }

  @Test
  void aNodeThatIsNotReadyIsNotExpected() {
    var nodes = List.of(SampleNode.number(1).facts(), SampleNode.number(2).notReady().facts());

    assertThat(coverage(nodes, Set.of("node-1")))
        .isEqualTo(new Coverage(2, 1, 1, List.of(), List.of(), List.of("node-2"), 90));
    assertThat(coverage(nodes, Set.of("node-1", "node-2")).reporting()).isEqualTo(1);
  }

  /** It has just been made, and its kubelet is on its way. */
  @Test
  void aNodeThatIsNotReadyYetIsNotWorthAWord() {
    var node = SampleNode.number(1).notReady().created(NOW.minusSeconds(30)).facts();

    assertThat(coverage(List.of(node), Set.of()).notReady()).isEmpty();
  }

  /** Autoscalers and Karpenter say so before they take a node away. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ToBeDeletedByClusterAutoscaler",
        "karpenter.sh/disrupted",
        "node.kubernetes.io/out-of-service"
      })
  void aNodeThatIsToGoIsExpectedOnlyWhileItReports(String taint) {
    var nodes = List.of(SampleNode.number(1).taint(taint, "", "NoSchedule").facts());

    assertThat(coverage(nodes, Set.of()).expected()).isZero();
    assertThat(coverage(nodes, Set.of("node-1")).reporting()).isEqualTo(1);
  }

  @Test
  void aCordonedNodeIsExpected() {
    var nodes =
        List.of(
            SampleNode.number(1)
                .taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
                .facts());

    assertThat(coverage(nodes, Set.of()).missing()).containsExactly("node-1");
  }

  @Test
  void aNodeThatIsNotAskedIsNotExpected() {
    var nodes =
        List.of(SampleNode.number(1).label("metrics", "yes").facts(), SampleNode.number(2).facts());

    assertThat(
            Observer.coverage(
                nodes, NodeSelector.parse("metrics=yes"), RESOLUTION, Set.of("node-1"), 90, NOW))
        .isEqualTo(new Coverage(2, 1, 1, List.of(), List.of(), List.of(), 90));
  }

  @Test
  void aNodeThatIsGoneIsForgotten() {
    assertThat(coverage(List.of(SampleNode.many(1)), Set.of("node-1", "node-9")))
        .isEqualTo(new Coverage(1, 1, 1, List.of(), List.of(), List.of(), 90));
  }

  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    "1, 1, true",
    "1, 2, true",
    "2, 2, true",
    "2, 3, true",
    "1, 3, false",
    "48, 50, true",
    "45, 50, true",
    "44, 50, false",
    "9, 10, true",
    "8, 10, false",
    "18, 20, true",
    "17, 20, false",
    "0, 1, false",
    "0, 2, false",
    "0, 0, false"
  })
  void enoughNodesReport(int reporting, int expected, boolean sufficient) {
    var missing = Collections.nCopies(expected - reporting, "node");

    assertThat(
            new Coverage(expected, expected, reporting, missing, List.of(), List.of(), 90)
                .sufficient())
        .isEqualTo(sufficient);
  }

  @Test
  void theNumbersAddUp() {
    var nodes = List.of(SampleNode.many(50));
    var reporting =
        IntStream.rangeClosed(1, 48).mapToObj(i -> "node-" + i).collect(Collectors.toSet());

    var coverage = coverage(nodes, reporting);

    assertThat(coverage.reporting() + coverage.missing().size()).isEqualTo(coverage.expected());
    assertThat(coverage.missing()).containsExactly("node-49", "node-50");
    assertThat(coverage.sufficient()).isTrue();
  }

  @Test
  void beforeTheFirstQuestionNothingIsKnown() {
    assertThat(MetricsAnswer.NOT_ASKED.asked()).isFalse();
    assertThat(MetricsAnswer.refused("refused").asked()).isTrue();
    assertThat(MetricsAnswer.of(Set.of()).asked()).isTrue();
  }
}
