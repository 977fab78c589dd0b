package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigSpec.RollbackPolicy;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.Durations;
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
 * Decides whether a configuration has had its time and the last one that was Ready must be in force
 * instead of it.
 */
final class Rollback {

  /** How long a pod may take to start and to be seen ready, beside the two scrapes. */
  private static final Duration START = Duration.ofSeconds(90);

  /**
   * How long a pod may wait for what is no part of its configuration: a cluster autoscaler needs
   * minutes for a node, a slow registry for an image. As long as a Deployment's controller waits by
   * itself.
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

  /** Names a configuration under this spec: the same text for the same attempt, also later. */
  static String key(ClusterFacts facts, MetricsServerConfigSpec spec, Configuration configuration) {
    // A spec that names no version has the installed one, which a rollback may change; one that
    // names no resources has them by the number of nodes, and more nodes make no image good.
    var named =
        new Configuration(
            spec.version() == null ? "" : configuration.version(),
            configuration.image(),
            spec.resources(),
            configuration.scheduling(),
            configuration.extraArgs());
    return facts.history().spec() + "/" + Integer.toHexString(named.json().toString().hashCode());
  }

  /** How long a pod may take that lacks nothing but metrics. */
  static Duration patience(Duration scrapeInterval) {
    return Scrapes.untilMetrics(scrapeInterval, START);
  }

  /**
   * Why the wanted configuration must make room: because it did before under this spec, or because
   * its time is up.
   *
   * @param replicas how many pods it is to have
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
      default -> patience(Durations.of(spec.metricResolution()));
    };
  }

  /**
   * Since when there has been no progress while the nodes were well: the one that has the pod, and
   * as many as the pods need. Empty while they are not.
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
