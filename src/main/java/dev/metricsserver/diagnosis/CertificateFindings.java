package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Findings about kubelets' requests for serving certificates that nobody has decided. */
final class CertificateFindings {

  private static final String CONFIG = "MetricsServerConfig/cluster";

  /** A node that joins needs a while until its addresses are known. */
  private static final Duration UNTIL_WAITING = Duration.ofMinutes(1);

  private static final Duration UNTIL_STALLED = Duration.ofMinutes(2);
  private static final int SHOWN = 5;

  private CertificateFindings() {}

  /** What is to be said of requests. */
  static List<Finding> of(Evidence evidence) {
    return of(
        evidence.requests(),
        evidence.installation().ours(),
        evidence.subject().approving(),
        evidence.severity(),
        evidence.now());
  }

  /**
   * The same.
   *
   * @param ours whether there is an operator that could approve them
   * @param enabled whether the operator is to approve requests
   * @param severity of what keeps a node's metrics away
   */
  static List<Finding> of(
      CertificateRequests requests, boolean ours, boolean enabled, Severity severity, Instant now) {
    var findings = new ArrayList<Finding>();
    requests.forbidden().map(message -> forbidden(message, enabled)).ifPresent(findings::add);
    if (enabled) {
      requests.requests().stream()
          .filter(r -> r.state() == State.Refused)
          .limit(SHOWN)
          .map(CertificateFindings::refused)
          .forEach(findings::add);
      var waiting = in(State.Waiting, requests, now.minus(UNTIL_WAITING));
      if (!waiting.isEmpty()) {
        findings.add(waiting(waiting, requests));
      }
    } else {
      var waiting =
          requests.requests().stream()
              .filter(r -> r.state() != State.Refused && !r.created().isAfter(now))
              .toList();
      if (!waiting.isEmpty()) {
        findings.add(notApproved(waiting, requests, ours, severity, now));
      }
    }
    return List.copyOf(findings);
  }

  /** Requests that somebody decided against, of kubelets that are without metrics. */
  static List<Finding> denied(Evidence evidence) {
    var missing = evidence.observations().coverage().missing();
    return evidence.clues().refusedRequests().stream()
        .filter(r -> !evidence.serving() || missing.contains(r.node()))
        .limit(SHOWN)
        .map(r ->
            new Finding(
                FindingCode.CertificateRequestDenied,
                Severity.Warning,
                "certificate request %s of %s came to nothing, so its kubelet has no certificate: %s"
                    .formatted(r.name(), r.node(), r.reason()),
                "ask whoever approves requests here, mend what was wrong, then kubectl delete csr %s"
                        .formatted(r.name())
                    + "; the kubelet makes a new one by itself",
                "CertificateSigningRequest/" + r.name()))
        .toList();
  }

  private static List<Request> in(State state, CertificateRequests requests, Instant before) {
    return requests.requests().stream()
        .filter(r -> r.state() == state && !r.created().isAfter(before))
        .toList();
  }

  private static Finding forbidden(String message, boolean enabled) {
    return new Finding(
        FindingCode.ApprovalForbidden,
        enabled ? Severity.Error : Severity.Warning,
        "the API server does not let the operator "
            + (enabled ? "approve" : "read")
            + " the kubelets' certificate requests: "
            + message,
        enabled
            ? Grant.APPROVAL + ", or remove spec.kubelet.servingCertificateApproval"
            : Grant.USUAL,
        CONFIG);
  }

  private static Finding refused(Request request) {
    return new Finding(
        FindingCode.CertificateRequestRefused,
        Severity.Warning,
        "certificate request %s of %s is not approved, because it breaks a rule: %s"
            .formatted(request.name(), request.node(), request.reason()),
        "find out who made it with kubectl describe csr %s, then kubectl certificate deny %s or kubectl delete csr %s"
                .formatted(request.name(), request.name(), request.name())
            + "; a kubelet makes a new one by itself",
        "CertificateSigningRequest/" + request.name());
  }

  private static Finding waiting(List<Request> requests, CertificateRequests all) {
    var first = requests.getFirst();
    return new Finding(
        FindingCode.CertificateRequestsWaiting,
        Severity.Warning,
        "%s not right yet and looked at again and again: %s"
            .formatted(
                these(requests, all),
                requests.stream()
                    .limit(SHOWN)
                    .map(r -> "%s of %s (%s)".formatted(r.name(), r.node(), r.reason()))
                    .collect(Collectors.joining(", "))),
        "kubectl get node %s -o jsonpath='{.status.addresses}' shows which addresses the node has"
                .formatted(first.node())
            + "; a kubelet makes a new request when its addresses change",
        "CertificateSigningRequest/" + first.name());
  }

  /** A person may take two minutes; then it is said that nothing goes on without one. */
  private static Finding notApproved(
      List<Request> requests,
      CertificateRequests all,
      boolean ours,
      Severity severity,
      Instant now) {
    var stalled =
        severity == Severity.Error
            && requests.stream().anyMatch(r -> r.created().isBefore(now.minus(UNTIL_STALLED)));
    // Only a request that the operator would approve itself is recommended for approval.
    var names =
        requests.stream()
            .filter(r -> r.state() == State.Acceptable)
            .limit(SHOWN)
            .map(Request::name)
            .collect(Collectors.joining(" "));
    return new Finding(
        FindingCode.CertificateRequestsNotApproved,
        severity,
        "%s waiting for somebody's approval%s; until"
                .formatted(
                    these(requests, all),
                    ours ? ", and the operator is not told to approve them" : "")
            + " then the kubelets have no certificate that can be verified: "
            + requests.stream()
                .limit(SHOWN)
                .map(r -> "%s of %s".formatted(r.name(), r.node()))
                .collect(Collectors.joining(", ")),
        "check them with kubectl describe csr"
            + (names.isEmpty() ? "" : ", then kubectl certificate approve " + names)
            + (ours
                ? "; or have the operator do it: "
                    + Grant.APPROVAL
                    + " and spec.kubelet.servingCertificateApproval: Enabled"
                : ""),
        "CertificateSigningRequest/" + requests.getFirst().name(),
        stalled);
  }

  /** Where not all are listed, those that are listed stand for the others. */
  private static String these(List<Request> requests, CertificateRequests all) {
    var number = all.total() > all.requests().size() ? all.total() : requests.size();
    return number == 1
        ? "a kubelet's certificate request is"
        : "%d certificate requests of kubelets are".formatted(number);
  }
}
