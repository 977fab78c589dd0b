package dev.metricsserver.reading;

import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Coverage;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.Observations.Rollout;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Observations for tests: two pods that have been fine for an hour, unless said otherwise. */
public final class Seen {

  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.9.0";
  private static final Map<String, String> LABELS = Map.of("k8s-app", "metrics-server");
  private static final List<String> IPS = List.of("10.244.1.7");
  private static final List<String> BESIDE = List.of();
  private static final Optional<String> NODE = Optional.of("node-1");

  private final Instant now;
  private Optional<Rollout> rollout = Optional.of(new Rollout(true, 2, 2, 2, 2, Optional.empty()));
  private List<PodState> pods;
  private Optional<Registration> registration;
  private MetricsAnswer answer = MetricsAnswer.of(Set.of("node-1", "node-2"));
  private boolean endpointReady = true;
  private List<ConflictingWrite> conflictingWrites = List.of();
  private Coverage coverage = new Coverage(2, 2, 2, List.of(), List.of(), List.of(), 90);

  private List<Certificate> certificates = List.of();

  private Seen(Instant now) {
    this.now = now;
    pods = List.of(ready("pod-a"), ready("pod-b"));
    registration = registration(true, "Passed", "all checks passed", Duration.ofHours(1));
  }

  /** All is well. */
  public static Seen fine(Instant now) {
    return new Seen(now);
  }

  /** Right after the installation: no pods, no registration, nothing asked. */
  public static Seen nothing(Instant now) {
    return fine(now).rollout(null).pods().unregistered().notAsked();
  }

  /** With another state of the Deployment, or null for none. */
  public Seen rollout(Rollout state) {
    rollout = Optional.ofNullable(state);
    return this;
  }

  /** With pods that cannot be made. */
  public Seen podsRefused(String failure) {
    return failing(0, 0, new Problem("FailedCreate", failure)).pods();
  }

  /** With a rollout that does not get on: so many pods are of the newest form. */
  public Seen overdue(int total, int updated) {
    return failing(
        total,
        updated,
        new Problem(
            Rollout.OVERDUE, "ReplicaSet \"metrics-server-5f7d\" has timed out progressing."));
  }

  private Seen failing(int total, int updated, Problem failure) {
    return rollout(new Rollout(true, 2, total, updated, 0, Optional.of(failure)));
  }

  /** With other pods. */
  public Seen pods(PodState... states) {
    pods = List.of(states);
    return this;
  }

  /** A pod that is ready. */
  public PodState ready(String name) {
    return ready(name, BESIDE);
  }

  /** A pod that is ready, and has another container. */
  public PodState ready(String name, String beside) {
    return ready(name, List.of(beside));
  }

  private PodState ready(String name, List<String> beside) {
    var since = Optional.of(now.minus(Duration.ofHours(1)));
    return new PodState(
        name, IMAGE, LABELS, NODE, IPS, beside, true, Optional.empty(), since, since);
  }

  /** A pod that runs, and is not ready. */
  public PodState running(String name, Duration since) {
    return unready(name, IMAGE, Optional.empty(), Optional.of(now.minus(since)));
  }

  /** A pod whose container has not been started. */
  public PodState starting(String name) {
    return unready(name, IMAGE, Optional.empty(), Optional.empty());
  }

  /** A pod that does not run. */
  public PodState broken(String name, String reason, String message) {
    return broken(name, IMAGE, reason, message);
  }

  /** A pod of another image that does not run. */
  public PodState broken(String name, String image, String reason, String message) {
    return unready(name, image, Optional.of(new Problem(reason, message)), Optional.empty());
  }

  private static PodState unready(
      String name, String image, Optional<Problem> problem, Optional<Instant> runningSince) {
    return new PodState(
        name, image, LABELS, NODE, IPS, BESIDE, false, problem, runningSince, Optional.empty());
  }

  /** With an APIService that is not available. */
  public Seen unavailable(String reason, String message, Duration since) {
    registration = registration(false, reason, message, since);
    return this;
  }

  /** With an APIService that is available since then. */
  public Seen available(Duration since) {
    registration = registration(true, "Passed", "all checks passed", since);
    return this;
  }

  /** With an APIService that the API server has not looked at. */
  public Seen unchecked() {
    registration =
        Optional.of(
            new Registration(
                false,
                "NotChecked",
                "the API server has not looked yet",
                Optional.empty(),
                Optional.empty()));
    return this;
  }

  /** With a Service that leads to no pod. */
  public Seen withoutEndpoint() {
    endpointReady = false;
    return this;
  }

  /** With changes by others of what was taken over. */
  public Seen conflictingWrites(ConflictingWrite... changes) {
    conflictingWrites = List.of(changes);
    return this;
  }

  /** With nodes that are not Ready. */
  public Seen notReady(String... names) {
    coverage =
        new Coverage(
            coverage.total() + names.length,
            coverage.expected(),
            coverage.reporting(),
            coverage.missing(),
            List.of(),
            List.of(names),
            90);
    return this;
  }

  /** Without an APIService. */
  public Seen unregistered() {
    registration = Optional.empty();
    return this;
  }

  /** With a metrics API that was not asked. */
  public Seen notAsked() {
    answer = MetricsAnswer.NOT_ASKED;
    return reporting(0, 2);
  }

  /** With metrics that were measured long ago. */
  public Seen staleSince(Instant since) {
    answer = new MetricsAnswer(true, answer.nodes(), "", Optional.of(since));
    return this;
  }

  /** With a metrics API that refuses to answer. */
  public Seen refused(String error) {
    answer = MetricsAnswer.refused(error);
    return reporting(0, 2);
  }

  /** With certificates of the operator. */
  public Seen certificates(Certificate... kept) {
    certificates = List.of(kept);
    return this;
  }

  /** With so many nodes that have metrics; the others are called missing-1, missing-2 ... */
  public Seen reporting(int reporting, int expected) {
    var missing =
        IntStream.rangeClosed(1, expected - reporting).mapToObj(i -> "missing-" + i).toList();
    coverage = new Coverage(expected, expected, reporting, missing, List.of(), List.of(), 90);
    return this;
  }

  /** Of those without metrics, these run Windows. */
  public Seen windows(String... names) {
    coverage =
        new Coverage(
            coverage.total(),
            coverage.expected(),
            coverage.reporting(),
            coverage.missing(),
            List.of(names),
            coverage.notReady(),
            90);
    return this;
  }

  /** With metrics of two nodes, and none of this one. */
  public Seen without(String node) {
    coverage = new Coverage(3, 3, 2, List.of(node), List.of(), List.of(), 90);
    return this;
  }

  private Optional<Registration> registration(
      boolean available, String reason, String message, Duration since) {
    return Optional.of(
        new Registration(
            available, reason, message, Optional.of(now.minus(since)), Optional.empty()));
  }

  /** What is seen. */
  public Observations observations() {
    return new Observations(
        rollout,
        pods,
        endpointReady && pods.stream().anyMatch(PodState::ready),
        registration,
        answer,
        coverage,
        certificates,
        conflictingWrites);
  }
}
