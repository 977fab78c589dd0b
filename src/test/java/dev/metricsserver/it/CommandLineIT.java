package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The commands that read a cluster, with a real API server. */
@IntegrationTest
class CommandLineIT {

  private static final String INSTALLED = "{kubelet: {tls: {mode: Insecure}}}";

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static CommandLineRun beforeInstallation;

  @BeforeAll
  static void start() throws Exception {
    beforeInstallation = plan(INSTALLED);
    cluster.startOperator();
    cluster.addReadyEndpoint();
    installed();
  }

  /** As configured, up to the last object. */
  private static void installed() {
    cluster.applyConfig(INSTALLED);
    cluster.eventually(
        "everything is installed",
        () -> assertThat(plan(INSTALLED)).extracting(CommandLineRun::status).isEqualTo(0));
  }

  @Test
  void plan_beforeInstallation_createsEverything() {
    assertThat(beforeInstallation.status()).as(beforeInstallation.err()).isEqualTo(1);
    assertThat(beforeInstallation.out())
        .contains(
            "  version: 0.9.0; it is the newest for Kubernetes 1.35",
            "  + Deployment/kube-system/metrics-server\n",
            "  + APIService/v1beta1.metrics.k8s.io: once the first pod is ready\n",
            "+        - \"--kubelet-insecure-tls\"\n")
        .doesNotContain("  ~ ", "\n  - ", "  = ", "configured-at", "ownerReferences");
  }

  @Test
  void plan_afterInstallation_changesNothing() throws IOException {
    var plan = plan(INSTALLED);
    assertThat(plan.status()).as(plan.out() + plan.err()).isZero();
    assertThat(plan.out())
        .startsWith("Validation: the API server accepted ")
        .contains("  = 11 stay as they are")
        .doesNotContain("\n---");
  }

  @Test
  void plan_changedSpec_showsChangeAndMakesNone() throws IOException {
    var before = cluster.deployment().getMetadata().getResourceVersion();
    var plan = plan("{metricResolution: 30s, replicas: 1, kubelet: {tls: {mode: Insecure}}}");
    assertThat(plan.status()).as(plan.err()).isEqualTo(1);
    assertThat(plan.out())
        .contains(
            "  replicas: 1; spec.replicas",
            "  ~ Deployment/kube-system/metrics-server: its pods are replaced\n",
            "  - PodDisruptionBudget/kube-system/metrics-server\n",
            "--- Deployment/kube-system/metrics-server\n",
            "-        - \"--metric-resolution=15s\"\n",
            "+        - \"--metric-resolution=30s\"\n");
    assertThat(cluster.deployment().getMetadata().getResourceVersion()).isEqualTo(before);
  }

  @Test
  void plan_invalidSpec_reportsProblemOfOperator() throws IOException {
    var plan = plan("{hostNetwork: true, port: 10250}");
    assertThat(plan.status()).isEqualTo(2);
    assertThat(plan.err())
        .contains("cannot be carried out:", "spec.port: 10250 is the kubelet's port on node");
  }

  /** The definition's rule is the same; the words around it show which of the two applied it. */
  @Test
  void file_invalid_isRejectedByTheAPIServer() throws IOException {
    var plan = plan("{metricResolution: 30s, unknown: 1}");
    assertThat(plan.status()).isEqualTo(2);
    assertThat(plan.err())
        .contains("was rejected by the API server in a dry run", "unknown field \"spec.unknown\"");
  }

  @Test
  void plan_noRights_isRejected() throws IOException {
    cluster.admin().resource(account("stranger")).create();
    var plan = plan(cluster.kubeconfig("default", "stranger"), INSTALLED);
    assertThat(plan.status()).isEqualTo(2);
    assertThat(plan.out()).isEmpty();
    assertThat(plan.err())
        .contains("the API server refuses:", "system:serviceaccount:default:stranger")
        .doesNotContain("\tat ");
  }

