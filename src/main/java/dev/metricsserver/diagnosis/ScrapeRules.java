package dev.metricsserver.diagnosis;

import java.util.List;

/**
 * Why metrics-server cannot read a kubelet, as it says in its log. {@code {nodes}} are the nodes
 * concerned, {@code {node}} the first of them.
 */
final class ScrapeRules {

  private static final String RESTART =
      "restart the kubelet of {node} if it stands still (there: systemctl restart kubelet); if it"
          + " runs, open its TCP port from node to node in firewalls, security groups and host"
          + " policies";

  private static final String VERIFY =
      "give the kubelets certificates of the cluster's CA (serverTLSBootstrap: true in their"
          + " configuration, then approve their requests: kubectl get csr)";

  private static final String TOKENS =
      "set authentication.webhook.enabled: true in the kubelet's configuration on {node} and"
          + " restart it";

  static final String FAMILY_OURS =
      "set spec.hostNetwork: true where nodes have addresses of both families, or give pods"
          + " addresses of both";

  static final String FAMILY =
      "kubectl -n {namespace} edit deployment {deployment}: set hostNetwork: true, and"
          + " --secure-port and containerPort to 4443, where nodes have addresses of both families;"
          + " or give pods addresses of both";

  /** The last one knows everything. */
  static final List<Rule> RULES =
      List.of(
          Rule.of(
              FindingCode.KubeletUnauthorized,
              "401 Unauthorized",
              "the kubelet of {nodes} does not recognise metrics-server's ServiceAccount token"
                  + " (401): it does not ask the API server about tokens",
              TOKENS + "; or set spec.kubelet.tls.clientCertificate",
              TOKENS),
          Rule.of(
              FindingCode.KubeletForbidden,
              "403 Forbidden",
              "the kubelet of {nodes} refuses to let metrics-server read its metrics (403),"
                  + " although the API server would allow it: it asks nobody about tokens, so that"
                  + " who has one is nobody to it",
              TOKENS + "; or set spec.kubelet.tls.clientCertificate",
              TOKENS),
          Rule.of(
              FindingCode.KubeletWithoutMetrics,
              "404 Not Found",
              "the kubelet of {nodes} has no /metrics/resource (404), as virtual nodes have not",
              "leave it out by spec.kubelet.nodeSelector, or annotate it: kubectl annotate node"
                  + " {node} metrics.k8s.io/resource-metrics-path=PATH",
              "leave it out by --node-selector, or annotate it: kubectl annotate node {node}"
                  + " metrics.k8s.io/resource-metrics-path=PATH"),
          Rule.of(
              FindingCode.KubeletRefusesTLS,
              "remote error: tls|tls: internal error|handshake failure|EOF$|first record does not"
                  + " look like a TLS",
              "the kubelet of {nodes} answers without TLS: most often its certificate request waits"
                  + " for approval or was denied",
              "kubectl get csr, and kubectl certificate approve what is right; or "
                  + Grant.APPROVAL
                  + " and spec.kubelet.servingCertificateApproval: Enabled",
              "kubectl get csr, and kubectl certificate approve what is right"),
          Rule.of(
              FindingCode.KubeletCertificateNotYetValid,
              "x509: certificate has expired or is not yet valid: current time \\S+ is before"
                  + " (\\S+)",
              "the kubelet's certificate on {nodes} is not valid before $1",
              "set the clocks right, of {node} and of those that run metrics-server",
              "set the clocks right, of {node} and of those that run metrics-server"),
          Rule.of(
              FindingCode.KubeletCertificateExpired,
              "x509: certificate has expired(?: or is not yet valid: current time \\S+ is after"
                  + " (\\S+))?",
              "the kubelet's certificate on {nodes} has expired",
              "approve the kubelet's pending request (kubectl get csr), or restart the kubelet so"
                  + " that it makes one",
              "approve the kubelet's pending request (kubectl get csr), or restart the kubelet so"
                  + " that it makes one"),
          Rule.of(
              FindingCode.KubeletCertificateOtherAddress,
              "x509: (?:cannot validate certificate for (\\S+) because it doesn't contain any IP"
                  + " SANs|certificate is valid for .*, not (\\S+))",
              "the kubelet's certificate on {nodes} does not name the address that metrics-server"
                  + " dials",
              VERIFY + ", or set spec.kubelet.addressTypes to a kind that the certificate names",
              VERIFY
                  + ", or set --kubelet-preferred-address-types to a kind that the certificate"
                  + " names"),
          Rule.of(
              FindingCode.KubeletCertificateUnsigned,
              "x509: ",
              "the kubelet of {nodes} shows a certificate that no CA known to metrics-server"
                  + " signed",
              VERIFY + ", or name their CA in spec.kubelet.tls.certificateAuthority",
              VERIFY + ", or name their CA by --kubelet-certificate-authority"),
          Rule.of(
              FindingCode.KubeletNameUnknown,
              "lookup (\\S+?)(?: on \\S+)?: (?:no such host|server misbehaving|i/o timeout)",
              "metrics-server cannot find the address of {nodes}, because DNS does not know the"
                  + " name $1",
              "set spec.kubelet.addressTypes: [InternalIP]",
              "{flags --kubelet-preferred-address-types=InternalIP}"),
          Rule.of(
              FindingCode.KubeletAddressMissing,
              "no address matched types \\[([^\\]]*)\\]",
              "{nodes} has no address of the kinds that metrics-server dials, $1",
              "set spec.kubelet.addressTypes to kinds that kubectl get node {node} -o"
                  + " jsonpath='{.status.addresses}' shows; a node that its cloud provider is still"
                  + " setting up gets them later",
              "set --kubelet-preferred-address-types to kinds that kubectl get node {node} -o"
                  + " jsonpath='{.status.addresses}' shows"),
          Rule.of(
              FindingCode.KubeletAddressFamily,
              "dial tcp (\\[[^\\]]+]|[\\d.]+):\\d+: connect: (?:network is unreachable|cannot"
                  + " assign requested address)",
              "metrics-server has no way to the kubelet of {nodes}: its pod has no address of the"
                  + " family (IPv4 or IPv6) of $1",
              FAMILY_OURS,
              FAMILY),
          Rule.of(
              FindingCode.KubeletUnreachable,
              "timeout|deadline exceeded|connection refused|no route to host|unreachable|reset by"
                  + " peer|request canceled",
              "the kubelet of {nodes} does not answer metrics-server",
              RESTART,
              RESTART),
          Rule.of(
              FindingCode.KubeletAnswerUnreadable,
              "",
              "metrics-server does not understand what the kubelet of {nodes} answers",
              "kubectl get --raw /api/v1/nodes/{node}/proxy/metrics/resource",
              "kubectl get --raw /api/v1/nodes/{node}/proxy/metrics/resource"));

  private ScrapeRules() {}

  /** The first rule that knows an error. */
  static Rule first(String error) {
    return RULES.stream()
        .filter(rule -> rule.pattern().matcher(error).find())
        .findFirst()
        .orElseThrow();
  }
}
