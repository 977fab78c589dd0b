package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.DiagnosticData.Policy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a NetworkPolicy of another owner means to metrics-server's pods. */
class DiagnosticDataReaderTest {

  private static final Map<String, String> LABELS =
      Map.of("k8s-app", "metrics-server", "pod-template-hash", "5f7d", "team", "core");

  private static NetworkPolicy policy(String spec) {
    return new KubernetesSerialization()
        .unmarshal("metadata: {name: p}\nspec: " + spec, NetworkPolicy.class);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | true",
        "{matchLabels: {k8s-app: metrics-server}} | true",
        "{matchLabels: {k8s-app: metrics-server, team: core}} | true",
        "{matchLabels: {team: other}} | false",
        "{matchLabels: {tier: back}} | false",
        "{matchExpressions: [{key: team, operator: In, values: [core, web]}]} | true",
        "{matchExpressions: [{key: team, operator: In, values: [web]}]} | false",
        "{matchExpressions: [{key: tier, operator: In, values: [back]}]} | false",
        "{matchExpressions: [{key: team, operator: NotIn, values: [web]}]} | true",
        "{matchExpressions: [{key: team, operator: NotIn, values: [core]}]} | false",
        "{matchExpressions: [{key: tier, operator: NotIn, values: [back]}]} | true",
        "{matchExpressions: [{key: team, operator: Exists}]} | true",
        "{matchExpressions: [{key: tier, operator: Exists}]} | false",
        "{matchExpressions: [{key: tier, operator: DoesNotExist}]} | true",
        "{matchExpressions: [{key: team, operator: DoesNotExist}]} | false",
        "{matchLabels: {team: core}, matchExpressions: [{key: tier, operator: Exists}]} | false",
      })
  void itSelectsThePods(String selector, boolean selects) {
    var spec = policy("{podSelector: %s}".formatted(selector)).getSpec();

    assertThat(DiagnosticDataReader.selects(spec.getPodSelector(), LABELS)).isEqualTo(selects);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | false",
        "[{}] | true",
        "[{ports: [{port: 10250}]}] | true",
        "[{ports: [{port: https}]}] | true",
        "[{ports: [{port: http}]}] | false",
        "[{ports: [{port: 443}]}] | false",
        "[{ports: [{port: 443}, {port: 10250}]}] | true",
        "[{ports: [{port: 10250, protocol: UDP}]}] | false",
        "[{ports: [{protocol: TCP}]}] | true",
        "[{ports: [{port: 10000, endPort: 11000}]}] | true",
        "[{ports: [{port: 10000, endPort: 10249}]}] | false",
        "[{from: [{podSelector: {}}], ports: [{port: 10250}]}] | false",
        "[{from: [{namespaceSelector: {}}]}] | false",
        "[{from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}] | true",
        "[{from: [{podSelector: {}}]}, {ports: [{port: 10250}]}] | true",
      })
  void itLetsTheControlPlaneIn(String ingress, boolean admits) {
    assertThat(
            DiagnosticDataReader.policy(
                policy("{policyTypes: [Ingress], ingress: %s}".formatted(ingress)), 10250))
        .isEqualTo(new Policy("p", true, admits, false, false));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | false",
        "[{}] | true",
        "[{ports: [{port: 53, protocol: UDP}]}] | false",
        "[{to: [{namespaceSelector: {}}]}] | false",
        "[{to: [{namespaceSelector: {}}]}, {}] | true",
      })
  void itLetsThePodsOut(String egress, boolean admits) {
    assertThat(
            DiagnosticDataReader.policy(
                policy("{policyTypes: [Egress], egress: %s}".formatted(egress)), 10250))
        .isEqualTo(new Policy("p", false, false, true, admits));
  }

  @Test
  void policy_withoutRules_admitsNoClient() {
    assertThat(
            DiagnosticDataReader.policy(
                policy("{podSelector: {}, policyTypes: [Ingress, Egress]}"), 10250))
        .isEqualTo(new Policy("p", true, false, true, false));
  }
}
