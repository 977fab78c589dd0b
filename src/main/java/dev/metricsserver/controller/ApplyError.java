package dev.metricsserver.controller;

import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.MissingRightText;
import dev.metricsserver.model.MissingRight;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.AggregatedOperatorException;
import java.net.HttpURLConnection;
import java.util.concurrent.RejectedExecutionException;

/** Turns what the API server refused into a finding. */
final class ApplyError {

  private ApplyError() {}

  static Finding of(Exception e) {
    var cause = cause(e);
    if (cause instanceof KubernetesClientException refused && refused.getStatus() != null) {
      var status = refused.getStatus();
      var details = status.getDetails();
      return new Finding(
          FindingCode.ApplyFailed,
          Severity.Error,
          "the API server refused a request of the operator: " + status.getMessage(),
          refused.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              ? forbidden(status.getMessage())
              : "none needed if it passes: the operator goes on trying",
          details == null || details.getName() == null
              ? "MetricsServerConfig/cluster"
              : details.getKind() + "/" + details.getName());
    }
    return new Finding(
        FindingCode.ApplyFailed,
        Severity.Error,
        "the operator could not finish: " + cause.getMessage(),
        "none needed if it passes: the operator goes on trying; else see its log",
        "MetricsServerConfig/cluster");
  }

  private static String forbidden(String message) {
    return MissingRight.of(message)
        .map(right ->
            "install the operator again as its release has it, by Helm or deploy/install.yaml; or"
                + " give it this right alone:\n"
                + MissingRightText.commands(right))
        .orElse(
            "install the operator again as its release has it, by Helm or deploy/install.yaml; or"
                + " let the policy that refuses admit the operator");
  }

  /**
   * Whether it failed only because the operator is being stopped: no news, the next one goes on.
   */
  static boolean stopped(Exception e) {
    return cause(e) instanceof RejectedExecutionException;
  }

  /** The first of several causes, and the innermost that the API server has a word for. */
  private static Throwable cause(Throwable e) {
    if (e instanceof AggregatedOperatorException several
        && !several.getAggregatedExceptions().isEmpty()) {
      return cause(several.getAggregatedExceptions().values().iterator().next());
    }
    if (e instanceof KubernetesClientException || e.getCause() == null) {
      return e;
    }
    return cause(e.getCause());
  }
}
