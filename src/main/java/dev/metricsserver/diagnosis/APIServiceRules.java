package dev.metricsserver.diagnosis;

import static dev.metricsserver.diagnosis.Context.set;

import dev.metricsserver.diagnosis.Step.Edit;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.reading.Installation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Why the API server does not reach a metrics-server that is ready, and why a query gets no
 * metrics, in the words of the aggregator of Kubernetes 1.25 to 1.36.
 */
final class APIServiceRules {

  private static final String REJECTED =
      "the API server rejects metrics-server's certificate, because ";

  private APIServiceRules() {}

  private static Remedy clocks() {
    return Remedy.manual("correct the clocks of the control plane and of the nodes");
  }

  private static Remedy proxy() {
    return Remedy.manual(
        "add the pod and service networks, .svc and .cluster.local to NO_PROXY of kube-apiserver,"
            + " and restart it");
  }

  /** Turns verification of metrics-server's certificate off. */
  private static Remedy unverified() {
    var spec = new HashMap<String, Object>(Map.of("insecureSkipTLSVerify", true));
    spec.put("caBundle", null);
    return Context.patchAPIService(spec);
  }

  private static Remedy frontProxy(Context c) {
    return Remedy.manual(
            "on the control plane, set --proxy-client-cert-file of kube-apiserver to a certificate"
                + " that --requestheader-client-ca-file signed, with a name of"
                + " --requestheader-allowed-names, and restart kube-apiserver")
        .then(c.restart());
  }

  /** The Service that the APIService names. */
  private static final List<Rule> SERVICE =
      List.of(
          Rule.of(
              FindingCode.ServiceMissing,
              "^ServiceNotFound: service/(\\S+) in \"([^\"]+)\" is not present",
              "the API server does not find metrics-server, because the APIService names Service"
                  + " $2/$1, which does not exist",
              Context::restore,
              c -> service(c).or(Context.deleteAPIService())),
          Rule.of(
              FindingCode.ServicePortMissing,
              "^ServicePortError: service/(\\S+) in \"([^\"]+)\" is not listening on port (\\d+)",
              "the API server does not reach metrics-server, because the APIService names port $3"
                  + " of Service $2/$1, which has no such port",
              Context::restore,
              c ->
                  Remedy.of(
                          new Edit(
                              Target.namespaced("v1", "Service", c.group(2), c.group(1)),
                              "add port " + c.group(3)))
                      .or(new Edit(Context.apiService(), "correct spec.service.port"))));

  /** Names the Service of the Deployment, where it is known. */
  private static Remedy service(Context c) {
    var installation = c.installation();
    return installation.service().equals(Installation.UNKNOWN_SERVICE)
        ? Remedy.of(
            new Edit(
                Context.apiService(),
                "set spec.service to the Service of deployment/" + installation.deployment()))
        : Context.patchAPIService(
            Map.of(
                "service",
                Map.of("namespace", installation.namespace(), "name", installation.service())));
  }

  /** The certificate that metrics-server presents. */
  private static final List<Rule> CERTIFICATE =
      List.of(
          Rule.of(
              FindingCode.ServingCertificateNotYetValid,
              "x509: certificate has expired or is not yet valid: current time \\S+ is before"
                  + " (\\S+)",
              REJECTED + "it is not valid before $1 by the control plane's clock",
              _ -> clocks()),
          Rule.of(
              FindingCode.ServingCertificateExpired,
              "x509: certificate has expired or is not yet valid(?:: current time \\S+ is after"
                  + " (\\S+))?",
              REJECTED + "it has expired",
              Context::restore,
              c ->
                  Remedy.manual("renew the certificate that --tls-cert-file names")
                      .then(c.restart())),
          Rule.of(
              FindingCode.ServingCertificateOtherName,
              "x509: certificate is (?:not valid for any names, but wanted to match|valid for (.*),"
                  + " not) (\\S+)",
              REJECTED + "it is not valid for the name $2",
              Context::restore,
              c ->
                  Remedy.manual("issue a certificate for the name " + c.group(2)).or(unverified())),
          Rule.of(
              FindingCode.ServingCertificateUntrusted,
              "x509: |tls: failed to verify certificate",
              REJECTED + "the CA in the APIService's caBundle did not sign it",
              Context::restore,
              _ ->
                  Remedy.of(
                          new Edit(
                              Context.apiService(), "set spec.caBundle to the CA that signs it"))
                      .or(unverified())));

