package dev.metricsserver.reading;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** Errors of requests to the API server. */
public final class ApiErrors {

  private ApiErrors() {}

  /** The API server's message; where it sent none, the client's. */
  public static String message(KubernetesClientException e) {
    var status = e.getStatus();
    var message =
        status == null || status.getMessage() == null ? e.getMessage() : status.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.strip();
  }
}
