package dev.metricsserver.plan;

import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.plan.Violation.FirstVersion;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The metrics-server versions that this operator knows: {@code metrics-server-releases.txt}. */
final class Releases {

  /**
   * A metrics-server release.
   *
   * @param tested the newest Kubernetes that it was tested with, which is no upper bound: upstream
   *     states none
   * @param port the TCP port on which it listens by default
   * @param digest of its multi-architecture image
   */
  record Release(
      String version,
      KubernetesVersion oldestKubernetes,
      KubernetesVersion tested,
      int port,
      String digest) {

    static Release parse(String[] columns) {
      return new Release(
          columns[0],
          KubernetesVersion.parse(columns[1]),
          KubernetesVersion.parse(columns[2]),
          Integer.parseInt(columns[3]),
          columns[4]);
    }

    boolean supports(KubernetesVersion kubernetes) {
      return kubernetes.compareTo(oldestKubernetes) >= 0;
    }

    boolean testedWith(KubernetesVersion kubernetes) {
      return kubernetes.compareTo(tested) <= 0;
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

  /** All known releases, newest first. */
  private static final List<Release> KNOWN =
      DataFile.read("metrics-server-releases.txt", 5).stream().map(Release::parse).toList();

  private Releases() {}

  static Release newest() {
    return KNOWN.getFirst();
  }

  static Optional<Release> find(String version) {
    return KNOWN.stream().filter(r -> r.version().equals(version)).findFirst();
  }

  static Optional<Release> newestFor(KubernetesVersion kubernetes) {
    return KNOWN.stream().filter(r -> r.supports(kubernetes)).findFirst();
  }

  static Optional<Release> ofDigest(String digest) {
    return KNOWN.stream().filter(r -> r.digest().equals(digest)).findFirst();
  }

  /** A version as the first one with a feature. */
  static FirstVersion first(String version) {
    return new FirstVersion(version, find(version).orElseThrow().oldestKubernetes());
  }

  /** The known versions that run on this Kubernetes, newest first. */
  static List<String> namesFor(KubernetesVersion kubernetes) {
    return KNOWN.stream().filter(r -> r.supports(kubernetes)).map(Release::version).toList();
  }
}
