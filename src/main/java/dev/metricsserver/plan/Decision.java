package dev.metricsserver.plan;

import dev.metricsserver.model.UnmanagedObject;
import java.util.List;

/** What came of a spec: a plan, or the reasons why there is none. */
public sealed interface Decision {

  /** The spec can be carried out. */
  record Planned(MetricsServerPlan plan) implements Decision {}

  /** It depends on something that is being looked at and will be known in a moment. */
  record Pending() implements Decision {}

  /**
   * Nothing is to be done but to watch.
   *
   * @param foreign the objects under the operator's names that somebody else made
   */
  record Observing(List<UnmanagedObject> foreign) implements Decision {}

  /**
   * The spec cannot be carried out; nothing is changed because of it.
   *
   * @param reason a condition reason
   * @param violations what is wrong, at least one
   */
  record Refused(String reason, List<Violation> violations) implements Decision {}

  /**
   * One thing that is wrong with the spec.
   *
   * @param field the path of the field below {@code spec}, such as {@code kubelet.port}
   * @param message one sentence: the value, and why it is wrong
   * @param remedy the way out
   */
  record Violation(String field, String message, String remedy) {}
}
