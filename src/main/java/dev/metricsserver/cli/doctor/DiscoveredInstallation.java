package dev.metricsserver.cli.doctor;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.cli.cluster.BestEffortReader;
import dev.metricsserver.model.DiagnosticData.Unread.Source;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.model.LabelSelectors;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.reading.EndpointSlices;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What serves the metrics API, as far as it may be read.
 *
 * @param service the one that the metrics API is registered with
 * @param leading one that leads to the pods: the same, or another one where that is not there
 * @param ready whether the registered one leads to a pod that is ready
 */
record DiscoveredInstallation(
    Optional<Service> service,
    Optional<Service> leading,
    Optional<Deployment> deployment,
    List<Pod> pods,
    boolean ready) {

  /** How packagings label what they make of metrics-server. */
  private static final List<String> LABELS = List.of("k8s-app", "app.kubernetes.io/name");

  /** Looks for it, from the registration of the metrics API down to the pods. */
  static DiscoveredInstallation from(
      Optional<APIService> registration, KubernetesClient client, BestEffortReader attempts) {
    return new Search(client, attempts).from(registration);
  }

  /** Whether the Deployment's pods are among those that the Service selects. */
  static boolean selects(Service service, Deployment deployment) {
    return LabelSelectors.selects(
        service,
        requireNonNullElse(
            deployment.getSpec().getTemplate().getMetadata().getLabels(),
            Map.<String, String>of()));
  }

  /** The nodes that it asks for metrics. */
  NodeSelector asked() {
    return deployment
        .map(d -> MetricsServerFlags.of(d.getSpec().getTemplate().getSpec()).nodeSelector())
        .orElse(NodeSelector.ALL);
  }

  private record Search(KubernetesClient client, BestEffortReader attempts) {

    DiscoveredInstallation from(Optional<APIService> registration) {
      var service = registration.map(r -> r.getSpec().getService()).flatMap(this::named);
      var deployment = service.flatMap(this::behind).or(this::labelled);
      return new DiscoveredInstallation(
          service,
          service.or(() -> deployment.flatMap(this::leading)),
          deployment,
          deployment.map(this::pods).orElse(List.of()),
          service.map(this::leadsToReady).orElse(false));
    }

    private Optional<Service> named(ServiceReference reference) {
      return attempts.read(
          Source.Installation,
          "services in namespace " + reference.getNamespace(),
          () ->
              Optional.ofNullable(
                  client
                      .services()
                      .inNamespace(reference.getNamespace())
                      .withName(reference.getName())
                      .get()),
          Optional.<Service>empty());
    }

    /** The Deployment whose pods a Service selects. */
    private Optional<Deployment> behind(Service service) {
      return beside(service, Deployment.class).filter(d -> selects(service, d)).findFirst();
    }

    /** A Service that leads to its pods. */
    private Optional<Service> leading(Deployment deployment) {
      return beside(deployment, Service.class).filter(s -> selects(s, deployment)).findFirst();
    }

    private <R extends HasMetadata> Stream<R> beside(HasMetadata object, Class<R> type) {
      var namespace = object.getMetadata().getNamespace();
      return attempts
          .read(
              Source.Installation,
              HasMetadata.getPlural(type) + " in namespace " + namespace,
              () -> client.resources(type).inNamespace(namespace).list().getItems(),
              List.<R>of())
          .stream();
    }

    /** The Deployment that looks like one, where the registration does not lead to any. */
    private Optional<Deployment> labelled() {
      return LABELS.stream()
          .flatMap(label ->
              attempts
                  .read(
                      Source.Installation,
                      "deployments",
                      () ->
                          client
                              .apps()
                              .deployments()
                              .inAnyNamespace()
                              .withLabel(label, Names.METRICS_SERVER)
                              .list()
                              .getItems(),
                      List.<Deployment>of())
                  .stream())
          .findFirst();
    }

    private List<Pod> pods(Deployment deployment) {
      var namespace = deployment.getMetadata().getNamespace();
      return attempts
          .read(
              "pods in namespace " + namespace,
              () ->
                  client
                      .pods()
                      .inNamespace(namespace)
                      .withLabelSelector(deployment.getSpec().getSelector())
                      .list()
                      .getItems(),
              List.<Pod>of())
          .stream()
          .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
          .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
          .toList();
    }

    private boolean leadsToReady(Service service) {
      var metadata = service.getMetadata();
      return Endpoints.lead(
          attempts.read(
              "endpointslices in namespace " + metadata.getNamespace(),
              () -> EndpointSlices.read(client, metadata.getNamespace(), metadata.getName()),
              List.<EndpointSlice>of()),
          metadata.getNamespace(),
          metadata.getName());
    }
  }
}
