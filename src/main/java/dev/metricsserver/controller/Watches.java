package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.model.Extension;
import dev.metricsserver.reading.Observer;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.javaoperatorsdk.operator.api.config.informer.FieldSelector;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What is watched beside the managed objects; each change that matters reconciles. */
final class Watches {

  private Watches() {}

  /** The framework's own sources: all but the nodes. */
  static List<EventSource<?, MetricsServerConfig>> objects(
      EventSourceContext<MetricsServerConfig> context) {
    return Stream.concat(installation(context), extensions(context)).toList();
  }

  private static Stream<EventSource<?, MetricsServerConfig>> installation(
      EventSourceContext<MetricsServerConfig> context) {
    return Stream.of(
        new InformerEventSource<>(
            watch(Pod.class)
                .withName("pods")
                .withLabelSelector("k8s-app=" + Names.METRICS_SERVER)
                .withOnUpdateFilter((pod, old) -> !Observer.pod(pod).equals(Observer.pod(old)))
                .build(),
            context),
        new InformerEventSource<>(
            watch(EndpointSlice.class)
                .withName("endpointslices")
                .withLabelSelector(
                    "%s in (kubernetes,%s)"
                        .formatted(Endpoints.SERVICE_LABEL, Names.METRICS_SERVER))
                .build(),
            context),
        new InformerEventSource<>(
            watch(ControllerRevision.class)
                .withName("controllerrevisions")
                .withFieldSelector(
                    new FieldSelector(new FieldSelector.Field("metadata.name", Names.LAST_READY)))
                .build(),
            context));
  }

  /** Groups of kinds that may come and go: each has a registration, whose name is known. */
  private static Stream<EventSource<?, MetricsServerConfig>> extensions(
      EventSourceContext<MetricsServerConfig> context) {
    return Arrays.stream(Extension.values())
        .map(Extension::apiService)
        .distinct()
        .map(name ->
            new InformerEventSource<>(
                watch(APIService.class)
                    .withName(name)
                    .withFieldSelector(
                        new FieldSelector(new FieldSelector.Field("metadata.name", name)))
                    .build(),
                context));
  }

  private static <R extends HasMetadata> InformerEventSourceConfiguration.Builder<R> watch(
      Class<R> type) {
    return InformerEventSourceConfiguration.from(type, MetricsServerConfig.class)
        .withWatchAllNamespaces()
        .withSecondaryToPrimaryMapper(object -> ManagedDependent.PRIMARY);
  }
}
