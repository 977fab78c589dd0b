package dev.metricsserver.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.Fixes.Fix;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.observation.Installation;
import dev.metricsserver.plan.Plans;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which remedies are a change that a command can make. */
class FixesTest {

  private static final Installation OURS = Installation.of(Plans.plan("{}"), false);
  private static final Installation PAUSED = Installation.of(Plans.plan("{}"), true);

  private static Optional<Installation> others() {
    return Optional.of(
        Installation.of(
            new KubernetesSerialization()
                .unmarshal(
                    """
                    metadata: {name: by-hand, namespace: monitoring}
                    spec:
                      selector: {matchLabels: {app: ms}}
                      template:
                        spec:
                          serviceAccountName: ms
                          containers: [{name: ms, image: ms}]
                    """,
                    Deployment.class),
            "metrics"));
  }

  private static Finding finding(String code, String remedy) {
    return new Finding(code, Severity.Error, "it is broken", remedy, "Some/object");
  }

  @ParameterizedTest
  @CsvSource({
    "ServiceSelectsNothing, Service/monitoring/metrics, '{selector={app=ms}}'",
    "ScaledToZero, Deployment/monitoring/by-hand, {replicas=1}",
  })
  void anObjectOfOthersIsEdited(String code, String object, String spec) {
    assertThat(Fixes.of(finding(code, "-"), others()).orElseThrow())
        .isInstanceOfSatisfying(
            Fix.Edited.class,
            edited -> {
              assertThat(Change.name(edited.object())).isEqualTo(object);
              assertThat(edited.spec()).hasToString(spec);
            });
  }

  @Test
  void aRightOfOthersIsGiven() {
    assertThat(Fixes.of(finding("AuthReaderMissing", "-"), others()).orElseThrow())
        .isInstanceOfSatisfying(
            Fix.Created.class,
            created ->
                assertThat(created.object())
                    .isInstanceOfSatisfying(
                        RoleBinding.class,
                        binding -> {
                          assertThat(Change.name(binding))
                              .isEqualTo("RoleBinding/kube-system/metrics-server-auth-reader");
                          assertThat(binding.getSubjects().getFirst().getNamespace())
                              .isEqualTo("monitoring");
                        }));
  }

  /** While it is paused the operator repairs nothing; else it does so by itself. */
  @Test
  void whatTheOperatorKeepsItRepairs() {
    assertThat(Fixes.of(finding("ScaledToZero", "-"), Optional.of(OURS))).isEmpty();
    assertThat(Fixes.of(finding("ScaledToZero", "kubectl patch msc"), Optional.of(PAUSED)))
        .map(Fix.Edited.class::cast)
        .hasValueSatisfying(edited -> {
          assertThat(Change.name(edited.object())).isEqualTo("MetricsServerConfig/cluster");
          assertThat(edited.spec()).isEqualTo(Map.of("paused", false));
        });
  }

  @Test
  void machinesAreToldByAPerson() {
    var remedy =
        "first let the operator approve requests: kubectl apply; then talosctl -n 10.0.0.1,10.0.0.2"
            + " patch mc --patch '{\"machine\":{}}'; the operator verifies by itself";
    assertThat(Fixes.of(finding("KubeletTLSInsecure", remedy), Optional.of(OURS)))
        .contains(
            new Fix.Machines("talosctl -n 10.0.0.1,10.0.0.2 patch mc --patch", "{\"machine\":{}}"));
  }

  @Test
  void whatTakesAPersonsMindIsLeftToOne() {
    assertThat(Fixes.of(finding("ImageNotPulled", "-"), others())).isEmpty();
    assertThat(Fixes.of(finding("MetricsServerMissing", "-"), Optional.empty())).isEmpty();
  }
}
