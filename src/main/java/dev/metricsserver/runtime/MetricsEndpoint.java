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

/** The operator's metrics, by TLS, for those whom the API server lets read them. */
final class MetricsEndpoint {

  /** Where they are, and the non-resource URL that a reader needs the right to. */
  static final String PATH = "/metrics";

  private static final Logger log = LoggerFactory.getLogger(MetricsEndpoint.class);
  private static final String BEARER = "Bearer ";
  private static final int LONGEST_TOKEN = 16_384;

  private final int port;
  private final KeyManager certificate;
  private final MetricsAuthorizer readers;
  private final Supplier<String> metrics;

  /**
   * @param certificate shown to whoever connects
   * @param metrics in Prometheus' format
   */
  MetricsEndpoint(
      int port, KeyManager certificate, MetricsAuthorizer readers, Supplier<String> metrics) {
    this.port = port;
    this.certificate = certificate;
    this.readers = readers;
    this.metrics = metrics;
  }

  /** Starts to answer. */
  void start() {
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
      throw new IllegalStateException("this Java cannot speak TLS", e);
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
      switch (readers.ask(authorization.substring(BEARER.length()).strip())) {
        case Unknown -> unauthorized(exchange);
        case Forbidden ->
            HealthEndpoint.answer(
                exchange,
                HttpURLConnection.HTTP_FORBIDDEN,
                "you may not get the non-resource URL " + PATH + "\n");
        case Allowed -> HealthEndpoint.answer(exchange, HttpURLConnection.HTTP_OK, metrics.get());
      }
    } catch (KubernetesClientException e) {
      log.warn(
          "Whether somebody may read the metrics cannot be asked of the API server: {}",
          e.getCause() == null ? e.getMessage() : e.getCause().toString());
      HealthEndpoint.answer(
          exchange,
          HttpURLConnection.HTTP_UNAVAILABLE,
          "the API server cannot be asked whether you may read this\n");
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
