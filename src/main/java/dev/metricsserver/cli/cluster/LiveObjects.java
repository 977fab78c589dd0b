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
  private final Map<Class<?>, Source> sources = new HashMap<>();
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
    add(APIService.class, "apiservices", this::apiServices);
    addNamed(Deployment.class, "deployments", namespace, Names.METRICS_SERVER);
    addNamed(Service.class, "services", namespace, Names.METRICS_SERVER);
    addNamed(ControllerRevision.class, "controllerrevisions", namespace, Names.LAST_READY);
    addNamed(ServiceAccount.class, "serviceaccounts", namespace, Names.METRICS_SERVER);
    add(Pod.class, in("pods", namespace), () -> pods(namespace));
    add(EndpointSlice.class, "endpointslices", () -> endpointSlices(namespace));
    add(CertificateRequests.class, "certificatesigningrequests", () -> List.of(requests(client)));
    add(
        Secret.class,
        in("secrets", namespace),
        () -> all(Secret.class, namespace, SECRETS.stream()));
    add(
        ClusterRole.class,
        "clusterroles",
        () -> all(ClusterRole.class, null, Stream.of(Names.CLUSTER_ROLE, Names.READER_ROLE)));
    add(
        ClusterRoleBinding.class,
        "clusterrolebindings",
        () ->
            all(
                ClusterRoleBinding.class,
                null,
                Stream.of(Names.CLUSTER_ROLE, Names.AUTH_DELEGATOR)));
  }

  private <R> void add(Class<R> type, String what, Supplier<List<R>> read) {
    sources.put(type, new Source(what, read::get));
  }

  private <R extends HasMetadata> void addNamed(
      Class<R> type, String resource, String namespace, String name) {
    add(type, in(resource, namespace), () -> get(type, namespace, name));
  }

  private static String in(String resource, String namespace) {
    return resource + " in namespace " + namespace;
  }

  private <R extends HasMetadata> List<R> all(
      Class<R> type, String namespace, Stream<String> names) {
    return names.flatMap(name -> get(type, namespace, name).stream()).toList();
  }

  private List<APIService> apiServices() {
    var extensions = Arrays.stream(Extension.values()).map(Extension::apiService);
    return all(
        APIService.class, null, Stream.concat(Stream.of(Names.API_SERVICE), extensions).distinct());
  }

  private List<Pod> pods(String namespace) {
    return client.pods().inNamespace(namespace).withLabels(Names.SELECTOR).list().getItems();
  }

  private List<EndpointSlice> endpointSlices(String namespace) {
    return Stream.of(
            EndpointSlices.read(client, "default", "kubernetes"),
            EndpointSlices.read(client, namespace, Names.METRICS_SERVER))
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public <R> Stream<R> of(Class<R> type) {
    return known.computeIfAbsent(type, this::read).stream().map(type::cast);
  }

  @Override
  public <R extends HasMetadata> Stream<R> named(Class<R> type, String namespace, String name) {
    var what = in(HasMetadata.getFullResourceName(type), namespace);
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
