package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Whether the API server reaches the metrics-server that is registered with it. */
final class APIServiceFindings {

  private static final String API_SERVICE = "APIService/" + Names.API_SERVICE;
  private static final Pattern TIMEOUT =
      Pattern.compile("timeout|deadline exceeded|Client\\.Timeout|timed out|no route to host");

  /** Names of containers that Istio and Linkerd put into pods. */
  private static final Set<String> MESHES = Set.of("istio-proxy", "linkerd-proxy");

  private static final String UNMESHED =
      "kubectl -n {namespace} patch deployment {deployment} --type merge -p"
          + " '{\"spec\":{\"template\":{\"metadata\":{\"labels\":{\"sidecar.istio.io/inject\":\"false\"},\"annotations\":{\"linkerd.io/inject\":\"disabled\"}}}}}'";
  private static final String UNMESHED_NAMESPACE =
      "take namespace {namespace} out of the mesh (kubectl label namespace {namespace}"
          + " istio-injection=disabled --overwrite, kubectl annotate namespace {namespace}"
          + " linkerd.io/inject=disabled --overwrite), then kubectl -n {namespace} rollout restart"
          + " deployment/{deployment}";

  private APIServiceFindings() {}

  /** A pod is ready, and the API server does not get through to it. */
  static List<Finding> unreachable(Evidence evidence) {
    return evidence.observations().registration().stream()
        .filter(r -> evidence.serving() && !r.available() && !evidence.justChanged(r))
        .map(r ->
            endpoints(evidence, r)
                .or(() -> mesh(evidence))
                .or(() ->
                    Rule.first(
                        APIServiceRules.UNAVAILABLE,
                        r.reason() + ": " + r.message(),
                        evidence.installation(),
                        Severity.Error,
                        API_SERVICE))
                .or(() -> blocked(evidence, r))
                .orElseGet(() -> unknown(r)))
        .toList();
  }

  /** A pod is ready, and the Service does not lead to it. */
  private static Optional<Finding> endpoints(Evidence evidence, Registration registration) {
    if (!registration.reason().endsWith("EndpointsNotFound")
        && !registration.reason().equals("MissingEndpoints")) {
      return Optional.empty();
    }
    var service =
        "Service/%s/%s"
            .formatted(evidence.installation().namespace(), evidence.installation().service());
    return Optional.of(
        evidence.observations().endpointReady()
            ? of(
                FindingCode.ServicePortNameWrong,
                "the API server finds no endpoint of metrics-server, because Service {service}"
                    + " leads to a port by a name that none of the pods' ports has",
                "kubectl -n {namespace} patch service {service} --type json -p"
                    + " '[{\"op\":\"replace\",\"path\":\"/spec/ports/0/targetPort\",\"value\":{port}}]'",
                evidence,
                service)
            : of(
                FindingCode.ServiceSelectsNothing,
                "the API server finds no endpoint of metrics-server, because the selector of"
                    + " Service {service} matches none of its ready pods",
                "kubectl -n {namespace} set selector service {service} "
                    + evidence.installation().labels(),
                evidence,
                service));
  }

  /** A proxy of a service mesh wants certificates of its own from whoever connects. */
  private static Optional<Finding> mesh(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.observations().pods().stream()
        .filter(pod -> pod.beside().stream().anyMatch(MESHES::contains))
        .findFirst()
        .map(pod ->
            new Finding(
                FindingCode.ServiceMeshInTheWay,
                Severity.Error,
                "the API server does not get through to metrics-server, because a proxy of a service mesh (%s) in its pod takes the connections"
                    .formatted(
                        pod.beside().stream().filter(MESHES::contains).findFirst().orElseThrow()),
                Rule.filled(installation.ours() ? UNMESHED_NAMESPACE : UNMESHED, installation),
                "Pod/%s/%s".formatted(installation.namespace(), pod.name())));
  }

  private static Finding of(
      FindingCode code, String message, String other, Evidence evidence, String object) {
    var installation = evidence.installation();
    return new Finding(
        code,
        Severity.Error,
        Rule.filled(message, installation),
        Rule.filled(installation.ours() ? "{restore}" : other, installation),
        object);
  }

