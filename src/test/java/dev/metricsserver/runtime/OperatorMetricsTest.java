package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.javaoperatorsdk.operator.api.monitoring.Metrics.ControllerExecution;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The lines that Prometheus reads. */
class OperatorMetricsTest {

  private final OperatorMetrics metrics = new OperatorMetrics(() -> true);

  @Test
  void whatIsCountedIsThereFromTheStart() {
    assertThat(lines(Optional.empty()))
        .contains(
            "metrics_server_operator_leader 1.0",
            "metrics_server_operator_certificate_approvals_total 0.0",
            "metrics_server_operator_rollbacks_total 0.0",
            "metrics_server_operator_reconcile_duration_seconds_count{result=\"error\"} 0",
            "metrics_server_operator_reconcile_duration_seconds_count{result=\"success\"} 0")
        .noneMatch(line -> line.startsWith("metrics_server_operator_nodes"));
  }

  @Test
  void whatHappensIsCounted() throws Exception {
    metrics.approved();
    metrics.approved();
    metrics.rolledBack();
    metrics.verified();
    assertThat(metrics.timeControllerExecution(reconcile(() -> "done"))).isEqualTo("done");
    assertThatIllegalStateException()
        .isThrownBy(() ->
            metrics.timeControllerExecution(
                reconcile(() -> {
                  throw new IllegalStateException("broken");
                })));

    assertThat(lines(Optional.empty()))
        .contains(
            "metrics_server_operator_certificate_approvals_total 2.0",
            "metrics_server_operator_rollbacks_total 1.0",
            "metrics_server_operator_reconcile_duration_seconds_count{result=\"error\"} 1",
            "metrics_server_operator_reconcile_duration_seconds_count{result=\"success\"} 1")
        .anyMatch(line -> line.startsWith("metrics_server_operator_start_duration_seconds "));
  }

  /** What only the registry refers to must not be forgotten with the garbage. */
  @Test
  void theLeaderIsStillKnownAfterACollection() {
    System.gc();
    assertThat(lines(Optional.empty())).contains("metrics_server_operator_leader 1.0");
  }

  @Test
  void theStatusIsToldAsItIs() {
    assertThat(lines(Optional.of(status(50, 48, "NodesWithoutMetrics", "NodesWithoutMetrics"))))
        .contains(
            "metrics_server_operator_nodes_expected 50.0",
            "metrics_server_operator_nodes_reporting 48.0",
            "metrics_server_operator_certificate_expiry_timestamp_seconds{name=\"serving\"}"
                + " 1.7672256E9",
            "metrics_server_operator_condition{type=\"MetricsAvailable\"} 1.0",
            "metrics_server_operator_condition{type=\"Stalled\"} 0.0",
            "metrics_server_operator_findings{code=\"NodesWithoutMetrics\",severity=\"Warning\"}"
                + " 2.0");

    assertThat(lines(Optional.of(status(50, 50, "Conflict"))))
        .contains(
            "metrics_server_operator_nodes_reporting 50.0",
            "metrics_server_operator_findings{code=\"Conflict\",severity=\"Warning\"} 1.0")
        .as("what is over is no longer told")
        .noneMatch(line -> line.contains("NodesWithoutMetrics"));

    assertThat(lines(Optional.empty()))
        .noneMatch(line -> line.startsWith("metrics_server_operator_findings{"))
        .noneMatch(line -> line.startsWith("metrics_server_operator_nodes"));
  }

  private List<String> lines(Optional<MetricsServerConfigStatus> status) {
    return metrics.scrape(status).lines().filter(line -> !line.startsWith("#")).toList();
  }

  private static MetricsServerConfigStatus status(int expected, int reporting, String... codes) {
    return new MetricsServerConfigStatus(
        1L,
        "0.9.0",
        "image",
        null,
        null,
        List.of(new CertificateStatus("serving", "", "2026-01-01T00:00:00Z")),
        new NodesStatus(expected, expected, reporting, "", List.of()),
        Stream.of(codes)
            .map(c -> new FindingStatus(c, "Warning", "", "", List.of(), null, null))
            .toList(),
        codes.length,
        null,
        null,
        List.of(condition("MetricsAvailable", "True"), condition("Stalled", "False")));
  }

  private static Condition condition(String type, String status) {
    return new ConditionBuilder().withType(type).withStatus(status).build();
  }

  private static <T> ControllerExecution<T> reconcile(Callable<T> result) {
    return new ControllerExecution<>() {
      @Override
      public String name() {
        return "reconcile";
      }

      @Override
      public String controllerName() {
        return "metricsserverconfig";
      }

      @Override
      public String successTypeName(T done) {
        return "";
      }

      @Override
      public ResourceID resourceID() {
        return new ResourceID("cluster");
      }

      @Override
      public Map<String, Object> metadata() {
        return Map.of();
      }

      @Override
      public T execute() throws Exception {
        return result.call();
      }
    };
  }
}
