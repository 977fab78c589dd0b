package dev.metricsserver.status;

import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.reading.ExternalInstallation;

/** What a reconcile came to. */
public sealed interface Outcome {

  /** The objects are as the plan has them. */
  record Applied(MetricsServerPlan plan) implements Outcome {}

  /**
   * The objects were left as they are, because the user asked for that.
   *
   * @param preview what would have been done, as a clause
   */
  record Paused(String preview) implements Outcome {}

  /**
   * The objects are somebody else's, or to be treated as such, and were left as they are.
   *
   * @param servingVerified whether the API servers check the serving certificate
   */
  record Observed(ExternalInstallation theirs, boolean servingVerified) implements Outcome {}

  /** The spec cannot be carried out; the objects are as before. */
  record Refused(Refusal reason) implements Outcome {}

  /** Something went wrong on the way; it is tried again. */
  record Failed(String message) implements Outcome {}
}
