package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Manifest;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The objects of a plan, and those of the cluster under their names. Secrets are not among them.
 */
record PlannedObjects(
    MetricsServerConfig config, MetricsServerPlan plan, Context<MetricsServerConfig> context) {

  /** The objects as the plan has them, of the kinds that are watched. */
  List<HasMetadata> desired() {
    var account =
        objects(ServiceAccount.class).map(object -> object.getMetadata().getUid()).findFirst();
    var deployment =
        Workload.withMemoryOf(
            objects(Deployment.class).findFirst(), Workload.deployment(plan, account));
    var objects =
        Manifest.objects(plan, deployment).stream()
            .filter(object -> watched(object.getClass()))
            .toList();
    objects.forEach(object -> ManagedDependent.own(object, config));
    return objects;
  }

  /** Kinds that others bring are watched only once the operator has something to do with them. */
  boolean watched(Class<? extends HasMetadata> type) {
    return !context.eventSourceRetriever().getEventSourcesFor(type).isEmpty();
  }

  /** The cluster's object under the name of a desired one. */
  <R extends HasMetadata> Optional<R> actual(R desired) {
    var metadata = desired.getMetadata();
    @SuppressWarnings("unchecked")
    var type = (Class<R>) desired.getClass();
    return context
        .getSecondaryResourcesAsStream(type)
        .filter(object -> metadata.getName().equals(object.getMetadata().getName()))
        .filter(object ->
            metadata.getNamespace() == null
                || metadata.getNamespace().equals(object.getMetadata().getNamespace()))
        .findFirst();
  }

  private <R extends HasMetadata> Stream<R> objects(Class<R> type) {
    return context
        .getSecondaryResourcesAsStream(type)
        .filter(object -> plan.namespace().equals(object.getMetadata().getNamespace()));
  }
}
