package dev.metricsserver.reading;

import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The objects of metrics-server by their roles.
 *
 * @param namespace of metrics-server
 */
record InstallationObjects(ObjectSource source, String namespace) {

  Optional<Deployment> deployment() {
    return here(Deployment.class).findFirst();
  }

  /** Pods that are not being deleted. */
  Stream<Pod> pods() {
    return here(Pod.class).filter(p -> p.getMetadata().getDeletionTimestamp() == null);
  }

  /** The APIService of the metrics API. */
  Optional<APIService> apiService() {
    return source
        .of(APIService.class)
        .filter(service -> service.getMetadata().getName().equals(Names.API_SERVICE))
        .findFirst();
  }

  /** The uid of each known APIService, by its name. */
  Map<String, String> apiServices() {
    return source
        .of(APIService.class)
        .map(APIService::getMetadata)
        .collect(Collectors.toMap(ObjectMeta::getName, ObjectMeta::getUid));
  }

  /** Addresses and ports of the API servers. */
  List<Endpoint> apiServers() {
    return Endpoints.addresses(slices(), "default", "kubernetes");
  }

  /** Addresses and ports of metrics-server's pods. */
  List<Endpoint> endpoints() {
    return Endpoints.addresses(slices(), namespace, Names.METRICS_SERVER);
  }

  /** Whether the Service leads to a ready pod. */
  boolean endpointReady() {
    return Endpoints.lead(slices(), namespace, Names.METRICS_SERVER);
  }

  private List<EndpointSlice> slices() {
    return source.of(EndpointSlice.class).toList();
  }

  /** The configuration that was last Ready. */
  Optional<ControllerRevision> lastReady() {
    return here(ControllerRevision.class).findFirst();
  }

  MetricsAnswer answer() {
    return first(MetricsAnswer.class, MetricsAnswer.NOT_ASKED);
  }

  CertificateRequests certificateRequests() {
    return first(CertificateRequests.class, CertificateRequests.NONE);
  }

  <T> T first(Class<T> type, T none) {
    return source.of(type).findFirst().orElse(none);
  }

  /** Every object under one of the operator's names that every plan has, the Deployment first. */
  Stream<HasMetadata> named() {
    return Stream.of(
            deployment().stream(),
            apiService().stream(),
            here(Service.class),
            here(ServiceAccount.class),
            source.of(ClusterRole.class),
            source.of(ClusterRoleBinding.class),
            source.of(RoleBinding.class),
            here(PodDisruptionBudget.class))
        .flatMap(objects -> objects);
  }

  /** The objects of a kind in metrics-server's namespace. */
  <R extends HasMetadata> Stream<R> here(Class<R> type) {
    return source.of(type).filter(this::here);
  }

  boolean here(HasMetadata object) {
    return namespace.equals(object.getMetadata().getNamespace());
  }
}
