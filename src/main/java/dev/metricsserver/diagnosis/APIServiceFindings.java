package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Whether the API server reaches the metrics-server that its APIService names. */
final class APIServiceFindings {

  /** Timeouts in the messages of the API server. */
  private static final Pattern TIMEOUT =
      Pattern.compile("timeout|deadline exceeded|Client\\.Timeout|timed out|no route to host");

  /** Names of containers that Istio and Linkerd inject into pods. */
  private static final Set<String> MESHES = Set.of("istio-proxy", "linkerd-proxy");

  private APIServiceFindings() {}

  /** A pod is ready, and the API server does not reach it. */
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
                        Context.API_SERVICE))
                .or(() -> blocked(evidence, r))
                .orElseGet(() -> unknown(r)))
        .toList();
  }

  /** A pod is ready, and the Service does not select it. */
  private static Optional<Finding> endpoints(Evidence evidence, Registration registration) {
    if (!registration.reason().endsWith("EndpointsNotFound")
        && !registration.reason().equals("MissingEndpoints")) {
      return Optional.empty();
    }
    var context = new Context(evidence.installation());
    var service =
        new ObjectName(
            "Service", evidence.installation().namespace(), evidence.installation().service());
    return Optional.of(
        evidence.observations().endpointReady()
            ? context.finding(
                FindingCode.ServicePortNameWrong,
                Severity.Error,
                "the API server finds no endpoint of metrics-server, because Service {service}"
                    + " names a target port that the pods do not have",
                context.restoreOr(context.patchServicePort()),
                service)
            : context.finding(
                FindingCode.ServiceSelectsNothing,
                Severity.Error,
                "the API server finds no endpoint of metrics-server, because the selector of"
                    + " Service {service} matches none of its ready pods",
                context.restoreOr(context.patchServiceSelector()),
                service));
  }

  /** The proxy of a service mesh requires certificates of its own from clients. */
  private static Optional<Finding> mesh(Evidence evidence) {
    var installation = evidence.installation();
    var context = new Context(installation);
    return evidence.observations().pods().stream()
        .filter(pod -> pod.beside().stream().anyMatch(MESHES::contains))
        .findFirst()
        .map(pod ->
            new Finding(
                FindingCode.ServiceMeshInTheWay,
                Severity.Error,
                "the API server does not reach metrics-server, because the proxy of a service mesh (%s) in its pod intercepts the connections"
                    .formatted(
                        pod.beside().stream().filter(MESHES::contains).findFirst().orElseThrow()),
                installation.ours() ? withoutMesh(context) : unmeshed(context),
                installation.pod(pod.name())));
  }

  /** The operator reverts labels of its pods, so the namespace leaves the mesh. */
  private static Remedy withoutMesh(Context context) {
    var namespace = context.installation().namespace();
    return Remedy.of(
            Step.run(
                "where the mesh is Istio",
                "kubectl label namespace %s istio-injection=disabled --overwrite",
                namespace),
            Step.run(
                "where the mesh is Linkerd",
                "kubectl annotate namespace %s linkerd.io/inject=disabled --overwrite",
                namespace))
        .then(context.restart());
  }

  private static Remedy unmeshed(Context context) {
    return context.patchTemplate(
        Map.of(
            "metadata",
            Map.of(
                "labels", Map.of("sidecar.istio.io/inject", "false"),
                "annotations", Map.of("linkerd.io/inject", "disabled"))));
  }

  private static Optional<Finding> blocked(Evidence evidence, Registration registration) {
    if (!TIMEOUT.matcher(registration.message()).find()) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            FindingCode.APIServiceUnreachable,
            Severity.Error,
            "the API server's connections to metrics-server time out although a pod is ready, so a"
                + " firewall or policy drops them: "
                + registration.message(),
            open(evidence.installation()),
            Context.API_SERVICE));
  }

  private static Remedy open(Installation installation) {
    var open =
        Remedy.manual(
            "open TCP port %d from the control plane to the %s"
                .formatted(installation.port(), installation.hostNetwork() ? "nodes" : "pods"));
    if (installation.hostNetwork()) {
      return open;
    }
    var addresses =
        installation.policed()
            ? open.or(
                Context.choose(
                    "networkPolicy.controlPlaneCIDRs",
                    "to the control plane's addresses, if a NetworkPolicy blocks them"))
            : open;
    return installation.ours()
        ? addresses.or(
            new SetField(
                "hostNetwork", true, "if the control plane does not reach the pod network"))
        : addresses.or(
            "if the control plane does not reach the pod network, run the pods on the host network"
                + " with a port other than 10250");
  }

  private static Finding unknown(Registration registration) {
    return new Finding(
        FindingCode.APIServiceUnavailable,
        Severity.Error,
        "the API server does not reach metrics-server although a pod is ready (%s): %s"
            .formatted(registration.reason(), registration.message()),
        Remedy.of(
            Step.run(
                "to see the API server's reason",
                "kubectl get apiservice " + Names.API_SERVICE + " -o yaml")),
        Context.API_SERVICE);
  }

  /** A pod is ready, and no APIService names it. The operator creates its own. */
  static List<Finding> unregistered(Evidence evidence) {
    return evidence.serving()
            && !evidence.installation().ours()
            && evidence.observations().registration().isEmpty()
        ? List.of(
            new Context(evidence.installation())
                .finding(
                    FindingCode.MetricsAPINotRegistered,
                    Severity.Error,
                    "metrics-server {namespace}/{deployment} is ready, but the API server does not"
                        + " use it, because there is no APIService "
                        + Names.API_SERVICE,
                    Remedy.manual(
                        "install metrics-server again with its APIService; some packagings create"
                            + " it only on request (apiService.create: true)"),
                    Context.API_SERVICE))
        : List.of();
  }

  /**
   * The finding where no metrics-server is found.
   *
   * @param service the Service that the APIService names, as namespace/name
   */
  static Finding nothingFound(Optional<String> service) {
    return service
        .map(name ->
            new Finding(
                FindingCode.RegistrationLeftBehind,
                Severity.Error,
                "the APIService of the metrics API names Service %s, which has no metrics-server"
                    .formatted(name),
                Remedy.of(Context.deleteAPIService()).or("install metrics-server again"),
                Context.API_SERVICE))
        .orElseGet(() ->
            new Finding(
                FindingCode.MetricsServerMissing,
                Severity.Error,
                "this cluster has no metrics-server, and no other server of the metrics API",
                Remedy.of(
                        Step.run(
                            "to install this operator", "kubectl apply -f deploy/install.yaml"))
                    .then("create a MetricsServerConfig named cluster"),
                Context.API_SERVICE));
  }

  /** The APIService is available, and a query returns no metrics. */
  static List<Finding> unanswered(Evidence evidence) {
    var answer = evidence.observations().answer();
    return evidence.observations().registration().stream()
        .filter(r -> evidence.serving() && r.available() && !evidence.justChanged(r))
        .filter(_ -> answer.asked() && !answer.answered())
        .map(_ ->
            known(APIServiceRules.UNANSWERED, evidence)
                .or(() -> known(APIServiceRules.UNAVAILABLE, evidence))
                .orElseGet(() ->
                    new Finding(
                        FindingCode.MetricsNotAnswered,
                        Severity.Error,
                        "the APIService of the metrics API is available, but queries fail: "
                            + answer.error(),
                        Remedy.of(
                            Step.run(
                                "to see the answer",
                                "kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes")),
                        Context.API_SERVICE)))
        .toList();
  }

  private static Optional<Finding> known(List<Rule> rules, Evidence evidence) {
    return Rule.first(
        rules,
        evidence.observations().answer().error(),
        evidence.installation(),
        Severity.Error,
        Context.API_SERVICE);
  }

  /** Metrics are available, but old. */
  static List<Finding> stale(Evidence evidence) {
    return evidence.observations().answer().staleSince().stream()
        .map(since ->
            new Finding(
                FindingCode.MetricsStale,
                Severity.Warning,
                "the newest metrics are of %s: metrics-server answers, but no longer scrapes the kubelets, or the clocks of nodes are wrong"
                    .formatted(since),
                new Context(evidence.installation()).restart(),
                evidence.installation().object()))
        .toList();
  }
}
