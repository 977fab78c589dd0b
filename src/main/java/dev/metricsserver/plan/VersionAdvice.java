package dev.metricsserver.plan;

import dev.metricsserver.model.KubernetesVersion;
import java.util.Optional;

/**
 * Advice about a version that keeps running.
 *
 * @param version the running version
 * @param bound the oldest Kubernetes that it needs, or the newest that it was tested with
 * @param better the version to set, if this operator knows a better one
 */
public record VersionAdvice(
    Kind kind,
    String version,
    KubernetesVersion kubernetes,
    KubernetesVersion bound,
    Optional<String> better) {

  /** The subject of the advice. */
  public enum Kind {
    /** The cluster's Kubernetes is older than the version needs. */
    ClusterTooOld,
    /** The cluster's Kubernetes is newer than the version was tested with. */
    ClusterTooNew,
    /** There is a newer version for this Kubernetes. */
    NewerVersion
  }

  /** Advice for the version of an external installation. */
  public static Optional<VersionAdvice> of(String version, KubernetesVersion kubernetes) {
    return Versions.advice(version, kubernetes);
  }
}
