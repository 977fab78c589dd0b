package dev.metricsserver.status;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.FindingCode;
import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Seen;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.jse.JsePlatform;

/** What Argo CD says of a MetricsServerConfig, by the script that is shipped for it. */
class ArgoHealthTest {

  private static final Path FILE = Path.of("deploy/gitops/argocd/argocd-cm.yaml");
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
  private static final Outcome APPLIED = new Outcome.Applied(Plans.plan("{}"));
  private static final Finding ERROR =
      new Finding(
          FindingCode.PodCrashing,
          Severity.Error,
          "what is wrong",
          Remedy.manual("change it"),
          new ObjectName("Pod", "ns", "a"));

  @Test
  void metricsAreThere() {
    assertThat(health(3, "{}", status(APPLIED, Seen.fine(NOW))))
        .isEqualTo("Healthy: 2 of 2 nodes have metrics");
  }

  @Test
  void status_notWrittenYet_isProgressing() {
    assertThat(health(3, "{}", null)).startsWith("Progressing: ");
    var defaulted = KUBERNETES.unmarshal("observedGeneration: -1", MetricsServerConfigStatus.class);
    assertThat(health(3, "{}", defaulted)).startsWith("Progressing: ");
  }

  @Test
  void theStatusIsAboutTheGenerationBefore() {
    assertThat(health(4, "{}", status(APPLIED, Seen.fine(NOW))))
        .isEqualTo("Progressing: the operator has not looked at this generation yet");
  }

  @Test
  void itIsOnItsWay() {
    assertThat(health(3, "{}", status(APPLIED, Seen.nothing(NOW)))).startsWith("Progressing: ");
  }

  @Test
  void itGoesOnTryingByItself() {
    assertThat(health(3, "{}", status(new Outcome.Failed("busy"), Seen.fine(NOW))))
        .isEqualTo("Progressing: busy");
  }

  @Test
  void aPersonIsNeeded() {
    assertThat(
            health(3, "{}", status(new Outcome.Refused(Refusal.Conflict), Seen.fine(NOW), ERROR)))
        .isEqualTo("Degraded: what is wrong; change it");
  }

  @Test
  void paused() {
    assertThat(
            health(
                3,
                "{paused: true}",
                status(new Outcome.Paused("would change nothing"), Seen.fine(NOW))))
        .isEqualTo("Suspended: paused; would change nothing; 2 of 2 nodes have metrics");
  }

  // -------------------------------------------------------------------------------------- helpers

  private static MetricsServerConfigStatus status(Outcome outcome, Seen seen, Finding... findings) {
    return StatusRenderer.render(
        Optional.empty(), 3, outcome, seen.observations(), List.of(findings), NOW);
  }

  private static String health(long generation, String spec, MetricsServerConfigStatus status) {
    var config =
        KUBERNETES.unmarshal(
            """
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata: {name: cluster, generation: %d}
            spec: %s
            """
                .formatted(generation, spec),
            MetricsServerConfig.class);
    config.setStatus(status);
    var lua = JsePlatform.standardGlobals();
    lua.set("obj", lua(KUBERNETES.convertValue(config, Map.class)));
    var health = lua.load(script()).call();
    return health.get("status").tojstring() + ": " + health.get("message").tojstring();
  }

  private static String script() {
    try {
      return KUBERNETES
          .unmarshal(Files.readString(FILE), ConfigMap.class)
          .getData()
          .get("resource.customizations.health.metricsserver.dev_MetricsServerConfig");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static LuaValue lua(Object value) {
    return switch (value) {
      case null -> LuaValue.NIL;
      case Map<?, ?> map -> {
        var table = new LuaTable();
        map.forEach((key, element) -> table.set(key.toString(), lua(element)));
        yield table;
      }
      case List<?> list ->
          LuaTable.listOf(list.stream().map(ArgoHealthTest::lua).toArray(LuaValue[]::new));
      case Number number -> LuaValue.valueOf(number.doubleValue());
      case Boolean bool -> LuaValue.valueOf(bool);
      default -> LuaValue.valueOf(value.toString());
    };
  }
}
