package dev.metricsserver.cli.cluster;

import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.Extension;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.reading.CertificateRequestReader;
import dev.metricsserver.reading.EndpointSlices;
import dev.metricsserver.reading.ObjectSource;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The objects that the operator has from its informers, asked for once each, with the rights of the
 * user. What these do not cover is noted, and taken as not there; but for Secrets, without which
 * nothing can be told.
 */
public final class LiveObjects implements ObjectSource {

  /** With metrics-server's certificate and its CA, where the operator issues them. */
  public static final List<String> SECRETS =
      List.of(ServingTLS.AUTHORITY_SECRET, ServingTLS.CERTIFICATE_SECRET);

  private final KubernetesClient client;
  private final Map<Class<?>, Source> sources;
  private final Map<Class<?>, List<?>> known = new HashMap<>();
  private final Map<String, Boolean> namespaces = new HashMap<>();
  private final BestEffortReader attempts = new BestEffortReader();

  private record Source(String what, Supplier<List<?>> read) {}

  /**
   * Reads nothing yet.
   *
   * @param namespace of metrics-server
   */
  public LiveObjects(KubernetesClient client, String namespace) {
    this.client = client;
    this.sources =
        new HashMap<>(
            Map.of(
                APIService.class,
                new Source(
                    "apiservices",
                    () ->
                        Stream.concat(
                                Stream.of(Names.API_SERVICE),
                                Arrays.stream(Extension.values()).map(Extension::apiService))
                            .distinct()
                            .flatMap(name -> get(APIService.class, null, name).stream())
                            .toList()),
                Deployment.class,
                new Source(
                    "deployments in namespace " + namespace,
                    () -> get(Deployment.class, namespace, Names.METRICS_SERVER)),
                Service.class,
                new Source(
                    "services in namespace " + namespace,
                    () -> get(Service.class, namespace, Names.METRICS_SERVER)),
                ControllerRevision.class,
                new Source(
                    "controllerrevisions in namespace " + namespace,
                    () -> get(ControllerRevision.class, namespace, Names.LAST_READY)),
                Pod.class,
                new Source(
                    "pods in namespace " + namespace,
                    () ->
                        client
                            .pods()
                            .inNamespace(namespace)
                            .withLabels(Names.SELECTOR)
                            .list()
                            .getItems()),
                EndpointSlice.class,
                new Source(
                    "endpointslices",
                    () ->
                        Stream.of(
                                EndpointSlices.read(client, "default", "kubernetes"),
                                EndpointSlices.read(client, namespace, Names.METRICS_SERVER))
                            .flatMap(List::stream)
                            .toList()),
                CertificateRequests.class,
                new Source("certificatesigningrequests", () -> List.of(requests(client)))));
    sources.put(
        Secret.class,
        new Source(
            "secrets in namespace " + namespace,
            () ->
                SECRETS.stream()
                    .flatMap(name -> get(Secret.class, namespace, name).stream())
                    .toList()));
    sources.put(
        ServiceAccount.class,
        new Source(
            "serviceaccounts in namespace " + namespace,
            () -> get(ServiceAccount.class, namespace, Names.METRICS_SERVER)));
    sources.put(
        ClusterRole.class,
        new Source(
            "clusterroles",
            () ->
                Stream.of(Names.CLUSTER_ROLE, Names.READER_ROLE)
                    .flatMap(name -> get(ClusterRole.class, null, name).stream())
                    .toList()));
    sources.put(
        ClusterRoleBinding.class,
        new Source(
            "clusterrolebindings",
            () ->
                Stream.of(Names.CLUSTER_ROLE, Names.AUTH_DELEGATOR)
                    .flatMap(name -> get(ClusterRoleBinding.class, null, name).stream())
                    .toList()));
  }

  @Override
  public <R> Stream<R> of(Class<R> type) {
    return known.computeIfAbsent(type, this::read).stream().map(type::cast);
  }

  @Override
  public <R extends HasMetadata> Stream<R> named(Class<R> type, String namespace, String name) {
    var what = HasMetadata.getFullResourceName(type) + " in namespace " + namespace;
    return attempts.read(what, () -> get(type, namespace, name), List.<R>of()).stream();
  }

  @Override
  public boolean namespaceExists(String name) {
    return namespaces.computeIfAbsent(name, n -> client.namespaces().withName(n).get() != null);
  }

  /** What could not be read so far, by what it is. */
  public List<Unread> unread() {
    return attempts.unread();
  }

  private List<?> read(Class<?> type) {
    var source = sources.get(type);
    if (source == null) {
      return List.of();
    }
    // Without the certificates that there are, what becomes of them would be told wrong.
    return type == Secret.class
        ? source.read().get()
        : attempts.read(source.what(), source.read(), List.of());
  }

  private <R extends HasMetadata> List<R> get(Class<R> type, String namespace, String name) {
    var objects = client.resources(type);
    return Optional.ofNullable(
            (namespace == null ? objects : objects.inNamespace(namespace)).withName(name).get())
        .map(List::of)
        .orElse(List.of());
  }

  /** Pending certificate requests of kubelets. */
  public static CertificateRequests requests(KubernetesClient client) {
    var waiting =
        CertificateRequestReader.list(client, request -> request.decision().isEmpty()).stream()
            .map(LiveObjects::request)
            .sorted(Comparator.comparing(Request::created))
            .toList();
    return new CertificateRequests(
        waiting.stream().limit(CertificateRequests.MOST).toList(),
        waiting.size(),
        Optional.empty());
  }

  private static Request request(CertificateRequest request) {
    return new Request(request.name(), request.node(), request.created(), State.NotLookedAt, "");
  }
}
