package dev.metricsserver.plan;

import dev.metricsserver.model.KubernetesVersion;
import java.util.Optional;

/**
 * What there is to say about a version that goes on running as it is.
 *
 * @param version the one that runs
 * @param bound the oldest Kubernetes that it needs, or the newest that it was tested with
 * @param better the version to set, where this operator knows one
 */
public record VersionAdvice(
    Kind kind,
    String version,
    KubernetesVersion kubernetes,
    KubernetesVersion bound,
    Optional<String> better) {

  /** What it is about. */
  public enum Kind {
    /** The cluster's Kubernetes is older than the version needs. */
    ClusterTooOld,
    /** The cluster's Kubernetes is newer than the version was tested with. */
    ClusterTooNew,
    /** There is a newer version for this Kubernetes. */
    NewerVersion
  }

  /** What there is to say about one that somebody else runs, by its number alone. */
  public static Optional<VersionAdvice> of(String version, KubernetesVersion kubernetes) {
    return Versions.advice(version, kubernetes);
  }
}
