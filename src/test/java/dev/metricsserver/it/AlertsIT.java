package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The alerts as they are rendered, by Prometheus' own tool: their form, and when they are raised.
 */
@IntegrationTest
class AlertsIT {

  private static final Path TESTS = Path.of("src/test/resources/prometheus/alerts.yaml");

  /** The rules of the PrometheusRule, as a file of rules. */
  static Path rules(Path folder) throws IOException {
    var plan = Plans.plan("{}", SampleCluster.ofNodes(2).prometheusOperator());
    return Files.writeString(
        folder.resolve("rules.yaml"),
        new KubernetesSerialization().asYaml(Monitoring.rule(plan).orElseThrow().getSpec()));
  }

  @Test
  void prometheusTakesThem(@TempDir Path folder) throws IOException {
    assertThat(Shell.run(Programs.promtool(), "check", "rules", rules(folder).toString()))
        .contains("SUCCESS");
  }

  @Test
  void theyAreRaisedWhenTheyShouldBe(@TempDir Path folder) throws IOException {
    rules(folder);
    var tests = Files.copy(TESTS, folder.resolve("alerts.yaml"));
    assertThat(Shell.run(Programs.promtool(), "test", "rules", tests.toString()))
        .contains("SUCCESS");
  }
}
