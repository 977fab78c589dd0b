package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.metricsserver.plan.Plans;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written into the cluster of a configuration, and read again by later operators. */
class ConfigurationTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{version: 0.8.1, extraArgs: ['--http2-max-streams-per-connection=99'], image:"
            + " {pullSecrets: [{name: mirror}]}}",
        "{scheduling: {nodeSelector: {b: x, a: y}, tolerations: [{operator: Exists}]}}"
      })
  void isReadAsItWasWritten(String spec) {
    var configuration = Plans.plan(spec).rollback().configuration();
    assertThat(Configuration.of(configuration.json())).contains(configuration);
  }

  /** Or a later operator, which knows one more field, would take it for another one. */
  @Test
  void whatIsNotSaidIsNotWritten() {
    assertThat(Plans.plan("{}").rollback().configuration().json().toString())
        .doesNotContain("null");
  }

  @Test
  void annotation_ofAnotherWriter_isNoConfiguration() {
    for (var data : List.of(Map.of("replicas", 1), "text", JsonNodeFactory.instance.arrayNode())) {
      assertThat(Configuration.of(data)).isEmpty();
    }
    assertThat(Configuration.of(null)).isEmpty();
  }
}
