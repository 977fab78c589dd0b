package dev.metricsserver.reading;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.stream.Stream;

/** Where the cluster's objects are read: in informers' memory, or from the API server. */
public interface ObjectSource {

  /**
   * What is known of a kind: of those objects that the operator watches, and of what it asks for by
   * itself, such as {@link dev.metricsserver.model.MetricsAnswer}.
   */
  <R> Stream<R> of(Class<R> type);

  /** An object by its name, also of a kind that is not watched before there is a plan. */
  <R extends HasMetadata> Stream<R> named(Class<R> type, String namespace, String name);

  /** Whether there is such a namespace. */
  boolean namespaceExists(String name);
}
