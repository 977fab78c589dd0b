package dev.metricsserver.diagnosis;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.Manual;
import dev.metricsserver.diagnosis.Step.None;
import dev.metricsserver.diagnosis.Step.RemoveField;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.KubeletTLS.Problem;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Problems between metrics-server and the kubelets as probes saw them, one finding for each kind.
 */
final class KubeletFindings {

  private final KubeletTLS tls;
  private final Installation installation;
  private final boolean approving;
  private final Severity severity;
  private final List<String> podIPs;

  /**
   * @param installation the metrics-server that scrapes the kubelets
   * @param approving whether the operator approves certificate requests
   * @param severity of a node that has no metrics
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

  /** Why metrics-server cannot read kubelets. */
  static List<Finding> unreadable(Evidence evidence) {
    return of(evidence).flatMap(k -> k.unreadable().stream()).toList();
  }

  /** Connections that work and are not secure. */
  static List<Finding> weaknesses(Evidence evidence) {
    return of(evidence).flatMap(k -> k.weaknesses().stream()).toList();
  }

  /** Names of nodes that have no metrics because of a problem in {@link #unreadable}. */
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
    var found = matching(Problem::misdialled);
    return found.stream()
        .findFirst()
        .map(p ->
            new Finding(
                FindingCode.KubeletPortWrong,
                severity,
                "the kubelet of %s does not answer on port %d, which metrics-server dials: it listens on port %d"
                    .formatted(names(found), p.port(), p.node().kubeletPort()),
                installation.ours()
                    ? Context.remove("kubelet.port")
                    : new Context(installation).flags("--kubelet-use-node-status-port"),
                ObjectName.cluster("Node", p.node().name())));
  }

  private Optional<Finding> otherFamily() {
    return finding(FindingCode.KubeletAddressFamily, matching(this::otherFamily));
  }

  private List<Problem> matching(Predicate<Problem> which) {
    return tls.problems().stream().filter(p -> matters(p.kind()) && which.test(p)).toList();
  }

  private static String names(List<Problem> problems) {
    return KubeletPlanner.firstNames(problems.stream().map(p -> p.node().name()).toList());
  }

  /** A name may resolve to an address of either family. */
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

  /** Whether a problem keeps metrics away: a certificate that is not verified cannot. */
  private boolean matters(Kind kind) {
    return switch (kind) {
      case Unsigned, OtherAddress, Expired, NotYetValid -> tls.verified();
      // The port that was probed is not the port that is read.
      case Requested, Refused, Unreachable -> tls.mode() != TLSMode.Plaintext;
    };
  }

  private List<Problem> of(Kind kind) {
    return tls.problems().stream().filter(p -> p.kind() == kind).toList();
  }

  private Optional<Finding> finding(Kind kind) {
    var problems = of(kind).stream().filter(p -> !p.misdialled() && !otherFamily(p)).toList();
    return switch (kind) {
      // Pending certificate requests are reported by CertificateFindings.
      case Requested -> Optional.empty();
      case Unsigned -> finding(FindingCode.KubeletCertificateUnsigned, problems);
      case OtherAddress -> finding(FindingCode.KubeletCertificateOtherAddress, problems);
      case Expired -> finding(FindingCode.KubeletCertificateExpired, problems);
      case NotYetValid -> finding(FindingCode.KubeletCertificateNotYetValid, problems);
      case Refused -> finding(FindingCode.KubeletRefusesTLS, problems);
      case Unreachable -> finding(FindingCode.KubeletUnreachable, problems);
    };
  }

  private Optional<Finding> finding(FindingCode code, List<Problem> problems) {
    return problems.stream()
        .findFirst()
        .map(first ->
            new KubeletProblems(
                    installation,
                    approving,
                    problems.stream().map(p -> p.node().name()).toList(),
                    problems.stream().map(Problem::node).toList(),
                    first.address(),
                    first.detail())
                .finding(code, severity));
  }

  private ObjectName object() {
    return installation.ours() ? Finding.CONFIG : installation.object();
  }

  private String because() {
    return installation.ours() ? ": " + ReasonText.of(tls.reason()) : "";
  }

  List<Finding> weaknesses() {
    return Stream.of(insecure(), plaintext(), readOnlyPorts()).flatMap(Optional::stream).toList();
  }

  /** The owner of an existing installation decides whether it verifies kubelets. */
  private Optional<Finding> insecure() {
    return tls.mode() == TLSMode.Insecure
        ? Optional.of(
            new Finding(
                FindingCode.KubeletTLSInsecure,
                installation.ours() ? Severity.Warning : Severity.Info,
                "kubelet certificates are not verified, so an attacker who answers on a node's"
                    + " address receives metrics-server's token"
                    + because(),
                verification(),
                object()))
        : Optional.empty();
  }

  /** The steps until kubelets are verified. */
  private Remedy verification() {
    var unsigned = of(Kind.Unsigned);
    if (!unsigned.isEmpty()) {
      var signed =
          KubeletRemedy.of(
              unsigned.stream().map(Problem::node).toList(), installation.ours(), approving);
      return tls.automatic()
          ? signed.then(new None("the operator verifies the certificates without further changes"))
          : signed.then(verify());
    }
    if (tls.automatic()) {
      return Stream.of(Kind.OtherAddress, Kind.Expired, Kind.NotYetValid)
          .flatMap(kind -> finding(kind).stream())
          .findFirst()
          .map(Finding::remedy)
          .orElse(Remedy.none("none: the operator probes the kubelets again every few seconds"));
    }
    return tls.seen()
        ? Remedy.of(verify())
        : Remedy.manual("wait until a kubelet presents a valid certificate").then(verify());
  }

  private Step verify() {
    return installation.ours()
        ? new RemoveField("kubelet.tls.mode")
        : new Manual("remove --kubelet-insecure-tls");
  }

  private Optional<Finding> plaintext() {
    return tls.mode() == TLSMode.Plaintext
        ? Optional.of(
            new Finding(
                FindingCode.KubeletPlaintext,
                Severity.Warning,
                "metrics are read without encryption from the kubelets' read-only port, so an"
                    + " attacker on the network can read and change them"
                    + because(),
                Remedy.of(encrypt()).then("disable readOnlyPort of the kubelets"),
                object()))
        : Optional.empty();
  }

  private Step encrypt() {
    return installation.ours()
        ? new RemoveField("kubelet.tls.mode")
        : new Manual("remove --deprecated-kubelet-completely-insecure");
  }

  private Optional<Finding> readOnlyPorts() {
    var close =
        Remedy.manual(
            "set readOnlyPort: 0 in the configuration of these kubelets and restart them");
    return tls.readOnlyPorts().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                FindingCode.KubeletReadOnlyPortOpen,
                Severity.Warning,
                "port 10255 of %s is open, so every client that reaches it can read what runs there without authentication"
                    .formatted(KubeletPlanner.firstNames(tls.readOnlyPorts())),
                tls.mode() == TLSMode.Plaintext ? Remedy.of(encrypt()).then(close) : close,
                ObjectName.cluster("Node", tls.readOnlyPorts().getFirst())));
  }
}
