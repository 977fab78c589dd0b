package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.Releases.Release;
import dev.metricsserver.plan.VersionAdvice.Kind;
import java.util.Optional;

/** Decides which version of metrics-server runs. */
final class Versions {

  private final String wanted;
  private final KubernetesVersion kubernetes;
  private final Optional<Release> installed;

  Versions(MetricsServerConfigSpec spec, ClusterFacts facts) {
    this.wanted = spec.version();
    this.kubernetes = facts.kubernetes();
    this.installed = facts.installed().map(Installed::version).flatMap(Releases::find);
  }

  /**
   * The version asked for, also where it runs already and the cluster has become too old for it;
   * else the installed one as long as it is supported; else the newest supported one.
   */
  Optional<Release> choose() {
    var newest = Releases.newestFor(kubernetes);
    if ("Latest".equals(wanted)) {
      return newest;
    }
    if (wanted != null) {
      return Releases.find(wanted)
          .filter(r -> r.supports(kubernetes) || installed.filter(r::equals).isPresent());
    }
    return installed.filter(r -> r.supports(kubernetes)).or(() -> newest);
  }

  /** Why there is none to choose. */
  Violation unsupported() {
    var usable = Releases.namesFor(kubernetes);
    if (usable.isEmpty()) {
      return new Violation(
          "version",
          "no metrics-server version known to this operator runs on Kubernetes " + kubernetes,
          "upgrade the cluster to Kubernetes 1.25 or newer");
    }
    var why =
        Releases.find(wanted)
            .map(r ->
                "metrics-server %s needs Kubernetes %s or newer, this cluster has %s"
                    .formatted(r.version(), r.oldestKubernetes(), kubernetes))
            .orElse("metrics-server %s is not known to this operator".formatted(wanted));
    return new Violation("version", why, "set version to one of " + usable + ", or leave it out");
  }

  /** What is wrong with a digest that pins the image of another version. */
  static Optional<Violation> check(String digest, Release release) {
    return Optional.ofNullable(digest)
        .flatMap(Releases::ofDigest)
        .filter(other -> !other.equals(release))
        .map(other ->
            new Violation(
                "image.digest",
                "this is the image of metrics-server %s, and version %s is to run"
                    .formatted(other.version(), release.version()),
                "set version to %s, or image.digest to %s"
                    .formatted(other.version(), release.digest())));
  }

  /** What there is to say about the chosen one, the more pressing first. */
  Optional<VersionAdvice> advice(Release chosen) {
    return advice(chosen, kubernetes);
  }

  /** The same of any; of one that is not known, only that there is a newer one. */
  static Optional<VersionAdvice> advice(String version, KubernetesVersion kubernetes) {
    return Releases.find(version)
        .map(release -> advice(release, kubernetes))
        .orElseGet(() ->
            Releases.newestFor(kubernetes)
                .filter(newest -> newest.atLeast(version))
                .map(newest ->
                    new VersionAdvice(
                        Kind.NewerVersion,
                        version,
                        kubernetes,
                        newest.tested(),
                        Optional.of(newest.version()))));
  }

  private static Optional<VersionAdvice> advice(Release chosen, KubernetesVersion kubernetes) {
    var newest = Releases.newestFor(kubernetes);
    var better = newest.filter(n -> !n.equals(chosen)).map(Release::version);
    if (!chosen.supports(kubernetes)) {
      return advice(Kind.ClusterTooOld, chosen, kubernetes, chosen.oldestKubernetes(), better);
    }
    // The newest one of a Kubernetes is as good as it gets, tested or not.
    if (!chosen.testedWith(kubernetes)
        && (better.isPresent() || chosen.equals(Releases.newest()))) {
      return advice(Kind.ClusterTooNew, chosen, kubernetes, chosen.tested(), better);
    }
    return better.flatMap(
        b -> advice(Kind.NewerVersion, chosen, kubernetes, chosen.tested(), better));
  }

  private static Optional<VersionAdvice> advice(
      Kind kind,
      Release chosen,
      KubernetesVersion kubernetes,
      KubernetesVersion bound,
      Optional<String> better) {
    return Optional.of(new VersionAdvice(kind, chosen.version(), kubernetes, bound, better));
  }
}
