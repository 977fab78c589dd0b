package dev.metricsserver.approval;

import dev.metricsserver.approval.Verdict.Rejected;
import dev.metricsserver.approval.Verdict.Rule;

/** Ends the parsing of a request that violates a rule. */
final class RequestRejectedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Rejected verdict;

  RequestRejectedException(Rule rule, Reason.Code code, Object... parameters) {
    super(rule.name(), null, false, false);
    this.verdict = new Rejected(rule, Reason.of(code, parameters));
  }

  Rejected verdict() {
    return verdict;
  }

  /**
   * Checks a rule.
   *
   * @param satisfied whether the request satisfies it
   * @throws RequestRejectedException if it does not
   */
  static void require(boolean satisfied, Rule rule, Reason.Code code, Object... parameters) {
    if (!satisfied) {
      throw new RequestRejectedException(rule, code, parameters);
    }
  }
}
