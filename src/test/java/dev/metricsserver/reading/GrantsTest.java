package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Right;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Granted, less needed. */
class GrantsTest {

  @ParameterizedTest(name = "{0} {1} {2} {3}: {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''                    | nodes/metrics       | get             |                   |",
        "''                    | pods                | get, list, watch |                  |",
        "''                    | nodes               | list            | node-1            |",
        "authentication.k8s.io | tokenreviews        | create          |                   |",
        "''                    | configmaps          | get, list |"
            + " extension-apiserver-authentication |",
        "''                    | configmaps          | get, list       |           | get/list"
            + " configmaps",
        "''                    | configmaps          | get             | other | get configmaps"
            + " other",
        "''                    | namespaces          | list            |           | list"
            + " namespaces",
        "''                    | pods                | get, delete     |           | delete pods",
        "''                    | nodes/stats         | get             |           | get"
            + " nodes/stats",
        "'*'                   | nodes               | get             |           | get nodes.*",
        "''                    | '*'                 | get             |           | get *",
        "''                    | nodes               | '*'             |           | * nodes",
        "apps                  | deployments         | patch | my | patch deployments.apps my"
      })
  void whatHasNoUse(String group, String resource, String verbs, String name, String unused) {
    var rule =
        new KubernetesSerialization()
            .unmarshal(
                "apiGroups: ['%s']\nresources: ['%s']\nverbs: [%s]\nresourceNames: [%s]"
                    .formatted(
                        group, resource, verbs.replace("*", "'*'"), name == null ? "" : name),
                PolicyRule.class);

    assertThat(Grants.unused(List.of(rule, rule)).stream().map(Right::words).toList())
        .isEqualTo(Stream.ofNullable(unused).toList());
  }

  @Test
  void noPathHasAny() {
    var rule =
        new KubernetesSerialization()
            .unmarshal("nonResourceURLs: [/metrics]\nverbs: [get]", PolicyRule.class);

    assertThat(Grants.unused(List.of(rule)))
        .extracting(Right::words)
        .containsExactly("get /metrics");
  }
}
