package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigSpec.RollbackPolicy;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Attempt;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.model.History.Trouble;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.Scrapes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides whether a configuration has failed to become ready in time, so that the one that was last
 * Ready must be restored.
 */
final class Rollback {

  /** The time a pod may need to start and to be seen as ready, beside two scrapes. */
  private static final Duration START = Duration.ofSeconds(90);

  /**
   * The time a pod may wait for a node or an image: a cluster autoscaler or a slow registry needs
   * minutes. It equals the default progress deadline of a Deployment.
   */
  private static final Duration PROVISION = Duration.ofMinutes(10);

  private final MetricsServerConfigSpec spec;
  private final ClusterFacts facts;
  private final Instant now;

  Rollback(MetricsServerConfigSpec spec, ClusterFacts facts, Instant now) {
    this.spec = spec;
    this.facts = facts;
    this.now = now;
  }

  /** The key of a configuration under this spec; the same attempt always has the same key. */
  static String key(ClusterFacts facts, MetricsServerConfigSpec spec, Configuration configuration) {
    // Without a version in the spec, the installed one counts, which a rollback may change. Without
    // resources in the spec, the number of nodes decides, and more nodes do not repair an image.
    var named =
        new Configuration(
            spec.version() == null ? "" : configuration.version(),
            configuration.image(),
            spec.resources(),
            configuration.scheduling(),
            configuration.extraArgs());
    return facts.history().spec() + "/" + Digest.of(named.json().toString());
  }

  /** The time a running pod may need to have metrics. */
  static Duration patience(Duration scrapeInterval) {
    return Scrapes.untilMetrics(scrapeInterval, START);
  }

  /**
   * The failure for which the wanted configuration must be rolled back: it failed before under this
   * spec, or its time is over.
   *
   * @param replicas the planned number of pods
   */
  Optional<Failure> due(Configuration wanted, int replicas) {
    var history = facts.history();
    if (spec.rollback() == RollbackPolicy.Never
        || history.lastReady().filter(last -> !last.equals(wanted)).isEmpty()) {
      return Optional.empty();
    }
    var key = key(facts, spec, wanted);
    return history
        .failure()
        .filter(f -> f.configuration().equals(key))
        .or(() ->
            history
                .attempt()
                .filter(a -> a.configuration().equals(key))
                .flatMap(a -> failure(a, replicas)));
  }

  private Optional<Failure> failure(Attempt attempt, int replicas) {
    return attempt
        .trouble()
        .filter(trouble ->
            clockStart(attempt, trouble, replicas)
                .filter(start -> !now.isBefore(start.plus(patience(trouble))))
                .isPresent())
        .map(trouble -> new Failure(attempt.configuration(), trouble.reason(), trouble.message()));
  }

  private Duration patience(Trouble trouble) {
    return switch (trouble.kind()) {
      case Unschedulable, NotStarted -> PROVISION;
      default -> patience(KubeletPlan.scrapeInterval(spec));
    };
  }

  /**
   * The time since which the rollout has made no progress although enough nodes were ready: the
   * pod's node, and as many as the pods need. Empty while they are not ready.
   */
  private Optional<Instant> clockStart(Attempt attempt, Trouble trouble, int replicas) {
    var usable = Placement.usable(facts.nodes(), spec.scheduling());
    var needed = Math.min(replicas, usable.size());
    var longestReady =
        usable.stream()
            .filter(NodeFacts::ready)
            .map(NodeFacts::readySince)
            .sorted()
            .limit(needed)
            .toList();
    var host =
        trouble
            .node()
            .flatMap(name -> facts.nodes().stream().filter(n -> n.name().equals(name)).findFirst());
    if (longestReady.size() < needed || host.filter(n -> !n.ready()).isPresent()) {
      return Optional.empty();
    }
    return Stream.of(
            Stream.of(attempt.since(), attempt.progressed()),
            longestReady.stream(),
            host.stream().map(NodeFacts::readySince))
        .flatMap(times -> times)
        .max(Instant::compareTo);
  }
}
