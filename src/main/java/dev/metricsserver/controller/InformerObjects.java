package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.reading.ObjectSource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.stream.Stream;

/** The objects of one reconcile, as the informers have them. */
record InformerObjects(Context<MetricsServerConfig> context) implements ObjectSource {

  @Override
  public <R> Stream<R> of(Class<R> type) {
    return context.getSecondaryResourcesAsStream(type);
  }

  @Override
  public <R extends HasMetadata> Stream<R> named(Class<R> type, String namespace, String name) {
    var watched = !context.eventSourceRetriever().getEventSourcesFor(type).isEmpty();
    return watched
        ? of(type).filter(o -> o.getMetadata().getName().equals(name))
        // By a list, which is the right that watching it needs too.
        : context
            .getClient()
            .resources(type)
            .inNamespace(namespace)
            .withField("metadata.name", name)
            .list()
            .getItems()
            .stream();
  }

  @Override
  public boolean namespaceExists(String name) {
    return context.getClient().namespaces().withName(name).get() != null;
  }
}
