package dev.metricsserver.plan;

import dev.metricsserver.facts.KubernetesVersion;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The metrics-server versions this operator runs, and the oldest Kubernetes each supports, by
 * metrics-server's own compatibility table.
 */
final class Releases {

  /**
   * A metrics-server release; {@code flags} are compared with the table of flags by this number.
   */
  record Release(String version, KubernetesVersion oldestKubernetes) {

    boolean supports(KubernetesVersion kubernetes) {
      return kubernetes.compareTo(oldestKubernetes) >= 0;
    }

    boolean atLeast(String other) {
      return NUMERIC.compare(version, other) >= 0;
    }
  }

  /** Orders versions number by number. */
  static final Comparator<String> NUMERIC =
      Comparator.comparing(
          v -> Stream.of(v.split("\\.", -1)).map(Integer::valueOf).toList(),
          Comparator.<List<Integer>, Integer>comparing(List::getFirst)
              .thenComparing(v -> v.get(1))
              .thenComparing(List::getLast));

  /** Newest first. */
  private static final List<Release> KNOWN =
      List.of(
          new Release("0.9.0", new KubernetesVersion(1, 34)),
          new Release("0.8.1", new KubernetesVersion(1, 31)),
          new Release("0.8.0", new KubernetesVersion(1, 31)),
          new Release("0.7.2", new KubernetesVersion(1, 27)),
          new Release("0.7.1", new KubernetesVersion(1, 27)),
          new Release("0.7.0", new KubernetesVersion(1, 27)),
          new Release("0.6.4", new KubernetesVersion(1, 25)));

  private Releases() {}

  static Optional<Release> find(String version) {
    return KNOWN.stream().filter(r -> r.version().equals(version)).findFirst();
  }

  static Optional<Release> newestFor(KubernetesVersion kubernetes) {
    return KNOWN.stream().filter(r -> r.supports(kubernetes)).findFirst();
  }

  /** The way out where a version is too old, for a sentence. */
  static String orNewer(String version) {
    return "set version to %s or newer, which needs Kubernetes %s or newer"
        .formatted(version, find(version).orElseThrow().oldestKubernetes());
  }

  /** The known versions that run on this Kubernetes, newest first, for a sentence. */
  static String namesFor(KubernetesVersion kubernetes) {
    return KNOWN.stream()
        .filter(r -> r.supports(kubernetes))
        .map(Release::version)
        .collect(Collectors.joining(", "));
  }
}
