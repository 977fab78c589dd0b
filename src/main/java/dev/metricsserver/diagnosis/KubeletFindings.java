package dev.metricsserver.diagnosis;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.KubeletTLS.Problem;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is wrong between metrics-server and the kubelets, one finding for each kind of trouble. */
final class KubeletFindings {

  private static final String CONFIG = "MetricsServerConfig/cluster";

  private final KubeletTLS tls;
  private final Installation installation;
  private final boolean approving;
  private final Severity severity;
  private final List<String> podIPs;

  /**
   * @param installation the metrics-server that asks the kubelets
   * @param approving whether the operator approves certificate requests
   * @param severity of what keeps a node's metrics away
   * @param podIPs the addresses that metrics-server's pods have
   */
  KubeletFindings(
      KubeletTLS tls,
      Installation installation,
      boolean approving,
      Severity severity,
      List<String> podIPs) {
    this.tls = tls;
    this.installation = installation;
    this.approving = approving;
    this.severity = severity;
    this.podIPs = podIPs;
  }

  /** Why nodes cannot have metrics. */
  static List<Finding> unreadable(Evidence evidence) {
    return of(evidence).flatMap(k -> k.unreadable().stream()).toList();
  }

  /** What works and should not. */
  static List<Finding> weaknesses(Evidence evidence) {
    return of(evidence).flatMap(k -> k.weaknesses().stream()).toList();
  }

  /** Nodes that have no metrics because of what {@link #unreadable} says. */
  static Set<String> nodes(Evidence evidence) {
    return of(evidence).flatMap(k -> k.nodes().stream()).collect(Collectors.toSet());
  }

  private static Stream<KubeletFindings> of(Evidence evidence) {
    return evidence.subject().kubelets().stream()
        .map(tls ->
            new KubeletFindings(
                tls,
                evidence.installation(),
                evidence.subject().approving(),
                evidence.severity(),
                evidence.observations().pods().stream()
                    .flatMap(p -> p.podIPs().stream())
                    .toList()));
  }

  Set<String> nodes() {
    return Stream.of(Kind.values())
        .filter(this::matters)
        .flatMap(k -> of(k).stream())
        .map(p -> p.node().name())
        .collect(Collectors.toSet());
  }

  List<Finding> unreadable() {
    return Stream.of(
            misdialled().stream(),
            otherFamily().stream(),
            Stream.of(Kind.values()).filter(this::matters).flatMap(kind -> finding(kind).stream()))
        .flatMap(findings -> findings)
        .toList();
  }

  private Optional<Finding> misdialled() {
    return first(
        Problem::misdialled,
        FindingCode.KubeletPortWrong,
        (p, names) ->
            "the kubelet of %s does not answer on port %d, which metrics-server dials: it listens on %d"
                .formatted(names, p.port(), p.node().kubeletPort()),
        installation.ours()
            ? "remove spec.kubelet.port"
            : Rule.filled("{flags --kubelet-use-node-status-port}", installation));
  }

  private Optional<Finding> otherFamily() {
    return first(
        this::otherFamily,
        FindingCode.KubeletAddressFamily,
        (p, names) ->
            "metrics-server's pods have no address of the family (IPv4 or IPv6) of %s, by which it dials the kubelet of %s"
                .formatted(p.address(), names),
        Rule.filled(
            installation.ours() ? ScrapeRules.FAMILY_OURS : ScrapeRules.FAMILY, installation));
  }

  private Optional<Finding> first(
      Predicate<Problem> which,
      FindingCode code,
      BiFunction<Problem, String, String> message,
      String remedy) {
    var found = tls.problems().stream().filter(p -> matters(p.kind()) && which.test(p)).toList();
    return found.stream()
        .findFirst()
        .map(p -> finding(code, p, message.apply(p, names(found)), remedy));
  }

  private static String names(List<Problem> problems) {
    return KubeletPlanner.firstNames(problems.stream().map(p -> p.node().name()).toList());
  }

  /** Names are for DNS to answer. */
  private boolean otherFamily(Problem problem) {
    return problem.kind() == Kind.Unreachable
        && !problem.misdialled()
        && problem.node().addresses().stream()
            .anyMatch(a -> a.isIP() && a.address().equals(problem.address()))
        && !podIPs.isEmpty()
        && podIPs.stream().noneMatch(ip -> isIPv6(ip) == isIPv6(problem.address()));
  }

  private static boolean isIPv6(String address) {
    return address.contains(":");
  }

  /** Whether metrics-server stumbles over it: it does not look at a certificate it need not. */
  private boolean matters(Kind kind) {
    return switch (kind) {
      case Unsigned, OtherAddress, Expired, NotYetValid -> tls.verified();
      // The port that was looked at is not the one that is read.
      case Requested, Refused, Unreachable -> tls.mode() != TLSMode.Plaintext;
    };
  }

  private List<Problem> of(Kind kind) {
    return tls.problems().stream().filter(p -> p.kind() == kind).toList();
  }

