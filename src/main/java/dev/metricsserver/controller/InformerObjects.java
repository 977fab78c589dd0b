package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cluster.ObjectSource;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.stream.Stream;

/** The objects of one reconcile, as the informers have them. */
record InformerObjects(Context<MetricsServerConfig> context) implements ObjectSource {

  @Override
  public <R> Stream<R> of(Class<R> type) {
    return context.getSecondaryResourcesAsStream(type);
  }

  @Override
  public boolean namespaceExists(String name) {
    return context.getClient().namespaces().withName(name).get() != null;
  }
}
