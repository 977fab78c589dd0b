package dev.metricsserver.mock;

import io.vertx.core.http.HttpServerRequest;

/** What an API server, or the network before it, does instead of answering a request. */
public enum Failure {
  BadRequest(400),
  Unauthorized(401),
  Forbidden(403),
  NotFound(404),
  Conflict(409),
  Gone(410),
  Invalid(422),
  TooManyRequests(429),
  InternalError(500),
  ServiceUnavailable(503),
  /** The request is carried out or not, and the connection breaks before the answer. */
  LostAnswer(0),
  /** The connection stays open, and no answer comes. */
  NoAnswer(0),
  /** 200, and a body that is not JSON. */
  MalformedBody(200),
  /** 200, and JSON that ends in the middle. */
  CutBody(200),
  /** 200, and an event of a watch that ends it, because its version is too old. */
  ExpiredWatch(200),
  /** 200, and a watch that ends in the middle of an event. */
  CutWatch(200);

  private final int code;

  Failure(int code) {
    this.code = code;
  }

  /** Returns the status code of the answer; 0 for none. */
  public int code() {
    return code;
  }

  /** Returns whether the failure can happen to a call, for example {@code WATCH nodes}. */
  public boolean concerns(String call) {
    return call.startsWith("WATCH ") || (this != ExpiredWatch && this != CutWatch);
  }

  /** Answers a request, or breaks its connection. */
  public void to(HttpServerRequest request) {
    var response = request.response();
    switch (this) {
      case LostAnswer -> request.connection().close();
      case NoAnswer -> {}
      case MalformedBody ->
          response.putHeader("Content-Type", "text/html").end("<html>proxy</html>");
      case ExpiredWatch ->
          response
              .putHeader("Content-Type", "application/json")
              .end(
                  """
                  {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "code": 410, \
                  "status": "Failure", "reason": "Expired", "message": "injected ExpiredWatch"}}
                  """);
      case CutWatch ->
          response
              .putHeader("Content-Type", "application/json")
              .end("{\"type\": \"MODIFIED\", \"object\": {\"metadata\": ");
      case CutBody ->
          response
              .putHeader("Content-Type", "application/json")
              .end("{\"kind\": \"List\", \"items\": [{");
      default -> {
        if (this == TooManyRequests) {
          response.putHeader("Retry-After", "1");
        }
        response
            .setStatusCode(code)
            .putHeader("Content-Type", "application/json")
            .end(
                """
                {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                 "reason": "%s", "message": "injected %1$s", "code": %d}\
                """
                    .formatted(name(), code));
      }
    }
  }
}
