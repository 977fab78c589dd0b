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
   * @param reason why, in one word: a pod's or a container's, or one of {@link Trouble}
   * @param message why, as Kubernetes says it
   */
  public record Failure(String configuration, String reason, String message) {}

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
   * What is the matter with the youngest pod that is not ready.
   *
   * @param reason Kubernetes' word for it, or one of the constants
   * @param node where the pod is; empty when no node has it
   */
  public record Trouble(String reason, String message, Optional<String> node) {
    /** The pod waits for its image or its volumes, and nothing went wrong with that. */
    public static final String NOT_STARTED = "NotStarted";

    /** The pod runs and has nothing to serve. */
    public static final String NOT_READY = "NotReady";

    /** There is no pod, because Kubernetes refuses to make it. */
    public static final String NOT_CREATED = "NotCreated";
  }
}
