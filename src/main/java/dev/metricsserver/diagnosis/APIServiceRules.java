package dev.metricsserver.diagnosis;

import dev.metricsserver.model.MetricsAnswer;
import java.util.List;

/**
 * What the API server says when it does not get through to a metrics-server that is ready, and what
 * a query says that gets no metrics. The words are those of the aggregator of Kubernetes 1.25 to
 * 1.36.
 */
final class APIServiceRules {

  private static final String API_SERVICE = "apiservice v1beta1.metrics.k8s.io";
  private static final String UNVERIFIED =
      "kubectl patch "
          + API_SERVICE
          + " --type merge -p '{\"spec\":{\"insecureSkipTLSVerify\":true,\"caBundle\":null}}'";
  private static final String FRONT_PROXY =
      "on the control plane, make --proxy-client-cert-file of kube-apiserver a certificate of"
          + " --requestheader-client-ca-file with a name of --requestheader-allowed-names, restart"
          + " it, then kubectl -n {namespace} rollout restart deployment/{deployment}";

  private APIServiceRules() {}

  /** By the condition's reason and message, joined by a colon. */
  static final List<Rule> UNAVAILABLE =
      List.of(
          Rule.of(
              FindingCode.ServiceMissing,
              "^ServiceNotFound: service/(\\S+) in \"([^\"]+)\" is not present",
              "the API server finds no metrics-server, because the metrics API is registered with"
                  + " Service $2/$1, which does not exist",
              "{restore}",
              "kubectl patch "
                  + API_SERVICE
                  + " --type merge -p"
                  + " '{\"spec\":{\"service\":{\"namespace\":\"{namespace}\",\"name\":\"{service}\"}}}'"
                  + " with the Service of deployment/{deployment}, or kubectl delete "
                  + API_SERVICE),
          Rule.of(
              FindingCode.ServicePortMissing,
              "^ServicePortError: service/(\\S+) in \"([^\"]+)\" is not listening on port (\\d+)",
              "the API server does not get through, because the metrics API is registered with port"
                  + " $3 of Service $2/$1, which has no such port",
              "{restore}",
              "kubectl -n $2 edit service $1: let it listen on port $3, or correct"
                  + " spec.service.port of "
                  + API_SERVICE),
          Rule.of(
              FindingCode.ServingCertificateNotYetValid,
              "x509: certificate has expired or is not yet valid: current time \\S+ is before"
                  + " (\\S+)",
              "the API server refuses metrics-server's certificate, because it is not valid before"
                  + " $1 by the control plane's clock",
              "set the clocks of the control plane and the nodes right",
              "set the clocks of the control plane and the nodes right"),
          Rule.of(
              FindingCode.ServingCertificateExpired,
              "x509: certificate has expired or is not yet valid(?:: current time \\S+ is after"
                  + " (\\S+))?",
              "the API server refuses metrics-server's certificate, because it has expired",
              "{restore}",
              "renew the certificate that --tls-cert-file names, then kubectl -n {namespace}"
                  + " rollout restart deployment/{deployment}"),
          Rule.of(
              FindingCode.ServingCertificateOtherName,
              "x509: certificate is (?:not valid for any names, but wanted to match|valid for (.*),"
                  + " not) (\\S+)",
              "the API server refuses metrics-server's certificate, because it does not name $2",
              "{restore}",
              "issue a certificate that names $2, or let it go unverified: " + UNVERIFIED),
          Rule.of(
              FindingCode.ServingCertificateUntrusted,
              "x509: |tls: failed to verify certificate",
              "the API server refuses metrics-server's certificate, because the CA in the"
                  + " registration's caBundle did not sign it",
              "{restore}",
              "set spec.caBundle of "
                  + API_SERVICE
                  + " to the CA that signs it, or let it go unverified: "
                  + UNVERIFIED),
          Rule.of(
                  FindingCode.AddressNotAllowed,
                  "Address is not allowed",
                  "the control plane does not dial pods of this network (\"Address is not"
                      + " allowed\"), as on EKS with another network than its own",
                  "set spec.hostNetwork: true",
                  "kubectl -n {namespace} edit deployment {deployment}: set hostNetwork: true, and"
                      + " --secure-port and containerPort to another one than 10250, such as 4443")
              .helm("--set hostNetwork.enabled=true --set containerPort=4443"),
          Rule.of(
              FindingCode.HTTPProxyInTheWay,
              "https?://\\S+: (?:Forbidden|EOF|proxyconnect|Service Unavailable)$|\":"
                  + " (?:Forbidden|EOF)$|proxyconnect",
              "the API server's way to metrics-server leads through an HTTP proxy, which refuses"
                  + " it",
              "add the pod and service networks, .svc and .cluster.local to NO_PROXY of"
                  + " kube-apiserver and restart it",
              "add the pod and service networks, .svc and .cluster.local to NO_PROXY of"
                  + " kube-apiserver and restart it"),
          Rule.of(
              FindingCode.HTTP2Broken,
              "PROTOCOL_ERROR|http2: server sent GOAWAY",
              "HTTP/2 between the API server and metrics-server breaks, most often in a proxy or"
                  + " service mesh on the way",
              "set spec.extraArgs: [--disable-http2-serving=true]",
              "{flags --disable-http2-serving=true}; metrics-server 0.8 or newer takes it"),
          Rule.of(
              FindingCode.FrontProxyNotTrusted,
              "bad status from \\S+: (401|403)",
              "metrics-server does not recognise the API server ($1): kube-apiserver's front-proxy"
                  + " certificate is not of the CA in"
                  + " kube-system/extension-apiserver-authentication, or metrics-server has not"
                  + " read it since it changed",
              FRONT_PROXY,
              FRONT_PROXY),
          Rule.of(
              FindingCode.MetricsServerFails,
              "bad status from \\S+: (5\\d\\d)",
              "metrics-server answers the API server with status $1",
              "kubectl -n {namespace} rollout restart deployment/{deployment}",
              "kubectl -n {namespace} rollout restart deployment/{deployment}"),
          Rule.of(
              FindingCode.PortClosed,
              "connect: connection refused",
              "nothing listens where the API server dials metrics-server: Service {service} leads"
                  + " to another port than {port}, or metrics-server has just stopped",
              "{restore}",
              "kubectl -n {namespace} patch service {service} --type json -p"
                  + " '[{\"op\":\"replace\",\"path\":\"/spec/ports/0/targetPort\",\"value\":{port}}]'"));

