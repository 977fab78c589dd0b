package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.FewerReplicasLater;
import dev.metricsserver.plan.Reason.ReplicasReason;
import dev.metricsserver.plan.Reason.ResourcesReason;
import dev.metricsserver.plan.Reason.UsableNodes;
import dev.metricsserver.plan.SizePlan.Resources;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Decides number and size of the pods: increases at once, reduces after a waiting time. */
final class SizePlanner {

  private static final Duration FEWER_REPLICAS_AFTER = Duration.ofMinutes(10);
  private static final Duration SMALLER_REQUESTS_AFTER = Duration.ofHours(1);

  private final MetricsServerConfigSpec spec;
  private final ClusterFacts facts;
  private final Instant now;
  private final int capacity;

  SizePlanner(MetricsServerConfigSpec spec, ClusterFacts facts, Instant now) {
    this.spec = spec;
    this.facts = facts;
    this.now = now;
    this.capacity = Placement.capacity(facts.nodes(), spec.scheduling());
  }

  /** The number of pods. A reduction that the spec does not ask for waits. */
  int replicas() {
    return fewerReplicas() && !lasted(fewerSince(), FEWER_REPLICAS_AFTER)
        ? installedReplicas()
        : wantedReplicas();
  }

  /** Whether two pods must not run on the same node. */
  boolean requiredAntiAffinity() {
    return replicas() > 1 && (spec.replicas() == null || replicas() <= capacity);
  }

  Resources resources() {
    return Sizing.resources(step(), spec.resources());
  }

  SizePlan plan() {
    return new SizePlan(
        new Decided<>(replicas(), replicasReason()),
        requiredAntiAffinity(),
        replicas() > 1,
        facts.kubernetes().atLeast(1, 27),
        new Decided<>(
            resources(),
            new ResourcesReason(
                step(), !spec.resources().equals(MetricsServerConfigSpec.DEFAULT.resources()))));
  }

  private ReplicasReason replicasReason() {
    if (spec.replicas() != null) {
      return new Configured("replicas");
    }
    return replicas() > wantedReplicas()
        ? new FewerReplicasLater(FEWER_REPLICAS_AFTER)
        : new UsableNodes(capacity, facts.nodes().size());
  }

  /** Annotations of the Deployment that the next decision reads. */
  Map<String, String> annotations() {
    var annotations = new TreeMap<String, String>();
    annotations.put(Annotations.PLANNED_REPLICAS, Integer.toString(replicas()));
    annotations.put(Annotations.SIZED_FOR, Integer.toString(step()));
    if (replicas() > wantedReplicas()) {
      annotations.put(Annotations.FEWER_SINCE, fewerSince().orElse(now).toString());
    }
    if (smallerRequests() && step() > wantedStep()) {
      annotations.put(Annotations.SMALLER_SINCE, smallerSince().orElse(now).toString());
    }
    return annotations;
  }

  private int wantedReplicas() {
    if (spec.replicas() != null) {
      return spec.replicas();
    }
    return capacity >= 2 ? 2 : 1;
  }

  private boolean fewerReplicas() {
    return spec.replicas() == null && wantedReplicas() < installedReplicas();
  }

  private int installedReplicas() {
    return facts.installed().map(Installed::replicas).orElse(0);
  }

  private int step() {
    return wantedStep() >= installedStep()
            || (smallerRequests() && lasted(smallerSince(), SMALLER_REQUESTS_AFTER))
        ? wantedStep()
        : installedStep();
  }

  /**
   * Whether the number of nodes is well below the step, so that a few nodes that come and go do not
   * replace the pods.
   */
  private boolean smallerRequests() {
    return facts.nodes().size() < 0.7 * Sizing.stepBelow(installedStep());
  }

  private int wantedStep() {
    return Sizing.step(facts.nodes().size());
  }

  /** The step of the installed requests, even if the annotation was edited. */
  private int installedStep() {
    return facts
        .installed()
        .map(Installed::sizedFor)
        .filter(n -> n > 0)
        .map(Sizing::step)
        .orElse(0);
  }

  private boolean lasted(Optional<Instant> since, Duration duration) {
    return since.map(t -> !now.isBefore(t.plus(duration))).orElse(false);
  }

  private Optional<Instant> fewerSince() {
    return facts.installed().flatMap(Installed::fewerSince);
  }

  private Optional<Instant> smallerSince() {
    return facts.installed().flatMap(Installed::smallerSince);
  }
}
