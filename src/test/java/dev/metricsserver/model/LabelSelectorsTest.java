package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelSelectorsTest {

  private static final Map<String, String> LABELS = Map.of("app", "metrics-server", "tier", "a");

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "matchLabels: {} | true",
        "matchLabels: {app: metrics-server} | true",
        "matchLabels: {app: metrics-server, tier: b} | false",
        "matchExpressions: [{key: tier, operator: In, values: [a, b]}] | true",
        "matchExpressions: [{key: tier, operator: In, values: [b]}] | false",
        "matchExpressions: [{key: zone, operator: In, values: [b]}] | false",
        "matchExpressions: [{key: tier, operator: NotIn, values: [a]}] | false",
        "matchExpressions: [{key: zone, operator: NotIn, values: [a]}] | true",
        "matchExpressions: [{key: tier, operator: Exists}] | true",
        "matchExpressions: [{key: zone, operator: Exists}] | false",
        "matchExpressions: [{key: tier, operator: DoesNotExist}] | false",
        "matchExpressions: [{key: zone, operator: DoesNotExist}] | true"
      })
  void selects_selector_followsTheApi(String selector, boolean selects) {
    assertThat(
            LabelSelectors.selects(
                Serialization.unmarshal("---\n" + selector, LabelSelector.class), LABELS))
        .isEqualTo(selects);
  }
}