  /** By what a query says that gets no metrics. */
  static final List<Rule> UNANSWERED =
      List.of(
          Rule.of(
              FindingCode.FrontProxyNotTrusted,
              MetricsAnswer.MISTAKEN,
              "metrics-server takes whoever asks for $1: kube-apiserver's front-proxy certificate"
                  + " is not of the CA in kube-system/extension-apiserver-authentication",
              FRONT_PROXY,
              FRONT_PROXY),
          Rule.of(
              FindingCode.MetricsForbidden,
              "is forbidden: User \"([^\"]+)\" cannot",
              "$1 may not read metrics, so whether they are there cannot be seen",
              Grant.USUAL,
              "kubectl auth can-i list nodes.metrics.k8s.io; ask for a role such as view"),
          Rule.of(
              FindingCode.DiscoveryStale,
              "stale GroupVersion discovery",
              "the API server remembers a metrics API that does not answer it now",
              "none: it looks again within 30 seconds",
              "none: it looks again within 30 seconds"),
          Rule.of(
              FindingCode.AuthorizationSlow,
              "(subjectaccessreviews|tokenreviews)",
              "metrics-server cannot ask the API server in time who is calling ($1), because the"
                  + " API server is overloaded or a webhook of it is slow",
              "see kubectl get --raw /metrics | grep apiserver_request_duration_seconds, and which"
                  + " webhooks there are: kubectl get validatingwebhookconfigurations",
              "see kubectl get --raw /metrics | grep apiserver_request_duration_seconds, and which"
                  + " webhooks there are: kubectl get validatingwebhookconfigurations"));
}
