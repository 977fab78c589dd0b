package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.Request;
import dev.metricsserver.model.CertificateRequests.State;
import dev.metricsserver.model.ObjectName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Findings about kubelets' requests for serving certificates that are not approved. */
final class CertificateFindings {

  /** The addresses of a node that joins are not known at once. */
  private static final Duration UNTIL_WAITING = Duration.ofMinutes(1);

  private static final Duration UNTIL_STALLED = Duration.ofMinutes(2);
  private static final int SHOWN = 5;
  private static final String KUBELET_RETRIES = "the kubelet then creates a new request";

  private CertificateFindings() {}

  /** All findings about requests. */
  static List<Finding> of(Evidence evidence) {
    return of(
        evidence.requests(),
        evidence.installation().ours(),
        evidence.subject().approving(),
        evidence.severity(),
        evidence.now());
  }

  /**
   * All findings about requests.
   *
   * @param ours whether there is an operator that could approve them
   * @param enabled whether the operator approves requests
   * @param severity of a node that has no metrics
   */
  static List<Finding> of(
      CertificateRequests requests, boolean ours, boolean enabled, Severity severity, Instant now) {
    var findings = new ArrayList<Finding>();
    requests.forbidden().map(message -> forbidden(message, enabled)).ifPresent(findings::add);
    if (enabled) {
      requests.requests().stream()
          .filter(r -> r.state() == State.Refused)
          .limit(SHOWN)
          .map(CertificateFindings::rejected)
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

  /** Denied or failed requests of kubelets that have no metrics. */
  static List<Finding> denied(Evidence evidence) {
    var missing = evidence.observations().coverage().missing();
    return evidence.diagnosticData().refusedRequests().stream()
        .filter(r -> !evidence.serving() || missing.contains(r.node()))
        .limit(SHOWN)
        .map(r ->
            new Finding(
                FindingCode.CertificateRequestDenied,
                Severity.Warning,
                "certificate request %s of %s was denied or failed, so its kubelet has no serving certificate: %s"
                    .formatted(r.name(), r.node(), r.reason()),
                Remedy.manual("ask the approver of requests in this cluster, and fix the cause")
                    .then(Step.run("(" + KUBELET_RETRIES + ")", "kubectl delete csr %s", r.name())),
                ObjectName.cluster("CertificateSigningRequest", r.name())))
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
        "the operator has no right to %s the kubelets' certificate requests: %s"
            .formatted(enabled ? "approve" : "read", message),
        enabled
            ? Remedy.of(Grant.approval()).or(Context.remove("kubelet.servingCertificateApproval"))
            : Remedy.of(Grant.usual()),
        Finding.CONFIG);
  }

  private static Finding rejected(Request request) {
    return new Finding(
        FindingCode.CertificateRequestRefused,
        Severity.Warning,
        "the operator does not approve certificate request %s of %s, because it violates a rule: %s"
            .formatted(request.name(), request.node(), request.reason()),
        Remedy.of(
            Step.run("to see its requestor", "kubectl describe csr %s", request.name()),
            Step.run("(" + KUBELET_RETRIES + ")", "kubectl delete csr %s", request.name())),
        ObjectName.cluster("CertificateSigningRequest", request.name()));
  }

  private static Finding waiting(List<Request> requests, CertificateRequests all) {
    var first = requests.getFirst();
    return new Finding(
        FindingCode.CertificateRequestsWaiting,
        Severity.Warning,
        "%s not valid yet, and the operator checks again: %s"
            .formatted(
                these(requests, all),
                requests.stream()
                    .limit(SHOWN)
                    .map(r -> "%s of %s (%s)".formatted(r.name(), r.node(), r.reason()))
                    .collect(Collectors.joining(", "))),
        Remedy.of(
            Step.run(
                "to see the node's addresses (its kubelet creates a new request when they change)",
                "kubectl get node %s -o jsonpath='{.status.addresses}'",
                first.node())),
        ObjectName.cluster("CertificateSigningRequest", first.name()));
  }

  /** After two minutes without an approval the finding waits for user action. */
  private static Finding notApproved(
      List<Request> requests,
      CertificateRequests all,
      boolean ours,
      Severity severity,
      Instant now) {
    var stalled =
        severity == Severity.Error
            && requests.stream().anyMatch(r -> r.created().isBefore(now.minus(UNTIL_STALLED)));
    return new Finding(
        FindingCode.CertificateRequestsNotApproved,
        severity,
        "%s waiting for approval%s, so these kubelets have no certificate that can be verified: %s"
            .formatted(
                these(requests, all),
                ours ? ", which the operator is not configured to give" : "",
                requests.stream()
                    .limit(SHOWN)
                    .map(r -> "%s of %s".formatted(r.name(), r.node()))
                    .collect(Collectors.joining(", "))),
        approve(requests, ours),
        ObjectName.cluster("CertificateSigningRequest", requests.getFirst().name()),
        stalled);
  }

  /** Recommends for approval only what the operator would approve itself. */
  private static Remedy approve(List<Request> requests, boolean ours) {
    var names =
        requests.stream()
            .filter(r -> r.state() == State.Acceptable)
            .limit(SHOWN)
            .map(Request::name)
            .toArray();
    var check = Remedy.of(Step.run("to check the requests", "kubectl describe csr"));
    var byHand =
        names.length == 0
            ? check
            : check.then(
                Step.run(
                    "if they are valid",
                    "kubectl certificate approve" + " %s".repeat(names.length),
                    names));
    return ours ? byHand.or(byOperator()) : byHand;
  }

  /** The operator gets the right to approve requests, and approves them. */
  static Remedy byOperator() {
    return Remedy.of(
        Grant.approval(), Step.set("kubelet.servingCertificateApproval.policy", "Enabled"));
  }

  /** Where not all requests are listed, those that are listed stand for the others. */
  private static String these(List<Request> requests, CertificateRequests all) {
    var number = all.total() > all.requests().size() ? all.total() : requests.size();
    return number == 1
        ? "a kubelet's certificate request is"
        : "%d certificate requests of kubelets are".formatted(number);
  }
}
