package dev.metricsserver.cli.common;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Errors of the API server in sentences. */
public final class ApiErrors {

  private ApiErrors() {}

  /** Returns what the API server answered; where it did not answer, why. */
  public static String sentence(KubernetesClientException e) {
    var status = e.getStatus();
    if (status != null && status.getMessage() != null) {
      return "the API server refuses: " + status.getMessage();
    }
    var cause =
        Stream.iterate((Throwable) e, Objects::nonNull, Throwable::getCause)
            .reduce((_, inner) -> inner)
            .orElse(e);
    if (cause instanceof TimeoutException) {
      return "the API server does not answer in time";
    }
    return "the API server does not answer: "
        + Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName());
  }
}
