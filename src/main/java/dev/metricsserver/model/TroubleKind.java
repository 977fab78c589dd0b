package dev.metricsserver.model;

/** The ways in which the pods of a configuration fail to become ready. */
public enum TroubleKind {
  /** No node can run the pod. */
  Unschedulable,
  /** The image cannot be pulled. */
  ImageNotPulled,
  /** The pod waits for its image or its volumes, and no error is reported. */
  NotStarted,
  /** The container exceeded its memory limit. */
  OutOfMemory,
  /** The container ended right after its start. */
  Crashed,
  /** The pod runs and has no metrics to serve. */
  NotReady,
  /** Kubernetes rejects the creation of the pod. */
  NotCreated,
  /** Any other reason. */
  Other;

  /**
   * Classifies a reason.
   *
   * @param reason the reason of a pod or container as Kubernetes writes it, or the name of a kind
   */
  public static TroubleKind of(String reason) {
    return switch (reason) {
      case "Unschedulable" -> Unschedulable;
      case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
          ImageNotPulled;
      case "OOMKilled" -> OutOfMemory;
      case "CrashLoopBackOff" -> Crashed;
      case "NotStarted" -> NotStarted;
      case "NotReady" -> NotReady;
      case "NotCreated" -> NotCreated;
      default -> Other;
    };
  }
}
