package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.InstalledVersion;
import dev.metricsserver.plan.Reason.LatestVersion;
import dev.metricsserver.plan.Reason.NewestVersion;
import dev.metricsserver.plan.Reason.VersionReason;
import dev.metricsserver.plan.Releases.Release;
import dev.metricsserver.plan.VersionAdvice.Kind;
import dev.metricsserver.plan.Violation.NoVersion;
import dev.metricsserver.plan.Violation.OtherDigest;
import dev.metricsserver.plan.Violation.OtherTag;
import dev.metricsserver.plan.Violation.UnknownVersion;
import dev.metricsserver.plan.Violation.VersionNeedsNewerKubernetes;
import java.util.Optional;

/** Decides which version of metrics-server runs. */
final class Versions {

  private static final String LATEST = "Latest";

  private final String wanted;
  private final Optional<Release> tagged;
  private final boolean byTag;
  private final KubernetesVersion kubernetes;
  private final Optional<Release> installed;

  Versions(MetricsServerConfigSpec spec, ClusterFacts facts) {
    this.tagged = Optional.ofNullable(spec.image().tag()).flatMap(Versions::ofTag);
    this.byTag = spec.version() == null && tagged.isPresent();
    this.wanted = byTag ? tagged.get().version() : spec.version();
    this.kubernetes = facts.kubernetes();
    this.installed = facts.installed().map(Installed::version).flatMap(Releases::find);
  }

  /**
   * The configured version, or the known version that the tag names, even if it is installed and
   * the cluster is too old for it; otherwise the installed one while it is supported; otherwise the
   * newest supported one.
   */
  Optional<Release> choose() {
    var newest = Releases.newestFor(kubernetes);
    if (LATEST.equals(wanted)) {
      return newest;
    }
    if (wanted != null) {
      return Releases.find(wanted)
          .filter(r -> r.supports(kubernetes) || installed.filter(r::equals).isPresent());
    }
    return installed.filter(r -> r.supports(kubernetes)).or(() -> newest);
  }

  /** The known release that a tag names, with or without a leading v. */
  private static Optional<Release> ofTag(String tag) {
    return Releases.find(tag.startsWith("v") ? tag.substring(1) : tag);
  }

  /** Checks that the tag does not name another known version. */
  Optional<Violation> checkTag(Release release) {
    return tagged
        .filter(other -> !other.equals(release))
        .map(other -> new OtherTag(other.version(), release.version()));
  }

  /** Why this release was chosen. */
  VersionReason reason(Release chosen) {
    if (LATEST.equals(wanted)) {
      return new LatestVersion(kubernetes);
    }
    if (wanted != null) {
      return new Configured(byTag ? "image.tag" : "version");
    }
    return installed.filter(chosen::equals).isPresent()
        ? new InstalledVersion()
        : new NewestVersion(kubernetes);
  }

  /** Why no version can be chosen. */
  Violation unsupported() {
    var usable = Releases.namesFor(kubernetes);
    if (usable.isEmpty()) {
      return new NoVersion(kubernetes);
    }
    return Releases.find(wanted)
        .<Violation>map(r ->
            new VersionNeedsNewerKubernetes(r.version(), r.oldestKubernetes(), kubernetes, usable))
        .orElseGet(() -> new UnknownVersion(wanted, usable));
  }

  /** Checks that a digest does not pin the image of another version. */
  static Optional<Violation> check(String digest, Release release) {
    return Optional.ofNullable(digest)
        .flatMap(Releases::ofDigest)
        .filter(other -> !other.equals(release))
        .map(other -> new OtherDigest(other.version(), release.version(), release.digest()));
  }

  /** Advice for the chosen version, the more urgent first. */
  Optional<VersionAdvice> advice(Release chosen) {
    return advice(chosen, kubernetes);
  }

  /** Advice for any version; for an unknown version only that a newer one exists. */
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
    // The newest one for a Kubernetes needs no advice, whether tested with it or not.
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
