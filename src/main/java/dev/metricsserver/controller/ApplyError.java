package dev.metricsserver.controller;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.OperatorRemedy;
import dev.metricsserver.model.MissingRight;
import dev.metricsserver.model.ObjectName;
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
          "the API server rejected a request of the operator: " + status.getMessage(),
          refused.getCode() == HttpURLConnection.HTTP_FORBIDDEN
              ? OperatorRemedy.forbidden(MissingRight.of(status.getMessage()))
              : OperatorRemedy.retry(),
          details == null || details.getName() == null
              ? Finding.CONFIG
              : ObjectName.cluster(requireNonNullElse(details.getKind(), ""), details.getName()));
    }
    return new Finding(
        FindingCode.ApplyFailed,
        Severity.Error,
        "the operator could not apply the configuration: " + cause.getMessage(),
        OperatorRemedy.retry(),
        Finding.CONFIG);
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
