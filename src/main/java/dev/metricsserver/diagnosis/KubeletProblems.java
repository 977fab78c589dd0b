package dev.metricsserver.diagnosis;

import static dev.metricsserver.diagnosis.Context.choose;
import static dev.metricsserver.diagnosis.Context.set;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.reading.Installation;
import java.util.List;

/**
 * The one catalogue of problems between metrics-server and kubelets, for both kinds of evidence:
 * the operator's own probes and metrics-server's log.
 *
 * @param nodes names of the nodes concerned, at least one
 * @param facts those of them that were probed; empty where only the log is known
 * @param address that metrics-server dials on the first node; empty where it is not known
 * @param detail what was seen there; empty where the problem says it all
 */
record KubeletProblems(
    Installation installation,
    boolean approving,
    List<String> nodes,
    List<NodeFacts> facts,
    String address,
    String detail) {

  private static final String ADDRESSES = "--kubelet-preferred-address-types";

  /** The finding of one kind of problem. */
  Finding finding(FindingCode code, Severity severity) {
    return new Finding(
        code, severity, message(code), remedy(code), ObjectName.cluster("Node", nodes.getFirst()));
  }

  private String message(FindingCode code) {
    var names = KubeletPlanner.firstNames(nodes);
    var kubelet = "the kubelet%s of %s ".formatted(many() ? "s" : "", names);
    return switch (code) {
      case KubeletUnauthorized ->
          kubelet
              + does("reject")
              + " metrics-server's ServiceAccount token (401), because webhook token authentication"
              + " is off";
      case KubeletForbidden ->
          kubelet
              + does("return")
              + " 403 although RBAC allows the request, because webhook token authentication is off"
              + " and the kubelet treats the token as anonymous";
      case KubeletWithoutMetrics ->
          kubelet
              + does("not serve", "does not serve")
              + " /metrics/resource (404), for example on virtual nodes";
      case KubeletRefusesTLS ->
          kubelet
              + does("not accept", "does not accept")
              + " TLS connections, usually because a certificate request waits for approval or was"
              + " denied"
              + colon();
      case KubeletCertificateUnsigned ->
          kubelet
              + does("present")
              + " a serving certificate that no CA trusted by metrics-server signed, so"
              + " metrics-server does not read metrics there";
      case KubeletUnreachable ->
          kubelet
              + does("not answer", "does not answer")
              + (address.isEmpty() ? " metrics-server" : " on " + address)
              + colon();
      case KubeletAnswerUnreadable ->
          "metrics-server cannot parse the metrics of the kubelet of " + names;
      default -> addressMessage(code);
    };
  }

  private String addressMessage(FindingCode code) {
    var names = KubeletPlanner.firstNames(nodes);
    return switch (code) {
      case KubeletNameUnknown ->
          "metrics-server does not reach %s, because DNS does not resolve the name %s"
              .formatted(names, detail);
      case KubeletAddressMissing ->
          "%s has no address of the types that metrics-server dials: %s".formatted(names, detail);
      case KubeletAddressFamily ->
          "metrics-server does not reach the kubelet of %s, because its pods have no address of the IP family of %s"
              .formatted(names, dialed());
      default -> certificateMessage(code);
    };
  }

  private String certificateMessage(FindingCode code) {
    var certificate =
        "the kubelet's certificate on %s ".formatted(KubeletPlanner.firstNames(nodes));
    return switch (code) {
      case KubeletCertificateNotYetValid ->
          certificate
              + "is not valid yet"
              + (detail.isEmpty() ? "" : " (not before %s)".formatted(detail));
      case KubeletCertificateExpired ->
          certificate + (detail.isEmpty() ? "has expired" : "expired on " + detail);
      case KubeletCertificateOtherAddress ->
          certificate
              + (detail.isEmpty()
                  ? "is not valid for " + dialed()
                  : "is valid for %s, and not for %s, which metrics-server dials"
                      .formatted(detail, dialed()));
      default -> throw new IllegalArgumentException("no problem of a kubelet: " + code);
    };
  }

  private String dialed() {
    return address.isEmpty() ? "the address that metrics-server dials" : address;
  }

  private boolean many() {
    return nodes.size() > 1;
  }

  private String does(String verb) {
    return does(verb, verb + "s");
  }

  private String does(String plural, String singular) {
    return many() ? (plural.startsWith("not ") ? "do " : "") + plural : singular;
  }

  private String colon() {
    return detail.isEmpty() ? "" : ": " + detail;
  }

  private Remedy remedy(FindingCode code) {
    return switch (code) {
      case KubeletUnauthorized, KubeletForbidden -> tokens();
      case KubeletWithoutMetrics -> withoutMetrics();
      case KubeletRefusesTLS -> requests();
      case KubeletCertificateNotYetValid ->
          Remedy.manual("correct the clocks of %s and of the control plane".formatted(first()));
      case KubeletCertificateExpired ->
          Remedy.of(Step.run("to find the kubelet's pending request", "kubectl get csr"))
              .then("approve it, or restart the kubelet so that it creates one");
      case KubeletCertificateOtherAddress -> otherAddress();
      case KubeletCertificateUnsigned -> unsigned();
      case KubeletNameUnknown ->
          installation.ours()
              ? set("kubelet.addressTypes", List.of("InternalIP"))
              : new Context(installation).flags(ADDRESSES + "=InternalIP");
      case KubeletAddressMissing -> addressMissing();
      case KubeletAddressFamily -> family();
      case KubeletUnreachable ->
          Remedy.manual("restart the kubelet of %s if it does not run".formatted(first()))
              .or(
                  "open the kubelet's TCP port between nodes in firewalls, security groups and host"
                      + " policies");
      case KubeletAnswerUnreadable ->
          Remedy.of(
              Step.run(
                  "to see the kubelet's answer",
                  "kubectl get --raw /api/v1/nodes/%s/proxy/metrics/resource",
                  nodes.getFirst()));
      default -> throw new IllegalArgumentException("no problem of a kubelet: " + code);
    };
  }

  private String first() {
    return nodes.getFirst();
  }

  private Remedy tokens() {
    var webhook =
        Remedy.manual(
            "set authentication.webhook.enabled: true in the kubelet's configuration on %s and restart the kubelet"
                .formatted(first()));
    return installation.ours()
        ? webhook.or(
            choose("kubelet.tls.clientCertificate", "to a Secret with a client certificate"))
        : webhook;
  }

  private Remedy withoutMetrics() {
    return (installation.ours()
            ? choose("kubelet.nodeSelector", "to labels that exclude the node")
            : Remedy.manual("exclude the node with --node-selector"))
        .or(
            new Step.FillIn(
                Step.Target.cluster("v1", "Node", first()),
                Command.of(
                    "kubectl annotate node %s metrics.k8s.io/resource-metrics-path=PATH", first()),
                "PATH is where the kubelet serves resource metrics"));
  }

  private Remedy requests() {
    var byHand =
        Remedy.of(Step.run("to find the kubelet's request", "kubectl get csr"))
            .then("approve it with kubectl certificate approve, if it is valid")
            .or("read the kubelet's log on the node");
    return installation.ours() && !approving ? byHand.or(CertificateFindings.byOperator()) : byHand;
  }

  private Remedy otherAddress() {
    var renewed =
        facts.isEmpty()
            ? signed()
            : Remedy.manual(
                "delete /var/lib/kubelet/pki/kubelet-server-current.pem on %s and restart the kubelet, so that it requests a new certificate"
                    .formatted(first()));
    return renewed.or(addressTypes("to types that the certificate is valid for"));
  }

  private Remedy addressTypes(String how) {
    return installation.ours()
        ? choose("kubelet.addressTypes", how)
        : new Context(installation).edit("set " + ADDRESSES + " " + how);
  }

  private Remedy unsigned() {
    if (!facts.isEmpty()) {
      return KubeletRemedy.of(facts, installation.ours(), approving)
          .or(
              installation.ours()
                  ? new Step.SetField(
                      "kubelet.tls.mode", "Insecure", "turns verification off deliberately")
                  : new Step.Manual(
                      "set --kubelet-insecure-tls, which turns verification off deliberately"));
    }
    return signed()
        .or(
            installation.ours()
                ? choose("kubelet.tls.certificateAuthority", "to the CA of the kubelets")
                : Remedy.manual("set --kubelet-certificate-authority to the CA of the kubelets"));
  }

  private static Remedy signed() {
    return Remedy.manual("set serverTLSBootstrap: true in the configuration of the kubelets")
        .then(Step.run("to find the kubelets' requests", "kubectl get csr"))
        .then("approve them, if they are valid");
  }

  private Remedy addressMissing() {
    return Remedy.of(
            Step.run(
                "to see the node's addresses (a cloud provider sets those of a new node later)",
                "kubectl get node %s -o jsonpath='{.status.addresses}'",
                first()))
        .then(addressTypes("to types of these addresses"));
  }

  private Remedy family() {
    var both = "give pods addresses of both IP families";
    return installation.ours()
        ? Remedy.of(
                new Step.SetField(
                    "hostNetwork", true, "where nodes have addresses of both IP families"))
            .or(both)
        : new Context(installation)
            .edit(
                "set hostNetwork: true, and --secure-port and containerPort to 4443, where nodes"
                    + " have addresses of both IP families")
            .or(both);
  }
}
