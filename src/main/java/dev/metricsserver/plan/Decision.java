package dev.metricsserver.plan;

import dev.metricsserver.model.UnmanagedObject;
import java.util.List;

/** The result of planning: a plan, or the reasons why there is none. */
public sealed interface Decision {

  /** The spec can be carried out. */
  record Planned(MetricsServerPlan plan) implements Decision {}

  /** It depends on kubelet probes that are not complete yet. */
  record Pending() implements Decision {}

  /**
   * The operator changes nothing and observes an external installation.
   *
   * @param foreign the objects under the operator's names that it does not manage
   */
  record Observing(List<UnmanagedObject> foreign) implements Decision {}

  /**
   * The spec cannot be carried out; nothing is changed because of it.
   *
   * @param violations at least one
   */
  record Refused(Refusal reason, List<Violation> violations) implements Decision {}

  /** Why a spec is refused; the name is the reason of conditions and the code of findings. */
  enum Refusal {
    /** Fields of the spec are wrong. */
    InvalidSpec,
    /** Objects of other owners have the operator's names. */
    Conflict,
    /** Another field manager reverts the adoption. */
    Contested,
    /** The spec asks to observe a metrics API, and there is none. */
    NothingToObserve
  }
}
