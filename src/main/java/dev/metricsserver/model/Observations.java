package dev.metricsserver.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the cluster shows of metrics-server.
 *
 * @param rollout how far the Deployment is, when there is one
 * @param endpointReady whether the Service leads to a pod that is ready, be it on no port
 * @param registration the APIService, when there is one
 * @param certificates the operator's; of an external installation those that can be read
 * @param conflictingWrites changes by others of what was taken over, in order of time
 */
public record Observations(
    Optional<Rollout> rollout,
    List<PodState> pods,
    boolean endpointReady,
    Optional<Registration> registration,
    MetricsAnswer answer,
    Coverage coverage,
    List<Certificate> certificates,
    List<ConflictingWrite> conflictingWrites) {

  /** Whether the first query since the start is not answered although the API is available. */
  public boolean answerPending() {
    return !answer.asked() && registration.map(Registration::available).orElse(false);
  }

  /** With conflicting writes that were found when the objects were applied. */
  public Observations and(List<ConflictingWrite> repaired) {
    return new Observations(
        rollout,
        pods,
        endpointReady,
        registration,
        answer,
        coverage,
        certificates,
        ConflictingWrite.merge(conflictingWrites, repaired));
  }

  /**
   * How far the Deployment is.
   *
   * @param seen whether the Deployment's controller has seen its newest form
   * @param failure why no pods are made, or that the rollout takes too long, as reason and message
   */
  public record Rollout(
      boolean seen, int wanted, int total, int updated, int available, Optional<Problem> failure) {

    /** The reason of a rollout that takes longer than it may, whatever the pods do. */
    public static final String OVERDUE = "ProgressDeadlineExceeded";

    /** Why no pods are made. */
    public Optional<String> refusal() {
      return failure.filter(f -> !f.reason().equals(OVERDUE)).map(Problem::message);
    }

    /** Whether it takes longer than it may, and the API server creates its pods. */
    public boolean overdue() {
      return seen && failure.filter(f -> f.reason().equals(OVERDUE)).isPresent();
    }

    /** Whether every pod is of the newest form, and one at least takes requests. */
    public boolean complete() {
      return seen && updated == wanted && total == updated && available > 0;
    }
  }

  /**
   * A pod of metrics-server.
   *
   * @param image what its container is made of, which an older form's pod has another one of
   * @param labels all that it has
   * @param node the node that it is on, when it is on one
   * @param podIPs its addresses, one of each family that it has
   * @param beside names of the containers that it has beside metrics-server's
   * @param problem why it does not run, as reason and message, when it does not
   * @param runningSince since when its container runs
   * @param readySince since when it is ready
   */
  public record PodState(
      String name,
      String image,
      Map<String, String> labels,
      Optional<String> node,
      List<String> podIPs,
      List<String> beside,
      boolean ready,
      Optional<Problem> problem,
      Optional<Instant> runningSince,
      Optional<Instant> readySince) {}

  /** Why a pod does not run. */
  public record Problem(String reason, String message) {}

  /**
   * The APIService.
   *
   * @param reason why it is available or not, in one word
   * @param since when {@code available} last changed
   * @param rechecked when the operator last made the API servers check again
   */
  public record Registration(
      boolean available,
      String reason,
      String message,
      Optional<Instant> since,
      Optional<Instant> rechecked) {}

  /**
   * A certificate by which the API servers verify metrics-server.
   *
   * @param name of where it was seen
   * @param fingerprint its SHA-256 in hexadecimal
   */
  public record Certificate(
      Place place, String name, String fingerprint, Instant notBefore, Instant notAfter) {

    /** Where a certificate was seen. */
    public enum Place {
      /** In a Secret. */
      Secret,
      /** On the wire, shown by a pod that a Service leads to. */
      Service,
      /** In the caBundle of an APIService: the last of those to expire. */
      APIService
    }
  }

  /**
   * Which nodes have metrics.
   *
   * @param total nodes in the cluster
   * @param expected nodes that should have metrics
   * @param reporting expected nodes that have metrics
   * @param missing expected nodes without metrics, by name
   * @param windows those of the missing that run Windows
   * @param notReady nodes that are not expected to have metrics because they are not Ready, by name
   * @param minimumPercent the percentage of the expected nodes that must have metrics
   */
  public record Coverage(
      int total,
      int expected,
      int reporting,
      List<String> missing,
      List<String> windows,
      List<String> notReady,
      int minimumPercent) {

    /** The default of {@code readiness.minimumNodesPercent}. */
    public static final int DEFAULT_PERCENT = 90;

    /** In clusters of up to so many nodes one node may be without metrics. */
    private static final int SMALL = 10;

    private static final int ALL = 100;

    /** Whether enough nodes have metrics: one at least. */
    public boolean sufficient() {
      return reporting > 0 && missing.size() <= permitted();
    }

    private long permitted() {
      var percent = (long) expected * (ALL - minimumPercent) / ALL;
      return minimumPercent < ALL && expected <= SMALL ? Math.max(1, percent) : percent;
    }
  }
}
