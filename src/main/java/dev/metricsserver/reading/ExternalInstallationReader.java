package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.Endpoints;
import dev.metricsserver.model.ImageReference;
import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.LabelSelectors;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads a metrics-server of another owner, starting from the Service that the metrics API is
 * registered with. Its Service and Deployment may have any name, and the operator may read those of
 * its own names only; the Service's EndpointSlices lead to the pods all the same.
 */
public final class ExternalInstallationReader {

  private static final int MOST = 10;

  /** In the words of the API server. */
  private static final String NO_SERVICE = "ServiceNotFound";

  private final KubernetesClient client;

  /** Reads nothing yet. */
  public ExternalInstallationReader(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Looks.
   *
   * @param deployments those that the operator may read
   */
  public ExternalInstallation read(APIService registration, List<Deployment> deployments) {
    var service = registration.getSpec().getService();
    var slices = EndpointSlices.read(client, service.getNamespace(), service.getName());
    var reached = pods(service.getNamespace(), slices);
    var deployment =
        deployments.stream()
            .filter(d -> d.getMetadata().getNamespace().equals(service.getNamespace()))
            .filter(d -> reached.isEmpty() || reached.stream().anyMatch(p -> selects(d, p)))
            .findFirst();
    var pods = deployment.map(this::pods).orElse(reached);
    var pod =
        deployment
            .map(d -> d.getSpec().getTemplate().getSpec())
            .or(() -> pods.stream().map(Pod::getSpec).findFirst());
    var flags = pod.map(MetricsServerFlags::of);
    var leading =
        Observer.registration(registration).reason().equals(NO_SERVICE)
            ? Installation.UNKNOWN_SERVICE
            : service.getName();
    return new ExternalInstallation(
        deployment
            .map(d -> Installation.of(d, leading))
            .or(() -> pods.stream().findFirst().map(p -> Installation.of(p, leading))),
        pod.map(p -> requireNonNullElse(MetricsServerContainer.of(p).getImage(), ""))
            .flatMap(image -> ImageReference.of(image).version()),
        flags.map(MetricsServerFlags::kubeletVerification).orElse(KubeletVerification.Unknown),
        flags.map(MetricsServerFlags::nodeSelector).orElse(NodeSelector.ALL),
        pods.stream()
            .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
            .sorted(Comparator.comparing(p -> p.getMetadata().getName()))
            .map(Observer::pod)
            .toList(),
        Endpoints.lead(slices, service.getNamespace(), service.getName()),
        certificates(registration, slices),
        deployment.map(Observer::rollout));
  }

  /** Where the API servers verify nothing, no certificate matters. */
  private static List<Certificate> certificates(
      APIService registration, List<EndpointSlice> slices) {
    if (Boolean.TRUE.equals(registration.getSpec().getInsecureSkipTLSVerify())) {
      return List.of();
    }
    var service = registration.getSpec().getService();
    var shown =
        Endpoints.addresses(slices, service.getNamespace(), service.getName()).stream()
            .limit(2)
            .flatMap(e -> KubeletProbe.certificate(e.address(), e.port()).stream())
            .findFirst()
            .map(c -> Observer.certificate(Place.Service, service.getName(), c));
    var authority =
        Observer.authority(registration)
            // One that signs for itself is in both places.
            .filter(a -> shown.filter(s -> s.fingerprint().equals(a.fingerprint())).isEmpty());
    return Stream.of(shown, authority).flatMap(Optional::stream).toList();
  }

  private static boolean selects(Deployment deployment, Pod pod) {
    return Optional.ofNullable(pod.getMetadata().getLabels())
        .filter(labels -> LabelSelectors.selects(deployment.getSpec().getSelector(), labels))
        .isPresent();
  }

  private List<Pod> pods(String namespace, List<EndpointSlice> slices) {
    return slices.stream()
        .flatMap(s -> requireNonNullElse(s.getEndpoints(), List.<Endpoint>of()).stream())
        .map(Endpoint::getTargetRef)
        .filter(target -> target != null && "Pod".equals(target.getKind()))
        .map(ObjectReference::getName)
        .distinct()
        .limit(MOST)
        .map(name -> client.pods().inNamespace(namespace).withName(name).get())
        .filter(Objects::nonNull)
        .toList();
  }

  private List<Pod> pods(Deployment deployment) {
    return client
        .pods()
        .inNamespace(deployment.getMetadata().getNamespace())
        .withLabelSelector(deployment.getSpec().getSelector())
        .list()
        .getItems();
  }
}
