package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.Chart;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.Programs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The operator comes, changes and goes by Helm and by kustomize, as users have it. */
@EndToEndTest(cluster = 3)
class InstallE2E {

  private static final String NAMESPACE = "metrics-server-operator";
  private static final String BASE = "deploy/base";
  private static final String DEFINITION = "crd/metricsserverconfigs.metricsserver.dev";

  @RegisterExtension static final LocalCluster cluster = LocalCluster.withoutOperator();

  @AfterEach
  void nothingIsLeft() {
    helm("uninstall", "operator", "--ignore-not-found", "--wait");
    cluster.kubectl("delete", DEFINITION, "--ignore-not-found");
    cluster.awaitGone();
  }

  @Test
  void helm_installUpgradeUninstall_noRequestFails(@TempDir Path folder, TestReporter reporter)
      throws IOException {
    // Helm waits for what kstatus calls current, so it returns when metrics are there.
    helm("install", "operator", Chart.older(folder), config(""), "--create-namespace", "--wait");
    assertReady();
    assertThat(explain()).contains("field \"logging\" does not exist");

    try (var load = new MetricsLoad(cluster.admin(), reporter)) {
      upgrade(config("\"logging\":{\"verbosity\":1}"));
      assertReady();
      assertThat(explain()).contains("verbosity");
      assertThat(cluster.args()).contains("--v=1");

      var before = versions();
      upgrade(config("\"logging\":{\"verbosity\":1}"));
      assertThat(versions()).isEqualTo(before);

      helm("rollback", "operator", "1", "--wait");
      assertReady();
      assertThat(cluster.args()).doesNotContain("--v=1");
      assertThat(explain()).as("a definition is not rolled back").contains("verbosity");

      helm("uninstall", "operator", "--wait");
      assertThat(
              cluster.kubectl(
                  "get", "deployments,serviceaccounts,roles", "--namespace=" + NAMESPACE))
          .doesNotContain("metrics-server-operator ");
      cluster.kubectl("get", DEFINITION);
      assertThat(cluster.config()).isNotNull();
      var soFar = load.requests();
      cluster.eventually(
          A_ROLLOUT,
          "metrics go on without the operator",
          () -> assertThat(load.requests()).isGreaterThan(soFar + 100));

      helm(
          "install",
          "operator",
          Chart.PATH.toString(),
          config("\"logging\":{\"verbosity\":2}"),
          "--wait");
      assertReady();
      assertThat(cluster.args()).contains("--v=2");

      assertThat(load.failures()).as("requests that failed of " + load.requests()).isEmpty();
    }
  }

  @Test
  void kustomize_installChangeDelete_noRequestFails(@TempDir Path folder, TestReporter reporter)
      throws IOException {
    var older = Chart.olderBase(folder);
    install(older);
    cluster.apply("");
    cluster.awaitReady();
    assertExplained("field \"logging\" does not exist");

    try (var load = new MetricsLoad(cluster.admin(), reporter)) {
      install(BASE);
      assertExplained("verbosity");
      cluster.apply("logging: {verbosity: 1}");
      cluster.awaitReady();
      assertThat(cluster.args()).contains("--v=1");
      assertThat(cluster.kubectl("apply", "--kustomize", BASE).lines())
          .isNotEmpty()
          .allMatch(line -> line.endsWith(" unchanged"));

      install(older);
      assertExplained("field \"logging\" does not exist");
      cluster.apply("metricResolution: 20s");
      cluster.awaitReady();
      assertThat(cluster.args()).doesNotContain("--v=1");

      // The definition goes too, and with it the resource.
      cluster.apply("deletionPolicy: Retain");
      cluster.eventually(
          A_ROLLOUT,
          "nothing belongs to the resource",
          () ->
              assertThat(cluster.objects().map(o -> cluster.admin().resource(o).get()))
                  .allMatch(o -> o.getMetadata().getOwnerReferences().isEmpty()));
      cluster.kubectl("delete", "--kustomize", older);
      var soFar = load.requests();
      cluster.eventually(
          A_ROLLOUT,
          "metrics go on without the operator",
          () -> assertThat(load.requests()).isGreaterThan(soFar + 100));

      install(BASE);
      cluster.apply("logging: {verbosity: 2}");
      cluster.awaitReady();
      assertThat(cluster.args()).contains("--v=2");

      assertThat(load.failures()).as("requests that failed of " + load.requests()).isEmpty();
    }
    cluster.kubectl("delete", "--kustomize", BASE);
    cluster.awaitGone();
  }

  private static void install(String kustomization) {
    cluster.kubectl("apply", "--kustomize", kustomization);
    cluster.awaitDefinition();
    cluster.kubectl(
        "rollout",
        "status",
        "deployment/metrics-server-operator",
        "--namespace=" + NAMESPACE,
        "--timeout=2m");
  }

  private static void assertReady() {
    assertThat(cluster.condition("Ready"))
        .satisfies(
            c -> assertThat(c.getStatus()).as(c.getMessage()).isEqualTo("True"),
            c ->
                assertThat(c.getObservedGeneration())
                    .isEqualTo(cluster.config().getMetadata().getGeneration()));
  }

  /** The API server describes a definition a moment after it serves it. */
  private static void assertExplained(String what) {
    cluster.eventually(A_ROLLOUT, "it is described", () -> assertThat(explain()).contains(what));
  }

  /** By the full name: kubectl looks for a short name in its cache only. */
  private static String explain() {
    return cluster.print("deploy/local/kubectl", "explain", "metricsserverconfig.spec.logging");
  }

  /** Of each object of the release, what a change of it would change. */
  private static String versions() {
    return cluster.run(
        "bash",
        "-c",
        "%s get manifest operator --namespace=%s | deploy/local/kubectl get --filename=- "
                .formatted(Programs.helm(), NAMESPACE)
            + "--output=jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}"
            + " {.rules}{.subjects}{\"\\n\"}{end}'");
  }

  private static void upgrade(String config) {
    helm("upgrade", "operator", Chart.PATH.toString(), config, "--wait");
  }

  /** The control plane of the local cluster is no node. */
  private static String config(String more) {
    return "--set-json=config={\"networkPolicy\":{\"controlPlaneCIDRs\":[\"%s/32\"]}%s}"
        .formatted(cluster.apiServerAddress(), more.isEmpty() ? "" : "," + more);
  }

  private static String helm(String... arguments) {
    var command = new ArrayList<>(List.of(Programs.helm()));
    command.addAll(List.of(arguments));
    command.add("--namespace=" + NAMESPACE);
    return cluster.run(command.toArray(String[]::new));
  }
}
