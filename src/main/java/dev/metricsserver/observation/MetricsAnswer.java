package dev.metricsserver.observation;

import java.util.Set;

/**
 * What the metrics API said when it was asked for the nodes.
 *
 * @param answered whether it answered with metrics, which may be none
 * @param nodes names of the nodes that have metrics
 * @param error what the API server said instead of an answer, empty with one
 */
public record MetricsAnswer(boolean answered, Set<String> nodes, String error) {

  /** Before the first question. */
  public static final MetricsAnswer NOT_ASKED =
      new MetricsAnswer(false, Set.of(), "the metrics API was not asked yet");

  /** Whether anything is known: right after a start nothing is. */
  public boolean asked() {
    return !equals(NOT_ASKED);
  }
}
