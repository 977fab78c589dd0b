package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Pending;
import dev.metricsserver.plan.Decision.Planned;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Decides, and checks that no object of another owner is in the way. */
public final class ConflictCheck {

  private ConflictCheck() {}

  /**
   * Decides.
   *
   * @param unmanaged finds the objects of other owners under the names of objects that only some
   *     plans have; called when there is a plan and conflicts are to be refused
   */
  public static Decision decide(
      MetricsServerConfigSpec spec,
      ClusterFacts facts,
      Function<MetricsServerPlan, List<UnmanagedObject>> unmanaged,
      Instant now) {
    var decision = Planner.plan(spec, facts, now);
    if (spec.conflictPolicy() != ConflictPolicy.Refuse || decision instanceof Pending) {
      return decision;
    }
    var optional =
        decision instanceof Planned(var plan) ? unmanaged.apply(plan) : List.<UnmanagedObject>of();
    return Ownership.respected(
        decision, Stream.concat(facts.foreign().stream(), optional.stream()).toList());
  }
}
