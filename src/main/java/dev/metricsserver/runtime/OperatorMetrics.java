package dev.metricsserver.runtime;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import dev.metricsserver.controller.OperatorEvents;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's own metrics in Prometheus' format: counters since the start, and gauges from the
 * present status. Every name begins with {@code metrics_server_operator_}.
 */
final class OperatorMetrics implements Metrics, OperatorEvents {

  private static final Logger log = LoggerFactory.getLogger(OperatorMetrics.class);
  private static final String PREFIX = "metrics_server_operator_";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Timer succeeded = reconciles("success");
  private final Timer failed = reconciles("error");
  private final Counter approvals =
      counter("certificate_approvals", "Kubelet certificate requests that the operator approved.");
  private final Counter rollbacks =
      counter("rollbacks", "Rollbacks to the configuration that was last Ready.");
  private final MultiGauge findings =
      gauge("findings", "Findings in the status, by code and severity.");
  private final MultiGauge conditions =
      gauge("condition", "Conditions in the status: 1 if True, else 0.");
  private final MultiGauge nodesExpected =
      gauge("nodes_expected", "Nodes that should have metrics.");
  private final MultiGauge nodesReporting = gauge("nodes_reporting", "Nodes that have metrics.");
  private final MultiGauge certificates =
      gauge(
          "certificate_expiry_timestamp_seconds",
          "Expiry of the certificates with which metrics-server is verified, in seconds since"
              + " 1970.");
  private final AtomicReference<Duration> untilVerified = new AtomicReference<>();

  /** Metrics with all counters at zero. */
  OperatorMetrics(BooleanSupplier leads) {
    gauge("leader", "1 if this replica is the leader, else 0.", () -> leads.getAsBoolean() ? 1 : 0);
    gauge(
        "start_duration_seconds",
        "Time from the start of the process until all objects were verified.",
        () ->
            Optional.ofNullable(untilVerified.get())
                .map(OperatorMetrics::seconds)
                .orElse(Double.NaN));
  }

  /** Returns all metrics, with gauges from the given status. */
  synchronized String scrape(Optional<MetricsServerConfigStatus> status) {
    findings.register(
        status.map(MetricsServerConfigStatus::findings).stream()
            .flatMap(List::stream)
            .collect(Collectors.groupingBy(OperatorMetrics::tags, Collectors.counting()))
            .entrySet()
            .stream()
            .<Row<?>>map(e -> Row.of(e.getKey(), e.getValue()))
            .toList(),
        true);
    conditions.register(
        status.map(MetricsServerConfigStatus::conditions).stream()
            .flatMap(List::stream)
            .<Row<?>>map(
                c -> Row.of(Tags.of("type", c.getType()), "True".equals(c.getStatus()) ? 1 : 0))
            .toList(),
        true);
    certificates.register(
        status.map(MetricsServerConfigStatus::certificates).stream()
            .flatMap(List::stream)
            .<Row<?>>map(c ->
                Row.of(Tags.of("name", c.name()), Instant.parse(c.notAfter()).getEpochSecond()))
            .toList(),
        true);
    var nodes = status.map(MetricsServerConfigStatus::nodes);
    nodesExpected.register(row(nodes.map(NodesStatus::expected)), true);
    nodesReporting.register(row(nodes.map(NodesStatus::reporting)), true);
    return registry.scrape();
  }

  private static Tags tags(FindingStatus finding) {
    return Tags.of("code", finding.code(), "severity", finding.severity());
  }

  private static List<Row<?>> row(Optional<Integer> value) {
    return value.<List<Row<?>>>map(v -> List.of(Row.of(Tags.empty(), v))).orElse(List.of());
  }

  // ------------------------------------------------------------------------------ counters

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    var sample = Timer.start(registry);
    var timer = failed;
    try {
      var result = execution.execute();
      timer = succeeded;
      return result;
    } finally {
      sample.stop(timer);
    }
  }

  @Override
  public void approved() {
    approvals.increment();
  }

  @Override
  public void rolledBack() {
    rollbacks.increment();
  }

  /** Records the time since the start of the process at the first call. */
  @Override
  public void verified() {
    if (untilVerified.get() != null) {
      return;
    }
    var took = processAge();
    if (untilVerified.compareAndSet(null, took)) {
      log.info("Verified all objects, %.3f s after process start".formatted(seconds(took)));
    }
  }

  private Timer reconciles(String result) {
    return Timer.builder(PREFIX + "reconcile_duration")
        .description("Number and duration of reconciles.")
        .tag("result", result)
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(PREFIX + name).description(description).register(registry);
  }

  private void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(PREFIX + name, value).description(description).register(registry);
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private MultiGauge gauge(String name, String description) {
    return MultiGauge.builder(PREFIX + name).description(description).register(registry);
  }

  /**
   * Returns the age of the process. Java rounds the boot time to seconds, so this reads proc(5),
   * {@code starttime} and {@code uptime}, in ticks of 10 ms.
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
