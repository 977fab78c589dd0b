package dev.metricsserver.reading;

import static dev.metricsserver.reading.Reviews.right;
import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.DiagnosticData.Complaint;
import dev.metricsserver.model.DiagnosticData.Policy;
import dev.metricsserver.model.DiagnosticData.RefusedRequest;
import dev.metricsserver.model.DiagnosticData.Scrape;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.LabelSelectors;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Right;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Looks up what tells why something is wrong. What may not be read is noted, and the rest is read
 * all the same.
 */
public final class DiagnosticDataReader {

  private static final String METRICS_GROUP = "metrics.k8s.io";
  private static final int LOG_LINES = 200;
  private static final int LOG_BYTES = 64 * 1024;
  private static final int MOST = 10;

  /** What metrics-server must be allowed to do. */
  private static final List<ResourceAttributes> NEEDED =
      List.of(
          right("get", "", "nodes", "metrics").build(),
          right("list", "", "nodes", "").build(),
          right("list", "", "pods", "").build(),
          right("create", "authentication.k8s.io", "tokenreviews", "").build(),
          right("create", "authorization.k8s.io", "subjectaccessreviews", "").build(),
          right("get", "", "configmaps", "")
              .withNamespace(Names.AUTH_READER_NAMESPACE)
              .withName("extension-apiserver-authentication")
              .build());

  private final KubernetesClient client;
  private final Reviews reviews;

  /** Reads nothing yet. */
  public DiagnosticDataReader(KubernetesClient client) {
    this.client = client;
    this.reviews = new Reviews(client);
  }

  /**
   * Looks everything up.
   *
   * @param undecided whether what was found leaves open what is wrong, so that the pods' logs have
   *     to tell
   */
  public DiagnosticData read(
      Installation installation, List<PodState> pods, Predicate<DiagnosticData> undecided) {
    var unread = new ArrayList<Unread>();
    var namespace = installation.namespace();
    var found =
        new DiagnosticData(
            unread,
            tried("the rights of metrics-server", unread, () -> denied(installation), List.of()),
            tried(
                "ConfigMap extension-apiserver-authentication in namespace kube-system",
                unread,
                this::frontProxy,
                Optional.empty()),
            tried(
                "events in namespace " + namespace,
                unread,
                () -> pods.isEmpty() ? refusals(installation) : events(namespace, pods),
                List.of()),
            tried(
                "networkpolicies in namespace " + namespace,
                unread,
                () -> policies(installation, pods),
                List.of()),
            tried("certificatesigningrequests", unread, this::refusedRequests, List.of()),
            tried("namespaces", unread, this::stuckNamespaces, List.of()),
            List.of(),
            List.of());
    return undecided.test(found) ? withLogs(found, namespace, pods) : found;
  }

  private <T> T tried(String what, List<Unread> unread, Supplier<T> read, T otherwise) {
    return tried(Unread.Source.Other, what, unread, read, otherwise);
  }

  private <T> T tried(
      Unread.Source source, String what, List<Unread> unread, Supplier<T> read, T otherwise) {
    try {
      return read.get();
    } catch (KubernetesClientException e) {
      unread.add(
          new Unread(source, what, e.getCode() == 403 || e.getCode() == 401, ApiErrors.message(e)));
      return otherwise;
    }
  }

  // -------------------------------------------------------------------------------------- rights

  private List<Right> denied(Installation installation) {
    return NEEDED.stream()
        .filter(right -> !reviews.allowed(installation, right))
        .map(Reviews::data)
        .toList();
  }

  private Optional<Boolean> frontProxy() {
    return Optional.ofNullable(
            client
                .configMaps()
                .inNamespace(Names.AUTH_READER_NAMESPACE)
                .withName("extension-apiserver-authentication")
                .get())
        .map(ConfigMap::getData)
        .map(data -> data.containsKey("requestheader-client-ca-file"));
  }

  // ---------------------------------------------------------------------------------------- pods

  private List<Complaint> events(String namespace, List<PodState> pods) {
    return pods.stream()
        .filter(p -> !p.ready())
        .limit(2)
        .flatMap(p ->
            client
                .v1()
                .events()
                .inNamespace(namespace)
                .withField("involvedObject.name", p.name())
                .withField("type", "Warning")
                .list()
                .getItems()
                .stream())
        .sorted(Comparator.comparing(DiagnosticDataReader::last).reversed())
        .map(DiagnosticDataReader::complaint)
        .distinct()
        .limit(MOST)
        .toList();
  }

  /** Why no pod is made now: a ReplicaSet's condition goes on to say what was the first reason. */
  private List<Complaint> refusals(Installation installation) {
    return client
        .v1()
        .events()
        .inNamespace(installation.namespace())
        .withField("involvedObject.kind", "ReplicaSet")
        .withField("reason", Complaint.NOT_CREATED)
        .list()
        .getItems()
        .stream()
        .filter(e -> e.getInvolvedObject().getName().startsWith(installation.deployment() + "-"))
        .max(Comparator.comparing(DiagnosticDataReader::last))
        .map(DiagnosticDataReader::complaint)
        .stream()
        .toList();
  }

  private static Complaint complaint(Event event) {
    return new Complaint(
        event.getInvolvedObject().getName(),
        requireNonNullElse(event.getReason(), ""),
        requireNonNullElse(event.getMessage(), ""));
  }

