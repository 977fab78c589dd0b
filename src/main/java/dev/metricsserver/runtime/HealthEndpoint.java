package dev.metricsserver.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.health.EventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Serves {@code /livez} and {@code /readyz} for the kubelet's probes. */
final class HealthEndpoint {

  private final int port;

  HealthEndpoint(int port) {
    this.port = port;
  }

  /** Starts to listen. It does so before the operator is ready, so that probes see a slow start. */
  void start(Supplier<RuntimeInfo> operator) {
    ServerLimits.set();
    try {
      var server = HttpServer.create(new InetSocketAddress(port), 0);
      server.setExecutor(threads());
      server.createContext("/livez", exchange -> answer(exchange, HttpURLConnection.HTTP_OK, "ok"));
      server.createContext("/readyz", exchange -> ready(exchange, operator.get()));
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    }
  }

  private static void ready(HttpExchange exchange, RuntimeInfo operator) throws IOException {
    if (operator.isStarted() && synced(operator)) {
      answer(exchange, HttpURLConnection.HTTP_OK, "ok");
    } else {
      answer(exchange, HttpURLConnection.HTTP_UNAVAILABLE, "not all watches are established");
    }
  }

  /**
   * Returns whether all watches run and have their list. The framework reports a watch as unhealthy
   * until its first event, which may take a minute.
   */
  private static boolean synced(RuntimeInfo operator) {
    return operator.unhealthyEventSources().values().stream()
        .flatMap(sources -> sources.values().stream())
        .allMatch(HealthEndpoint::synced);
  }

  private static boolean synced(EventSourceHealthIndicator source) {
    return source instanceof InformerWrappingEventSourceHealthIndicator<?> watches
        && watches.informerHealthIndicators().values().stream()
            .allMatch(watch -> watch.hasSynced() && watch.isRunning());
  }

  /** Returns one thread per request, so that a slow client does not delay others. */
  static ExecutorService threads() {
    return Executors.newVirtualThreadPerTaskExecutor();
  }

  /** Sends a text and ends the exchange. */
  static void answer(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      var body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
