package dev.metricsserver.reading;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Owner;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.Installation.Keeper;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is known of an installation of any owner. */
class InstallationTest {

  @Test
  void oursIsAsThePlanHasIt() {
    var plan = Plans.plan("{hostNetwork: true, metricResolution: 20s}");

    assertThat(Installation.of(plan, false))
        .isEqualTo(
            new Installation(
                Keeper.Operator,
                "kube-system",
                new Installation.Objects("metrics-server", "metrics-server", "metrics-server"),
                Map.of("k8s-app", "metrics-server"),
                plan.pod().image().reference(),
                plan.size().resources().memoryLimit(),
                4443,
                true,
                false,
                Duration.ofSeconds(20),
                Optional.empty()));
    assertThat(Installation.of(plan, true).keeper()).isEqualTo(Keeper.PausedOperator);
    assertThat(Installation.of(Plans.plan("{}"), false).policed()).isTrue();
  }

  /** As the Helm chart writes it; a flag that is given twice counts as given last. */
  @Test
  void of_deploymentOfAnotherOwner_isReadOffIt() {
    var deployment =
        foreign()
            .editSpec()
            .editTemplate()
            .editSpec()
            .withServiceAccountName("my-metrics")
            .editFirstContainer()
            .withArgs(
                "--secure-port=10250",
                "--metric-resolution=15s",
                "--kubelet-insecure-tls",
                "--metric-resolution=30s")
            .withNewResources()
            .addToLimits("memory", new Quantity("200Mi"))
            .endResources()
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();

    assertThat(Installation.of(deployment, "my-service"))
        .isEqualTo(
            new Installation(
                Keeper.Other,
                "monitoring",
                new Installation.Objects("my-metrics-server", "my-service", "my-metrics"),
                Map.of("app.kubernetes.io/instance", "my"),
                "example.com/metrics-server:v0.7.2",
                "200Mi",
                10250,
                false,
                false,
                Duration.ofSeconds(30),
                Optional.of(
                    new Packaging(
                        new Owner(Owner.Kind.Unknown, "", "", "no mark at all"),
                        "",
                        0,
                        "metrics-server",
                        List.of(
                            "--secure-port=10250",
                            "--metric-resolution=15s",
                            "--kubelet-insecure-tls",
                            "--metric-resolution=30s")))));
  }

  /** metrics-server's own defaults. */
  @Test
  void whatItDoesNotSayIsTheDefault() {
    assertThat(Installation.of(foreign().build(), "s"))
        .satisfies(
            i -> assertThat(i.port()).isEqualTo(443),
            i -> assertThat(i.scrapeInterval()).isEqualTo(Duration.ofMinutes(1)),
            i -> assertThat(i.memoryLimit()).isEqualTo("none"),
            i -> assertThat(i.serviceAccount()).isEqualTo("default"),
            i -> assertThat(i.ours()).isFalse());
  }

  private static DeploymentBuilder foreign() {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withNamespace("monitoring")
        .withName("my-metrics-server")
        .endMetadata()
        .withNewSpec()
        .withNewSelector()
        .addToMatchLabels("app.kubernetes.io/instance", "my")
        .endSelector()
        .withNewTemplate()
        .withNewSpec()
        .addNewContainer()
        .withName("metrics-server")
        .withImage("example.com/metrics-server:v0.7.2")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec();
  }
}
