package dev.metricsserver.model;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the metrics API said when it was asked for the nodes.
 *
 * @param answered whether it answered with metrics, which may be none
 * @param nodes names of the nodes that have metrics
 * @param error what the API server said instead of an answer, empty with one
 * @param staleSince when the newest of them was measured, if that is suspiciously long ago
 */
public record MetricsAnswer(
    boolean answered, Set<String> nodes, String error, Optional<Instant> staleSince) {

  /**
   * What metrics-server says where it takes the API servers for who asks, by the common names of
   * their front-proxy certificates.
   */
  public static final String MISTAKEN =
      "is forbidden: User"
          + " \"(front-proxy-client|system:auth-proxy|(?:apiserver-)?aggregator|system:anonymous)\"";

  private static final Pattern MISTAKEN_PATTERN = Pattern.compile(MISTAKEN);

  /** Before the first question. */
  public static final MetricsAnswer NOT_ASKED = refused("the metrics API was not asked yet");

  /** With metrics of these nodes. */
  public static MetricsAnswer of(Set<String> nodes) {
    return new MetricsAnswer(true, nodes, "", Optional.empty());
  }

  /** Without metrics. */
  public static MetricsAnswer refused(String error) {
    return new MetricsAnswer(false, Set.of(), error, Optional.empty());
  }

  /** Whether anything is known: right after a start nothing is. */
  public boolean asked() {
    return !equals(NOT_ASKED);
  }

  /** Whether who asked may not read metrics, so that nothing is known. */
  public boolean forbidden() {
    return error.contains("is forbidden: User") && !MISTAKEN_PATTERN.matcher(error).find();
  }
}