  /** Reading shows the decisions; the differences take the operator's rights. */
  @Test
  void plan_readOnlyRights_namesObjectsThatCannotBeCompared() throws IOException {
    cluster.admin().resource(account("reader")).create();
    cluster
        .admin()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("reader")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "reader")
                .addNewSubject("", "ServiceAccount", "reader", "default")
                .build())
        .create();
    cluster.apply(
        Files.writeString(
            cluster.directory().resolve("reader.yaml"),
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: reader}
            rules:
              - {apiGroups: ["*"], resources: ["*"], verbs: [get]}
              - {apiGroups: [""], resources: [nodes], verbs: [list]}
              - {apiGroups: [cilium.io], resources: [ciliumnodes], verbs: [list]}
            """));
    var plan = plan(cluster.kubeconfig("default", "reader"), INSTALLED);
    assertThat(plan.status()).as(plan.err()).isEqualTo(2);
    assertThat(plan.out())
        .as(plan.err())
        .startsWith(
            "Validation: offline, by the rules of this program, because you have no right to update"
                + " metricsserverconfigs\n")
        .contains(
            "  version: 0.9.0; it is installed, and spec.version names no other",
            "  ? Deployment/kube-system/metrics-server: the API server refuses:",
            "Not read, and taken as not there:",
            "  ! pods in namespace kube-system: the API server refuses: pods is forbidden:");
  }

  @Test
  void paused_specOrObjectChanged_statusNamesChanges() throws IOException {
    try {
      cluster.applyConfig(
          "{paused: true, metricResolution: 30s, replicas: 1, kubelet: {tls: {mode: Insecure}}}");
      cluster.eventually(
          "the status names the changes",
          () ->
              assertThat(cluster.condition("Ready").getMessage())
                  .startsWith(
                      "paused; would change Deployment (pods roll); delete PodDisruptionBudget;"));
      var plan = run(cluster.adminKubeconfig(), "plan");
      assertThat(plan.status()).isEqualTo(1);
      assertThat(plan.out())
          .contains("  ~ Deployment/kube-system/metrics-server: its pods are replaced\n");
      assertThat(plan.err()).contains("spec.paused is true");
      cluster.applyConfig("{paused: true, kubelet: {tls: {mode: Insecure}}}");
      cluster.eventually(
          "the status says that nothing would change",
          () ->
              assertThat(cluster.condition("Ready").getMessage())
                  .startsWith("paused; would change nothing;"));
      drift();
      cluster.eventually(
          "the status names the change of another client",
          () ->
              assertThat(cluster.condition("Ready").getMessage())
                  .startsWith("paused; would change Deployment;"));
    } finally {
      installed();
    }
  }

  /** A field of the configuration: the operator does the rest. */
  @Test
  void doctorFix_remedyIsField_setsField() throws IOException {
    try {
      cluster.applyConfig("{version: 0.8.1, kubelet: {tls: {mode: Insecure}}}");
      var fixed = run(cluster.adminKubeconfig(), "doctor", "--fix", "VersionOutOfRange", "--yes");
      assertThat(fixed.out())
          .as(fixed.err())
          .contains(
              "→ set spec.version: 0.9.0",
              "--- MetricsServerConfig/cluster\n",
              "-  version: \"0.8.1\"\n",
              "+  version: \"0.9.0\"\n",
              " VersionOutOfRange is gone");
      assertThat(cluster.config().getSpec().version()).isEqualTo("0.9.0");
    } finally {
      installed();
    }
  }

  private static void drift() {
    cluster
        .admin()
        .apps()
        .deployments()
        .inNamespace("kube-system")
        .withName("metrics-server")
        .edit(deployment ->
            new DeploymentBuilder(deployment).editSpec().withReplicas(1).endSpec().build());
  }

  private static ServiceAccount account(String name) {
    return new ServiceAccountBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("default")
        .endMetadata()
        .build();
  }

  private static CommandLineRun plan(String spec) throws IOException {
    return plan(cluster.adminKubeconfig(), spec);
  }

  private static CommandLineRun plan(Path kubeconfig, String spec) throws IOException {
    var file =
        Files.writeString(
            cluster.directory().resolve("cr.yaml"),
            """
            apiVersion: metricsserver.dev/v1beta1
            kind: MetricsServerConfig
            metadata: {name: cluster}
            spec: %s
            """
                .formatted(spec));
    return run(kubeconfig, "plan", "-f", file.toString());
  }

  private static CommandLineRun run(Path kubeconfig, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    return CommandLineRun.of(all.toArray(String[]::new));
  }
}