  private Optional<Finding> finding(Kind kind) {
    var problems = of(kind).stream().filter(p -> !p.misdialled() && !otherFamily(p)).toList();
    // What is to be said of requests, those who look at them say.
    if (problems.isEmpty() || kind == Kind.Requested) {
      return Optional.empty();
    }
    var first = problems.getFirst();
    var names = names(problems);
    var many = problems.size() > 1;
    return Optional.of(
        switch (kind) {
          case Unsigned ->
              finding(
                  FindingCode.KubeletCertificateUnsigned,
                  first,
                  "the kubelet%s of %s %s a serving certificate that the CA did not sign, so"
                          .formatted(many ? "s" : "", names, many ? "show" : "shows")
                      + " metrics-server does not ask there",
                  remedy(problems) + orInsecure());
          case OtherAddress ->
              finding(
                  FindingCode.KubeletCertificateOtherAddress,
                  first,
                  "the kubelet's certificate on %s names %s, and not %s, which metrics-server dials"
                      .formatted(names, first.detail(), first.address()),
                  "have the kubelet request a new certificate (delete"
                      + " /var/lib/kubelet/pki/kubelet-server-current.pem there and restart it), or"
                      + " set "
                      + theirs("spec.kubelet.addressTypes", "--kubelet-preferred-address-types")
                      + " to a kind that the certificate names");
          case Expired ->
              finding(
                  FindingCode.KubeletCertificateExpired,
                  first,
                  "the kubelet's certificate on %s expired on %s".formatted(names, first.detail()),
                  "approve the kubelet's pending request (kubectl get csr), or restart the kubelet"
                      + " so that it makes one; if it has none, see the node's clock");
          case NotYetValid ->
              finding(
                  FindingCode.KubeletCertificateNotYetValid,
                  first,
                  "the kubelet's certificate on %s is not valid before %s"
                      .formatted(names, first.detail()),
                  "set the clocks right, of this node and of those that run the control plane");
          case Requested, Refused ->
              finding(
                  FindingCode.KubeletRefusesTLS,
                  first,
                  "the kubelet of %s answers %s without TLS: %s"
                      .formatted(names, first.address(), first.detail()),
                  "kubectl get csr: most often its certificate request was denied or never"
                      + " approved; else see the kubelet's log on the node");
          case Unreachable ->
              finding(
                  FindingCode.KubeletUnreachable,
                  first,
                  "the kubelet of %s does not answer on %s: %s"
                      .formatted(names, first.address(), first.detail()),
                  "restart the kubelet of %s if it stands still (there: systemctl restart kubelet); if it runs, open its TCP port from node to node in firewalls and security groups"
                      .formatted(first.node().name()));
        });
  }

  private String orInsecure() {
    return "; or go back deliberately with "
        + theirs("spec.kubelet.tls.mode: Insecure", "--kubelet-insecure-tls");
  }

  private String remedy(List<Problem> problems) {
    return KubeletRemedy.of(
        problems.stream().map(Problem::node).toList(), installation.ours(), approving);
  }

  /** A field of ours means nothing to somebody else's metrics-server. */
  private String theirs(String ours, String theirs) {
    return installation.ours() ? ours : theirs;
  }

  private String object() {
    return theirs(CONFIG, installation.object());
  }

  private String because() {
    return installation.ours() ? ": " + ReasonText.of(tls.reason()) : "";
  }

  private Finding finding(FindingCode code, Problem problem, String message, String remedy) {
    return new Finding(code, severity, message, remedy, "Node/" + problem.node().name());
  }

  List<Finding> weaknesses() {
    return Stream.of(insecure(), plaintext(), readOnlyPorts()).flatMap(Optional::stream).toList();
  }

  /** What somebody else chose is theirs to judge. */
  private Optional<Finding> insecure() {
    if (tls.mode() != TLSMode.Insecure) {
      return Optional.empty();
    }
    var unsigned = of(Kind.Unsigned);
    return Optional.of(
        new Finding(
            FindingCode.KubeletTLSInsecure,
            installation.ours() ? Severity.Warning : Severity.Info,
            "the kubelets' certificates are not verified, so whoever answers on a node's address"
                + " receives metrics-server's token"
                + because(),
            (unsigned.isEmpty() ? tls.automatic() ? mend() : noneUnsigned() : remedy(unsigned))
                + (tls.automatic()
                    ? "; the operator verifies by itself as soon as it can"
                    : "; then remove " + theirs("spec.kubelet.tls.mode", "--kubelet-insecure-tls")),
            object()));
  }

  private String noneUnsigned() {
    return tls.seen()
        ? "every certificate that was seen verifies"
        : "no kubelet has shown a certificate yet: wait until one has, and verifies";
  }

  private String mend() {
    return unreadableIfVerified()
        .map(Finding::remedy)
        .orElse("none needed: it is looked at again every few seconds");
  }

  private Optional<Finding> unreadableIfVerified() {
    return Stream.of(Kind.OtherAddress, Kind.Expired, Kind.NotYetValid)
        .flatMap(k -> finding(k).stream())
        .findFirst();
  }

  private Optional<Finding> plaintext() {
    return tls.mode() == TLSMode.Plaintext
        ? Optional.of(
            new Finding(
                FindingCode.KubeletPlaintext,
                Severity.Warning,
                "metrics are read unencrypted from the kubelets' read-only port, where everybody on"
                    + " the way can read and change them"
                    + because(),
                "remove %s, and then the kubelets' readOnlyPort".formatted(plaintextField()),
                object()))
        : Optional.empty();
  }

  private String plaintextField() {
    return theirs("spec.kubelet.tls.mode", "--deprecated-kubelet-completely-insecure");
  }

  private Optional<Finding> readOnlyPorts() {
    return tls.readOnlyPorts().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                FindingCode.KubeletReadOnlyPortOpen,
                Severity.Warning,
                "everybody who reaches port 10255 of %s can read what runs there, without a password"
                    .formatted(KubeletPlanner.firstNames(tls.readOnlyPorts())),
                (tls.mode() == TLSMode.Plaintext
                        ? "first remove %s; then ".formatted(plaintextField())
                        : "")
                    + "set readOnlyPort: 0 in the kubelets' configuration and restart them",
                "Node/" + tls.readOnlyPorts().getFirst()));
  }
}
