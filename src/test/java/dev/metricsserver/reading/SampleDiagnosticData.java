package dev.metricsserver.reading;

import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.DiagnosticData.Complaint;
import dev.metricsserver.model.DiagnosticData.Policy;
import dev.metricsserver.model.DiagnosticData.RefusedRequest;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.Right;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Diagnostic data for tests; without a symptom unless one is added. */
public final class SampleDiagnosticData {

  private final List<Unread> unread = new ArrayList<>();
  private final List<Right> denied = new ArrayList<>();
  private final List<Complaint> events = new ArrayList<>();
  private final List<Policy> policies = new ArrayList<>();
  private final List<RefusedRequest> refusedRequests = new ArrayList<>();
  private final List<String> stuckNamespaces = new ArrayList<>();
  private boolean frontProxy = true;
  private String log = "";

  private SampleDiagnosticData() {}

  /** Nothing is suspicious. */
  public static SampleDiagnosticData none() {
    return new SampleDiagnosticData();
  }

  /** With something that may not be read. */
  public SampleDiagnosticData unread(String what, String message) {
    unread.add(new Unread(what, true, message));
    return this;
  }

  /** With rights that metrics-server does not have. */
  public SampleDiagnosticData denied(Right... rights) {
    denied.addAll(List.of(rights));
    return this;
  }

  /** Without what the API servers say about their front proxy. */
  public SampleDiagnosticData noFrontProxy() {
    frontProxy = false;
    return this;
  }

  /** With an Event. */
  public SampleDiagnosticData event(String pod, String reason, String message) {
    events.add(new Complaint(pod, reason, message));
    return this;
  }

  /** With a NetworkPolicy of another owner that denies by default. */
  public SampleDiagnosticData denyAll(boolean ingress, boolean egress) {
    policies.add(new Policy("default-deny", ingress, false, egress, false));
    return this;
  }

  /**
   * With a NetworkPolicy of another owner that lets metrics-server out, and restricts nothing else.
   */
  public SampleDiagnosticData admitAll() {
    policies.add(new Policy("open", false, false, true, true));
    return this;
  }

  /** With a request that was decided against. */
  public SampleDiagnosticData refusedRequest(String node, String reason) {
    refusedRequests.add(new RefusedRequest("csr-x7k2p", node, reason));
    return this;
  }

  /** With a namespace that cannot be deleted. */
  public SampleDiagnosticData stuck(String namespace) {
    stuckNamespaces.add(namespace);
    return this;
  }

  /** With lines of metrics-server's log. */
  public SampleDiagnosticData log(String... lines) {
    log = String.join("\n", lines);
    return this;
  }

  /** The diagnostic data. */
  public DiagnosticData data() {
    return new DiagnosticData(
        unread,
        denied,
        Optional.of(frontProxy),
        events,
        policies,
        refusedRequests,
        stuckNamespaces,
        LogReader.scrapes(log),
        LogReader.errors(log));
  }
}
