package dev.metricsserver.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ClusterFacts.Takeover;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TakeoverPlannerTest {

  @Test
  void of_previousOwnersTemplate_surges() {
    assertThat(TakeoverPlanner.of(deployment(Map.of(), false), true)).contains(Takeover.Surge);
  }

  @Test
  void of_previousOwnersTemplateOnHostNetwork_replaces() {
    assertThat(TakeoverPlanner.of(deployment(Map.of(), true), true)).contains(Takeover.Replace);
  }

  @Test
  void of_previousOwnersTemplateWithRequiredAntiAffinity_replaces() {
    var deployment =
        new DeploymentBuilder(deployment(Map.of(), false))
            .editSpec()
            .editTemplate()
            .editSpec()
            .withNewAffinity()
            .withNewPodAntiAffinity()
            .addNewRequiredDuringSchedulingIgnoredDuringExecution()
            .withTopologyKey("kubernetes.io/hostname")
            .endRequiredDuringSchedulingIgnoredDuringExecution()
            .endPodAntiAffinity()
            .endAffinity()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();

    assertThat(TakeoverPlanner.of(deployment, true)).contains(Takeover.Replace);
  }

  @Test
  void of_ownTemplateNotRolledOut_goesOnAsBegun() {
    var annotations = Map.of(Annotations.CONFIGURATION, "1", Annotations.TAKEOVER, "Replace");

    assertThat(TakeoverPlanner.of(deployment(annotations, false), false))
        .contains(Takeover.Replace);
  }

  @Test
  void of_rolledOut_isOver() {
    var annotations = Map.of(Annotations.CONFIGURATION, "1", Annotations.TAKEOVER, "Surge");

    assertThat(TakeoverPlanner.of(deployment(annotations, false), true)).isEmpty();
  }

  @Test
  void of_installedByTheOperator_isNone() {
    assertThat(TakeoverPlanner.of(deployment(Map.of(Annotations.CONFIGURATION, "1"), false), false))
        .isEmpty();
  }

  private static Deployment deployment(Map<String, String> annotations, boolean hostNetwork) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withAnnotations(annotations)
        .endMetadata()
        .withNewSpec()
        .withNewTemplate()
        .withNewSpec()
        .withHostNetwork(hostNetwork)
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }
}