  /** The connection to metrics-server. */
  private static final List<Rule> CONNECTION =
      List.of(
          Rule.of(
              FindingCode.AddressNotAllowed,
              "Address is not allowed",
              "the control plane does not connect to pods of this network (\"Address is not"
                  + " allowed\"), for example on EKS with another network plugin",
              _ -> set("hostNetwork", true),
              c ->
                  c.helm(
                          List.of(
                              new HelmValue("hostNetwork.enabled", "true"),
                              new HelmValue("containerPort", "4443")))
                      .orElseGet(() ->
                          c.edit(
                              "set hostNetwork: true, and --secure-port and containerPort to a"
                                  + " port other than 10250, such as 4443"))),
          Rule.of(
              FindingCode.HTTPProxyInTheWay,
              "https?://\\S+: (?:Forbidden|EOF|proxyconnect|Service Unavailable)$|\":"
                  + " (?:Forbidden|EOF)$|proxyconnect",
              "the API server connects to metrics-server through an HTTP proxy, which rejects the"
                  + " connection",
              _ -> proxy()),
          Rule.of(
              FindingCode.HTTP2Broken,
              "PROTOCOL_ERROR|http2: server sent GOAWAY",
              "HTTP/2 between the API server and metrics-server fails, usually because of a proxy"
                  + " or service mesh between them",
              _ -> set("extraArgs", List.of("--disable-http2-serving=true")),
              c ->
                  c.flags("--disable-http2-serving=true")
                      .then("use metrics-server 0.8 or newer, which has this flag")),
          Rule.of(
              FindingCode.FrontProxyNotTrusted,
              "bad status from \\S+: (401|403)",
              "metrics-server does not authenticate the API server ($1): the CA in ConfigMap"
                  + " kube-system/extension-apiserver-authentication did not sign kube-apiserver's"
                  + " front-proxy certificate, or metrics-server has not read the ConfigMap since"
                  + " it changed",
              APIServiceRules::frontProxy),
          Rule.of(
              FindingCode.MetricsServerFails,
              "bad status from \\S+: (5\\d\\d)",
              "metrics-server answers the API server with status $1",
              Context::restart),
          Rule.of(
              FindingCode.PortClosed,
              "connect: connection refused",
              "no process listens where the API server connects to metrics-server: Service"
                  + " {service} leads to a port other than {port}, or metrics-server has just"
                  + " stopped",
              Context::restore,
              Context::patchServicePort));

  /** By the condition's reason and message, joined by a colon. */
  static final List<Rule> UNAVAILABLE =
      Stream.of(SERVICE, CERTIFICATE, CONNECTION).flatMap(List::stream).toList();

  /** By the error of a query that gets no metrics. */
  static final List<Rule> UNANSWERED =
      List.of(
          Rule.of(
              FindingCode.FrontProxyNotTrusted,
              MetricsAnswer.MISTAKEN,
              "metrics-server treats every request as a request of $1, because the CA in ConfigMap"
                  + " kube-system/extension-apiserver-authentication did not sign kube-apiserver's"
                  + " front-proxy certificate",
              APIServiceRules::frontProxy),
          Rule.of(
              FindingCode.MetricsForbidden,
              "is forbidden: User \"([^\"]+)\" cannot",
              "$1 has no right to read metrics, so this diagnosis cannot check whether they are"
                  + " available",
              _ -> Remedy.of(Grant.usual()),
              _ ->
                  Remedy.of(
                          Step.run(
                              "to check your rights",
                              "kubectl auth can-i list nodes.metrics.k8s.io"))
                      .then("ask an administrator for a role such as view")),
          Rule.of(
              FindingCode.DiscoveryStale,
              "stale GroupVersion discovery",
              "the API server has cached a metrics API that does not answer at the moment",
              _ -> Remedy.none("none: the API server checks again within 30 seconds")),
          Rule.of(
              FindingCode.AuthorizationSlow,
              "(subjectaccessreviews|tokenreviews)",
              "the API server does not answer metrics-server's $1 in time, because the API server"
                  + " is overloaded or one of its webhooks is slow",
              _ ->
                  Remedy.of(
                      Step.run(
                          "to see slow requests",
                          "kubectl get --raw /metrics | grep apiserver_request_duration_seconds"),
                      Step.run(
                          "to see the webhooks", "kubectl get validatingwebhookconfigurations"))));
}
