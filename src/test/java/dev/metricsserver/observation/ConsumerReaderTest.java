package dev.metricsserver.observation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which roles let people read metrics. */
class ConsumerReaderTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "metrics.k8s.io | nodes | false",
        "metrics.k8s.io | pods | false",
        "'*' | '*' | false",
        "'*' | pods | false",
        "metrics.k8s.io | '*' | false",
        "'*' | configmaps | true",
        "apps | '*' | true",
      })
  void whoeverMayReadEverythingMayReadMetrics(String group, String resource, boolean shutOut) {
    var role =
        new KubernetesSerialization()
            .unmarshal(
                "rules: [{apiGroups: ['%s'], resources: ['%s'], verbs: [get]}]"
                    .formatted(group, resource),
                ClusterRole.class);

    assertThat(ConsumerReader.shutsOut(role)).isEqualTo(shutOut);
  }

  /** The roles are filled from others a moment after they are made. */
  @ParameterizedTest
  @CsvSource({"'rules: []'", "'rules: null'", "'metadata: {name: view}'"})
  void aRoleWithoutRulesTellsNothing(String role) {
    assertThat(
            ConsumerReader.shutsOut(
                new KubernetesSerialization().unmarshal(role, ClusterRole.class)))
        .isFalse();
  }
}