  private static Optional<Finding> blocked(Evidence evidence, Registration registration) {
    if (!TIMEOUT.matcher(registration.message()).find()) {
      return Optional.empty();
    }
    var installation = evidence.installation();
    var open = "open TCP port {port} from the control plane to the ";
    var hostNetwork =
        "if the control plane is not on the pod network, "
            + (installation.ours()
                ? "set spec.hostNetwork: true"
                : "give the pods the host's network and another port than 10250");
    return Optional.of(
        new Finding(
            FindingCode.APIServiceUnreachable,
            Severity.Error,
            "the API server's connections to metrics-server get no answer although a pod is ready,"
                + " so something drops them on the way: "
                + registration.message(),
            Rule.filled(
                installation.hostNetwork()
                    ? open + "nodes"
                    : open
                        + "pods; "
                        + (installation.policed()
                            ? "if a NetworkPolicy is in the way, name the control plane's addresses"
                                + " in spec.networkPolicy.controlPlaneCIDRs; "
                            : "")
                        + hostNetwork,
                installation),
            API_SERVICE));
  }

  private static Finding unknown(Registration registration) {
    return new Finding(
        FindingCode.APIServiceUnavailable,
        Severity.Error,
        "the API server does not reach metrics-server although a pod is ready (%s): %s"
            .formatted(registration.reason(), registration.message()),
        "kubectl get apiservice %s -o yaml".formatted(Names.API_SERVICE),
        API_SERVICE);
  }

  /** A pod is ready, and nobody has told the API server. The operator does so by itself. */
  static List<Finding> unregistered(Evidence evidence) {
    return evidence.serving()
            && !evidence.installation().ours()
            && evidence.observations().registration().isEmpty()
        ? List.of(
            new Finding(
                FindingCode.MetricsAPINotRegistered,
                Severity.Error,
                Rule.filled(
                    "metrics-server {namespace}/{deployment} is ready, but the API server does not"
                        + " know it: there is no APIService "
                        + Names.API_SERVICE,
                    evidence.installation()),
                "install it again the way it was installed: the APIService is part of every"
                    + " packaging, of some only where it is asked for (apiService.create: true)",
                API_SERVICE))
        : List.of();
  }

  /**
   * What there is to say where no metrics-server is found.
   *
   * @param service the Service that the metrics API is registered with, as namespace/name
   */
  static Finding nothingFound(Optional<String> service) {
    return service
        .map(name ->
            new Finding(
                FindingCode.RegistrationLeftBehind,
                Severity.Error,
                "the metrics API is registered with Service %s, and there is no metrics-server behind it"
                    .formatted(name),
                "kubectl delete apiservice %s, where metrics-server was removed for good; else install it again"
                    .formatted(Names.API_SERVICE),
                API_SERVICE))
        .orElseGet(() ->
            new Finding(
                FindingCode.MetricsServerMissing,
                Severity.Error,
                "this cluster has no metrics-server, and nobody else serves the metrics API",
                "install it: with this operator by kubectl apply -f deploy/install.yaml and a"
                    + " MetricsServerConfig",
                API_SERVICE));
  }

  /** The API server calls it available, and a query comes back without metrics. */
  static List<Finding> unanswered(Evidence evidence) {
    var answer = evidence.observations().answer();
    return evidence.observations().registration().stream()
        .filter(r -> evidence.serving() && r.available() && !evidence.justChanged(r))
        .filter(r -> answer.asked() && !answer.answered())
        .map(r ->
            Rule.first(
                    APIServiceRules.UNANSWERED,
                    answer.error(),
                    evidence.installation(),
                    Severity.Error,
                    API_SERVICE)
                .or(() ->
                    Rule.first(
                        APIServiceRules.UNAVAILABLE,
                        answer.error(),
                        evidence.installation(),
                        Severity.Error,
                        API_SERVICE))
                .orElseGet(() ->
                    new Finding(
                        FindingCode.MetricsNotAnswered,
                        Severity.Error,
                        "the metrics API is registered but does not answer: " + answer.error(),
                        "kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes",
                        API_SERVICE)))
        .toList();
  }

  /** Metrics come, but they are old. */
  static List<Finding> stale(Evidence evidence) {
    return evidence.observations().answer().staleSince().stream()
        .map(since ->
            new Finding(
                FindingCode.MetricsStale,
                Severity.Warning,
                "the newest measurement is of %s: metrics-server answers, but has stopped to ask the kubelets, or the clocks of nodes are wrong"
                    .formatted(since),
                Rule.filled(
                    "kubectl -n {namespace} rollout restart deployment/{deployment}",
                    evidence.installation()),
                evidence.installation().object()))
        .toList();
  }
}
