package dev.metricsserver.cluster;

import java.util.stream.Stream;

/** Where the cluster's objects are read: in informers' memory, or from the API server. */
public interface ObjectSource {

  /**
   * What is known of a kind: of those objects that the operator watches, and of what it asks for by
   * itself, such as {@link dev.metricsserver.observation.MetricsAnswer}.
   */
  <R> Stream<R> of(Class<R> type);

  /** Whether there is such a namespace. */
  boolean namespaceExists(String name);
}
