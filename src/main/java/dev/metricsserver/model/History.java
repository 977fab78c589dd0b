package dev.metricsserver.model;

import java.time.Instant;
import java.util.Optional;

/**
 * What is remembered of configurations.
 *
 * @param spec tells one state of the resource's spec from every other; empty outside a cluster
 * @param lastReady the configuration with which the resource was last Ready
 * @param failure the configuration that was last gone back from
 * @param attempt the one that the Deployment has
 */
public record History(
    String spec,
    Optional<Configuration> lastReady,
    Optional<Failure> failure,
    Optional<Attempt> attempt) {

  /** Nothing is remembered. */
  public static final History NONE =
      new History("", Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * A configuration whose pods never became ready.
   *
   * @param configuration its key
   * @param reason why, in one word of Kubernetes, or the name of a {@link TroubleKind}
   * @param message why, as Kubernetes says it
   */
  public record Failure(String configuration, String reason, String message) {

    /** The kind of the failure. */
    public TroubleKind kind() {
      return TroubleKind.of(reason);
    }
  }

  /**
   * A configuration on its way.
   *
   * @param configuration its key, as the Deployment's annotation has it
   * @param since when it was given to the Deployment, as the annotation has it
   * @param progressed when the Deployment's controller last saw a pod become ready or go
   * @param trouble what its pods have not done yet; empty when all of them are ready
   */
  public record Attempt(
      String configuration, Instant since, Instant progressed, Optional<Trouble> trouble) {}

  /**
   * Why the youngest pod that is not ready is not ready.
   *
   * @param reason a word of Kubernetes, or the name of a {@link TroubleKind}
   * @param node the pod's node; empty if it has none
   */
  public record Trouble(String reason, String message, Optional<String> node) {

    /** A trouble that Kubernetes has no word for. */
    public static Trouble of(TroubleKind kind, String message, Optional<String> node) {
      return new Trouble(kind.name(), message, node);
    }

    /** The kind of the trouble. */
    public TroubleKind kind() {
      return TroubleKind.of(reason);
    }
  }
}
