package dev.metricsserver.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.rendering.PrometheusRule;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the dashboard, the alerts and the document name of the operator's metrics is there. */
class DashboardTest {

  private static final Path DASHBOARD = Path.of("deploy/grafana/metrics-server.json");
  private static final Pattern OPERATORS = Pattern.compile("metrics_server_operator_[a-z_]+");

  @Test
  void everyPanelAsksForSomething() throws IOException {
    var dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());

    assertThat(dashboard.at("/title").asText()).isEqualTo("metrics-server");
    assertThat(dashboard.at("/panels"))
        .isNotEmpty()
        .allSatisfy(panel -> {
          assertThat(panel.at("/title").asText()).isNotBlank();
          assertThat(panel.at("/targets")).isNotEmpty();
        });
    assertThat(dashboard.at("/panels"))
        .extracting(p -> p.at("/id").asInt())
        .doesNotHaveDuplicates();
    assertThat(dashboard.findValues("expr"))
        .extracting(JsonNode::asText)
        .noneMatch(String::isBlank);
  }

  @Test
  void theDashboardNamesMetricsThatThereAre() throws IOException {
    assertThat(names(Files.readString(DASHBOARD))).isNotEmpty().isSubsetOf(told());
  }

  @Test
  void theAlertsNameMetricsThatThereAre() {
    var plan = Plans.plan("{}", SampleCluster.ofNodes(2).prometheusOperator());
    var expressions =
        Monitoring.rule(plan).orElseThrow().getSpec().groups().stream()
            .flatMap(group -> group.rules().stream())
            .map(PrometheusRule.Rule::expr)
            .collect(Collectors.joining("\n"));

    assertThat(names(expressions)).isNotEmpty().isSubsetOf(told());
  }

  @Test
  void theDocumentNamesAllOfThem() throws IOException {
    var document = names(Files.readString(Path.of("docs/monitoring.md")));

    assertThat(document).isSubsetOf(told());
    assertThat(told().stream().map(name -> name.replaceFirst("_(sum|max)$", "_count")))
        .isSubsetOf(document);
  }

  private static Set<String> told() {
    var metrics = new OperatorMetrics(() -> true);
    var status =
        new MetricsServerConfigStatus(
            1L,
            "",
            "",
            null,
            null,
            List.of(new CertificateStatus("serving", "", "2026-01-01T00:00:00Z")),
            new NodesStatus(1, 1, 1, "", List.of()),
            List.of(new FindingStatus("Code", "Info", "", "", List.of(), null, null)),
            1,
            null,
            null,
            List.of(new ConditionBuilder().withType("Ready").withStatus("True").build()));
    return names(
        metrics
            .scrape(Optional.of(status))
            .lines()
            .filter(line -> !line.startsWith("#"))
            .collect(Collectors.joining("\n")));
  }

  private static Set<String> names(String text) {
    return Stream.of(text)
        .flatMap(t -> OPERATORS.matcher(t).results())
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }
}