  private static String last(Event event) {
    return requireNonNullElse(
        event.getLastTimestamp(),
        event.getEventTime() == null ? "" : event.getEventTime().getTime());
  }

  private DiagnosticData withLogs(DiagnosticData found, String namespace, List<PodState> pods) {
    var unread = new ArrayList<>(found.unread());
    var what = "logs of pods in namespace " + namespace;
    var allowed = tried(Unread.Source.Logs, what, unread, () -> mayReadLogs(namespace), false);
    var log =
        allowed
            ? tried(
                Unread.Source.Logs,
                what,
                unread,
                () -> pods.stream().limit(2).map(p -> log(namespace, p)).reduce("", String::concat),
                "")
            : "";
    if (!allowed) {
      unread.add(new Unread(Unread.Source.Logs, what, true, "there is no right to get pods/log"));
    }
    return new DiagnosticData(
        List.copyOf(unread),
        found.denied(),
        found.frontProxy(),
        found.events(),
        found.policies(),
        found.refusedRequests(),
        found.stuckNamespaces(),
        LogReader.scrapes(log).stream()
            .limit(1_000)
            .sorted(Comparator.comparing(Scrape::node))
            .toList(),
        LogReader.errors(log));
  }

  /** Checked first: without the right to read logs, an audit log should show no denied requests. */
  private boolean mayReadLogs(String namespace) {
    return reviews.allowed(right("get", "", "pods", "log").withNamespace(namespace).build());
  }

  private String log(String namespace, PodState pod) {
    var log =
        client
            .pods()
            .inNamespace(namespace)
            .withName(pod.name())
            // One that is not ready has said enough already.
            .withReadyWaitTimeout(0)
            .limitBytes(LOG_BYTES)
            .tailingLines(LOG_LINES)
            .getLog();
    return log == null ? "" : log + "\n";
  }

  // ------------------------------------------------------------------------------------- cluster

  private List<Policy> policies(Installation installation, List<PodState> pods) {
    var labels =
        pods.isEmpty()
            ? List.of(installation.selector())
            : pods.stream().map(PodState::labels).toList();
    return client
        .network()
        .v1()
        .networkPolicies()
        .inNamespace(installation.namespace())
        .list()
        .getItems()
        .stream()
        .filter(p -> !p.getMetadata().getName().equals(Names.NETWORK_POLICY))
        .filter(p -> labels.stream().anyMatch(l -> selects(p.getSpec().getPodSelector(), l)))
        .map(p -> policy(p, installation.port()))
        .sorted(Comparator.comparing(Policy::name))
        .toList();
  }

  /** Reports whether a policy applies to a pod with these labels. */
  static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return selector == null || LabelSelectors.selects(selector, labels);
  }

  /** What a policy means to a pod that listens on this port. */
  static Policy policy(NetworkPolicy policy, int port) {
    var spec = policy.getSpec();
    return new Policy(
        policy.getMetadata().getName(),
        spec.getPolicyTypes().contains("Ingress"),
        spec.getIngress().stream()
            .anyMatch(rule -> admitsControlPlane(rule) && admits(rule.getPorts(), port)),
        spec.getPolicyTypes().contains("Egress"),
        spec.getEgress().stream()
            .anyMatch(rule -> rule.getTo().isEmpty() && rule.getPorts().isEmpty()));
  }

  /** It is no pod, or one on its node's network, which selectors of pods do not mean. */
  private static boolean admitsControlPlane(NetworkPolicyIngressRule rule) {
    return rule.getFrom().isEmpty()
        || rule.getFrom().stream().anyMatch(from -> from.getIpBlock() != null);
  }

  private static boolean admits(List<NetworkPolicyPort> ports, int port) {
    return ports.isEmpty() || ports.stream().anyMatch(p -> admits(p, port));
  }

  private static boolean admits(NetworkPolicyPort admitted, int port) {
    if (!"TCP".equals(requireNonNullElse(admitted.getProtocol(), "TCP"))) {
      return false;
    }
    if (admitted.getPort() == null) {
      return true;
    }
    var first = admitted.getPort().getIntVal();
    return first == null
        ? Names.PORT.equals(admitted.getPort().getStrVal())
        : first <= port && port <= requireNonNullElse(admitted.getEndPort(), first);
  }

  private List<RefusedRequest> refusedRequests() {
    return CertificateRequestReader.list(client, CertificateRequest::isRefused).stream()
        .map(request ->
            new RefusedRequest(
                request.name(),
                request.node(),
                request.decision().map(d -> d.type() + ": " + d.message()).orElse("")))
        .sorted(Comparator.comparing(RefusedRequest::name))
        .limit(MOST)
        .toList();
  }

  private List<String> stuckNamespaces() {
    return client.namespaces().withField("status.phase", "Terminating").list().getItems().stream()
        .filter(DiagnosticDataReader::stuck)
        .map(n -> n.getMetadata().getName())
        .sorted()
        .limit(MOST)
        .toList();
  }

  private static boolean stuck(Namespace namespace) {
    return namespace.getStatus().getConditions().stream()
        .anyMatch(c ->
            "NamespaceDeletionDiscoveryFailure".equals(c.getType())
                && "True".equals(c.getStatus())
                && requireNonNullElse(c.getMessage(), "").contains(METRICS_GROUP));
  }
}
