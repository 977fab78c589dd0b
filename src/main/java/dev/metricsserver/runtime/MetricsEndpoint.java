package dev.metricsserver.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the operator's metrics over TLS to clients whose token may get {@code /metrics}. */
final class MetricsEndpoint {

  /** The path, and the non-resource URL that a client needs the right to get. */
  static final String PATH = "/metrics";

  private static final Logger log = LoggerFactory.getLogger(MetricsEndpoint.class);
  private static final String BEARER = "Bearer ";
  private static final int LONGEST_TOKEN = 16_384;

  private final int port;
  private final KeyManager certificate;
  private final MetricsAuthorizer authorizer;
  private final Supplier<String> metrics;

  /**
   * @param certificate presented to clients
   * @param metrics returns the metrics in Prometheus' text format
   */
  MetricsEndpoint(
      int port, KeyManager certificate, MetricsAuthorizer authorizer, Supplier<String> metrics) {
    this.port = port;
    this.certificate = certificate;
    this.authorizer = authorizer;
    this.metrics = metrics;
  }

  /** Starts to listen. */
  void start() {
    ServerLimits.set();
    try {
      var tls = SSLContext.getInstance("TLS");
      tls.init(new KeyManager[] {certificate}, null, null);
      var server = HttpsServer.create(new InetSocketAddress(port), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
      server.setExecutor(HealthEndpoint.threads());
      server.createContext(PATH, this::answer);
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime does not support TLS", e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    var authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization == null
        || !authorization.startsWith(BEARER)
        || authorization.length() > LONGEST_TOKEN) {
      unauthorized(exchange);
      return;
    }
    try {
      switch (authorizer.ask(authorization.substring(BEARER.length()).strip())) {
        case Unknown -> unauthorized(exchange);
        case Forbidden ->
            HealthEndpoint.answer(
                exchange,
                HttpURLConnection.HTTP_FORBIDDEN,
                "you may not get the non-resource URL " + PATH + "\n");
        case Busy ->
            HealthEndpoint.answer(
                exchange,
                HttpURLConnection.HTTP_UNAVAILABLE,
                "too many tokens are being reviewed, try again\n");
        case Allowed -> HealthEndpoint.answer(exchange, HttpURLConnection.HTTP_OK, metrics.get());
      }
    } catch (KubernetesClientException e) {
      log.warn(
          "The API server did not review a token for the metrics: {}",
          e.getCause() == null ? e.getMessage() : e.getCause().toString());
      HealthEndpoint.answer(
          exchange,
          HttpURLConnection.HTTP_UNAVAILABLE,
          "the API server did not review your token, try again\n");
    }
  }

  private static void unauthorized(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
    HealthEndpoint.answer(
        exchange,
        HttpURLConnection.HTTP_UNAUTHORIZED,
        "send the token of a ServiceAccount that may get the non-resource URL " + PATH + "\n");
  }
}
