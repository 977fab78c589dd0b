package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.Chart;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The life of a release by Helm itself, as far as an API server without nodes goes: what the Job
 * before an upgrade does is done here, with the rights of that Job.
 */
@IntegrationTest
class HelmIT {

  private static final String NAMESPACE = "operators";

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static String kubeconfig;

  @BeforeAll
  static void start() throws IOException {
    kubeconfig = "--kubeconfig=" + cluster.adminKubeconfig();
    // A namespace would stay for ever: there is no controller that empties it.
    InstallFiles.objects(InstallFiles.INSTALL).stream()
        .filter(object -> !object.getKind().equals("Namespace"))
        .forEach(object -> cluster.admin().resource(object).delete());
  }

  @Test
  void release_installedUpgradedRolledBackAndRemoved_keepsConfiguration(@TempDir Path folder)
      throws Exception {
    helm("install", "operator", Chart.older(folder), "--create-namespace", "--set-json=config={}");
    assertThat(config()).contains("helm.sh/resource-policy: keep");
    // The API server describes a definition a moment after it serves it.
    cluster.eventually(
        "the older definition is described",
        () -> assertThat(explain()).contains("field \"logging\" does not exist"));

    upgradeDefinition(folder);
    cluster.eventually(
        "the newer definition is described", () -> assertThat(explain()).contains("verbosity"));
    upgrade("--set=config.logging.verbosity=1");
    assertThat(config()).contains("verbosity: 1");

    helm("rollback", "operator", "1", "--no-hooks");
    assertThat(config()).doesNotContain("verbosity: 1");
    assertThat(explain()).as("a definition is not rolled back").contains("verbosity");

    helm("uninstall", "operator");
    assertThat(config()).contains("name: cluster");
    assertThat(
            Shell.run(
                kubectl(
                    "get",
                    "deployment,serviceaccount,clusterrole,role,validatingadmissionpolicy",
                    "--all-namespaces")))
        .doesNotContain("metrics-server-operator ");

    // Argo CD runs the Job before the first installation too.
    Shell.run(kubectl("delete", "crd", "metricsserverconfigs.metricsserver.dev"));
    upgradeDefinition(folder);
    helm("install", "operator", Chart.PATH.toString(), "--set-json=config={}");
    assertThat(config()).contains("name: cluster");
  }

  /** What the Job does, as its ServiceAccount. */
  private static void upgradeDefinition(Path folder) throws Exception {
    var hook =
        Files.writeString(
            folder.resolve("hook.yaml"),
            helm(
                "template",
                "operator",
                Chart.PATH.toString(),
                "--show-only=templates/crd-upgrade.yaml"));
    Shell.run(kubectl("apply", "--namespace=" + NAMESPACE, "--filename=" + hook));
    var token = cluster.kubeconfig(NAMESPACE, "metrics-server-operator-crd");
    assertThat(
            Shell.run(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.metricsserver.cli.Main",
                "crd",
                "--apply",
                "--kubeconfig=" + token))
        .contains("is served");
    Shell.run(kubectl("delete", "--namespace=" + NAMESPACE, "--filename=" + hook));
  }

  private static void upgrade(String... more) {
    helm(
        Stream.concat(
                Stream.of("upgrade", "operator", Chart.PATH.toString(), "--no-hooks"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static String config() {
    return Shell.run(kubectl("get", "msc", "cluster", "--output=yaml"));
  }

  private static String explain() {
    return Shell.print(kubectl("explain", "msc.spec.logging"));
  }

  private static String[] kubectl(String... arguments) {
    return Stream.concat(Stream.of(Programs.kubectl(), kubeconfig), Stream.of(arguments))
        .toArray(String[]::new);
  }

  private static String helm(String... arguments) {
    var command = new ArrayList<>(List.of(Programs.helm()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--namespace=" + NAMESPACE, kubeconfig));
    return Shell.run(command.toArray(String[]::new));
  }
}
