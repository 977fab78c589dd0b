package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ObjectName;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which roles let people read metrics, and which pods should have some. */
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
  void rights_onEverything_includeMetrics(String group, String resource, boolean shutOut) {
    var role =
        new KubernetesSerialization()
            .unmarshal(
                "rules: [{apiGroups: ['%s'], resources: ['%s'], verbs: [get]}]"
                    .formatted(group, resource),
                ClusterRole.class);

    assertThat(ConsumerReader.shutsOut(role)).isEqualTo(shutOut);
  }

  /** One that has just started, that goes, or whose node has none either, is no news. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "name: web | node-1 | 2026-11-25T10:00:00Z | default/web",
        "name: measured | node-1 | 2026-11-25T10:00:00Z |",
        "name: web | node-3 | 2026-11-25T10:00:00Z |",
        "name: web | node-1 | 2026-11-25T11:56:00Z |",
        "'name: web, deletionTimestamp: \"2026-11-25T11:59:00Z\"' | node-1 | 2026-11-25T10:00:00Z |"
      })
  void aPodThatShouldHaveMetrics(String metadata, String node, String started, String found) {
    var pod =
        new KubernetesSerialization()
            .unmarshal(
                "metadata: {namespace: default, %s}\nspec: {nodeName: %s}\nstatus: {startTime: '%s'}"
                    .formatted(metadata, node, started),
                Pod.class);

    assertThat(
            ConsumerReader.podsWithout(
                List.of(pod),
                Set.of(new ObjectName("Pod", "default", "measured")),
                Set.of("node-1", "node-2"),
                Instant.parse("2026-11-25T12:00:00Z")))
        .extracting(ObjectName::path)
        .isEqualTo(Stream.ofNullable(found).toList());
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
