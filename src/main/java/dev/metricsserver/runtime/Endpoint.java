package dev.metricsserver.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.javaoperatorsdk.operator.RuntimeInfo;
import io.javaoperatorsdk.operator.health.EventSourceHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers whether the process is alive and ready, and with its metrics. */
final class Endpoint {

  private static final Logger log = LoggerFactory.getLogger(Endpoint.class);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicReference<Duration> untilVerified = new AtomicReference<>();
  private final int port;

  Endpoint(int port) {
    this.port = port;
  }

  /** Starts to answer, before the operator is ready, so that a slow start is seen as such. */
  void start(RuntimeInfo operator) {
    try {
      var server = HttpServer.create(new InetSocketAddress(port), 0);
      server.setExecutor(
          Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("http").factory()));
      server.createContext("/livez", exchange -> answer(exchange, HttpURLConnection.HTTP_OK, "ok"));
      server.createContext("/readyz", exchange -> ready(exchange, operator));
      server.createContext(
          "/metrics", exchange -> answer(exchange, HttpURLConnection.HTTP_OK, registry.scrape()));
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot listen on port " + port, e);
    }
  }

  /**
   * Notes, the first time, how long it took from the start until all objects were as they should
   * be.
   */
  void verified() {
    if (untilVerified.get() != null) {
      return;
    }
    var took = processAge();
    if (untilVerified.compareAndSet(null, took)) {
      registry.gauge("metrics_server_operator_start_duration_seconds", took.toMillis() / 1000.0);
      log.info(
          "Verified all objects, %.3f s after process start".formatted(took.toMillis() / 1000.0));
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
   * Whether all watches go on. They count as unhealthy until their first event, which may be a
   * minute away, so having the list is what counts.
   */
  private static boolean synced(RuntimeInfo operator) {
    return operator.unhealthyEventSources().values().stream()
        .flatMap(sources -> sources.values().stream())
        .allMatch(Endpoint::synced);
  }

  private static boolean synced(EventSourceHealthIndicator source) {
    return source instanceof InformerWrappingEventSourceHealthIndicator<?> watches
        && watches.informerHealthIndicators().values().stream()
            .allMatch(watch -> watch.hasSynced() && watch.isRunning());
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      var body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /**
   * How long this process has lived. The start that Java tells rests on the time of boot in whole
   * seconds, so Linux is asked, in ticks of 10 ms: proc(5), {@code starttime} and {@code uptime}.
   */
  private static Duration processAge() {
    try {
      var stat = Files.readString(Path.of("/proc/self/stat"));
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      var uptime = Files.readString(Path.of("/proc/uptime")).split(" ", 2)[0];
      var started = Duration.ofMillis(10 * Long.parseLong(fields[19]));
      return Duration.ofMillis(Math.round(1000 * Double.parseDouble(uptime))).minus(started);
    } catch (IOException e) {
      return Duration.between(
          ProcessHandle.current().info().startInstant().orElseGet(Instant::now), Instant.now());
    }
  }
}
