package dev.metricsserver.approval;

import dev.metricsserver.approval.Verdict.Approved;
import dev.metricsserver.approval.Verdict.Deferred;
import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.model.CertificateRequest;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.CertificateRequests.State;
import java.time.Instant;
import java.util.Optional;

/** A request without a decision, and the operator's verdict about it. */
final class PendingRequest {

  private static final int MAX_SHOWN = 253;

  private volatile CertificateRequest request;
  private volatile String resourceVersion;
  private volatile ParsedRequest parsed;
  private volatile Optional<Verdict> verdict = Optional.empty();

  PendingRequest(CertificateRequest request) {
    this.request = request;
    this.resourceVersion = request.resourceVersion();
  }

  String name() {
    return request.name();
  }

  /** The name as it can be logged and shown. */
  String shownName() {
    return Reason.printable(name(), MAX_SHOWN);
  }

  String uid() {
    return request.uid();
  }

  /** The user that made it; the requests of one user are judged together. */
  String user() {
    return request.user();
  }

  String node() {
    return Reason.printable(request.node(), MAX_SHOWN);
  }

  Instant created() {
    return request.created();
  }

  String resourceVersion() {
    return resourceVersion;
  }

  /** The request has changed in a part that no verdict depends on. */
  void isNow(String version) {
    resourceVersion = version;
  }

  /** Parsed at the first call; from then on only the result takes memory. */
  synchronized ParsedRequest parsed() {
    if (parsed == null) {
      parsed = RequestParser.parse(request);
      request = request.withoutContent();
    }
    return parsed;
  }

  Optional<Verdict> verdict() {
    return verdict;
  }

  boolean isRejected() {
    return verdict.filter(Rejected.class::isInstance).isPresent();
  }

  /** Returns whether the verdict is another one than before. */
  boolean judged(Verdict now) {
    var changed = !Optional.of(now).equals(verdict);
    verdict = Optional.of(now);
    return changed;
  }

  /** Without a verdict: the operator approves no requests. */
  void reset() {
    verdict = Optional.empty();
  }

  CertificateRequests.Request fact() {
    return switch (verdict.orElse(null)) {
      case Deferred(var reason) -> fact(State.Waiting, reason.text());
      case Rejected(var rule, var reason) ->
          fact(State.Refused, "%s: %s".formatted(rule.name(), reason.text()));
      case Approved _ -> fact(State.Acceptable, "");
      case null -> fact(State.NotLookedAt, "");
    };
  }

  private CertificateRequests.Request fact(State state, String reason) {
    return new CertificateRequests.Request(shownName(), node(), created(), state, reason);
  }
}
