package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Linter;
import dev.metricsserver.support.NarrowRights;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Helm chart, by Helm itself: it renders the objects of {@code deploy/base}, for every value an
 * object that a real API server takes, and refuses values that mean nothing.
 */
@IntegrationTest
class ChartIT {

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
  private static final String CHART = "deploy/helm/metrics-server-operator";
  private static final String NAMESPACE = "metrics-server-operator";

  /** Each value away from its default. Together they are every line of the templates. */
  private static final List<String> VALUES =
      List.of(
          "config={\"metricResolution\":\"30s\",\"scheduling\":{\"nodeSelector\":{\"a\":\"b\"}}}",
          "image={\"registry\":\"registry.example.com:5000\",\"tag\":\"1.2.3\"}",
          "image.digest=\"sha256:" + "0123456789abcdef".repeat(4) + "\"",
          "imagePullSecrets=[\"mirror\"]",
          "replicas=3",
          "podDisruptionBudget.enabled=false",
          "resources={\"limits\":{\"memory\":\"256Mi\",\"cpu\":1}}",
          "nodeSelector={\"kubernetes.io/os\":\"linux\",\"pool\":\"system\"}",
          "tolerations=[{\"key\":\"node-role.kubernetes.io/control-plane\",\"operator\":\"Exists\"}]",
          "affinity={\"nodeAffinity\":{}}",
          "topologySpreadConstraints=[{\"maxSkew\":1,\"topologyKey\":\"topology.kubernetes.io/zone\","
              + "\"whenUnsatisfiable\":\"ScheduleAnyway\"}]",
          "priorityClassName=\"\"",
          "commonLabels={\"team\":\"platform\",\"number\":\"1\"}",
          "commonAnnotations={\"contact\":\"platform@example.com\"}",
          "podLabels={\"sidecar\":\"no\"}",
          "podAnnotations={\"note\":\"yes\"}",
          "serviceAccount.annotations={\"role\":\"none\"}",
          "servingCertificateApproval.enabled=true",
          "diagnosis.enabled=true",
          "readableSecrets=[{\"name\":\"kubelet-ca\",\"kind\":\"ConfigMap\"},{\"name\":\"serving\","
              + "\"namespace\":\"metrics\"}]",
          "admissionPolicy.enabled=false",
          "crdUpgrade.enabled=false",
          "networkPolicy={\"metricsFrom\":[{\"namespaceSelector\":{}}],\"egressPorts\":[443]}",
          "metrics={\"certificateSecret\":\"operator-metrics\",\"readers\":[{\"name\":\"prometheus\","
              + "\"namespace\":\"monitoring\"}]}",
          "serviceMonitor={\"enabled\":true,\"labels\":{\"release\":\"prometheus\"}}");

  /** All there are. */
  private static final List<String> KUSTOMIZATIONS =
      List.of(
          "deploy/base",
          "deploy/overlays/ha",
          "deploy/overlays/kubernetes-before-1.30",
          "deploy/csr-approval",
          "deploy/diagnosis",
          "deploy/monitoring");

  private static String helm;
  private static String kubectl;

  @BeforeAll
  static void programs() {
    helm = Programs.helm();
    kubectl = Programs.kubectl();
  }

  // ------------------------------------------------------------------------------ the same objects

  @Test
  void chart_defaultValues_installsSameAsInstallFile() {
    assertSame(objects("--include-crds", "--no-hooks"), InstallFiles.objects(InstallFiles.INSTALL));
  }

  @Test
  void kustomization_default_installsSameAsInstallFile() {
    assertSame(kustomize("deploy/base"), InstallFiles.objects(InstallFiles.INSTALL));
    assertSame(
        kustomize("deploy/overlays/ha"),
        objects("--include-crds", "--no-hooks", "--set", "replicas=2"));
    assertSame(
        kustomize("deploy/overlays/kubernetes-before-1.30"),
        objects("--include-crds", "--no-hooks", "--kube-version", "1.29.0"));
    assertSame(
        Stream.of("deploy/base", "deploy/csr-approval", "deploy/diagnosis")
            .flatMap(f -> kustomize(f).stream())
            .toList(),
        objects(
            "--include-crds",
            "--no-hooks",
            "--set",
            "servingCertificateApproval.enabled=true,diagnosis.enabled=true"));
  }

  private static void assertSame(List<HasMetadata> some, List<HasMetadata> others) {
    var expected = ours(others);
    var actual = ours(some);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, object) -> assertThat(actual.get(name)).as(name).isEqualTo(object));
  }

  /**
   * By kind, namespace and name, without what only one way of installing has: Helm's own labels,
   * and the Namespace, which helm makes when it is told to.
   */
  private static Map<String, JsonNode> ours(List<HasMetadata> objects) {
    var ours = new TreeMap<String, JsonNode>();
    for (var object : objects) {
      if (!object.getKind().equals("Namespace")) {
        Optional.ofNullable(object.getMetadata().getLabels())
            .ifPresent(labels -> labels.keySet().removeIf(ChartIT::isHelms));
        ours.put(name(object), KUBERNETES.convertValue(object, JsonNode.class));
      }
    }
    return ours;
  }

  private static boolean isHelms(String label) {
    return label.startsWith("helm.sh/")
        || label.matches("app\\.kubernetes\\.io/(instance|version|managed-by)");
  }

  private static String name(HasMetadata object) {
    return "%s %s/%s"
        .formatted(
            object.getKind(), object.getMetadata().getNamespace(), object.getMetadata().getName());
  }

  // ----------------------------------------------------------------------------------- the values

  @Test
  void helmLint_chart_hasNoFindings() {
    assertThat(Shell.run(helm, "lint", "--strict", CHART)).contains("0 chart(s) failed");
    assertThat(Shell.run(all(helm, "lint", "--strict", CHART))).contains("0 chart(s) failed");
  }

  @Test
  void chart_anyNamespace_usesOnlyThat() {
    var text = template("--namespace", "elsewhere", "--include-crds");
    assertThat(text)
        .contains("system:serviceaccount:elsewhere:metrics-server-operator")
        .doesNotContain(
            "namespace: metrics-server-operator",
            "serviceaccount:metrics-server-operator:metrics-server-operator");
  }

  @Test
  void job_podTemplate_isLikeTheOperators() {
    var objects = objects(all());
    var job = theOnly(objects, Job.class).getSpec().getTemplate();
    var operator = theOnly(objects, Deployment.class).getSpec().getTemplate();
    assertThat(job.getMetadata().getAnnotations())
        .containsEntry("note", "yes")
        .isEqualTo(operator.getMetadata().getAnnotations());
    assertThat(job.getMetadata().getLabels()).containsEntry("team", "platform");
    assertThat(job.getSpec().getAffinity()).isNotNull().isEqualTo(operator.getSpec().getAffinity());
    assertThat(theOnly(objects(), Job.class).getSpec().getTemplate().getSpec())
        .extracting(PodSpec::getPriorityClassName)
        .isEqualTo("system-cluster-critical");
    assertThat(objects)
        .filteredOn(NetworkPolicy.class::isInstance)
        .extracting(o -> ((NetworkPolicy) o).getSpec().getPodSelector().getMatchLabels())
        .anySatisfy(
            selected -> assertThat(job.getMetadata().getLabels()).containsAllEntriesOf(selected));
  }

  /** The rights of the operator, of the Job and of readers of the metrics. */
  @Test
  void rights_optionsOff_areNarrow() {
    var rules = new TreeMap<String, List<PolicyRule>>();
    for (var object : objects(all())) {
      switch (object) {
        case ClusterRole role -> rules.put(name(role), role.getRules());
        case Role role -> rules.put(name(role), role.getRules());
        default -> {}
      }
    }
    assertThat(rules)
        .containsOnlyKeys(
            "ClusterRole null/metrics-server-operator",
            "ClusterRole null/metrics-server-operator-config-admin",
            "ClusterRole null/metrics-server-operator-config-viewer",
            "ClusterRole null/metrics-server-operator-crd",
            "ClusterRole null/metrics-server-operator-csr-approval",
            "ClusterRole null/metrics-server-operator-metrics-reader",
            "Role default/metrics-server-operator",
            "Role kube-system/metrics-server-operator",
            "Role kube-system/metrics-server-operator-diagnosis",
            "Role kube-system/metrics-server-operator-read-configmap-kubelet-ca",
            "Role metrics-server-operator/metrics-server-operator",
            "Role metrics/metrics-server-operator-read-secret-serving");
    // This role is for users: it is aggregated to admin.
    rules.remove("ClusterRole null/metrics-server-operator-config-admin");
    rules.values().stream().flatMap(List::stream).forEach(NarrowRights::assertNarrow);
  }

  private static <T> T theOnly(List<HasMetadata> objects, Class<T> kind) {
    var found = objects.stream().filter(kind::isInstance).map(kind::cast).toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  @Test
  void config_releaseUninstalled_isKept() {
    var config = configs("--set-json", "config={\"metricResolution\":\"30s\"}").getFirst();
    assertThat(config.getMetadata().getAnnotations())
        .containsEntry("helm.sh/resource-policy", "keep")
        .doesNotContainKey("helm.sh/hook");
    assertThat(configs("--set-json", "config={}")).hasSize(1);
    assertThat(configs()).isEmpty();
  }

  private static List<HasMetadata> configs(String... values) {
    return objects(values).stream()
        .filter(object -> object.getKind().equals("MetricsServerConfig"))
        .toList();
  }

  @Test
  void kubernetes_olderVersions_haveNoPolicyOrNoRelease() {
    assertThat(template("--kube-version", "1.29.9")).doesNotContain("ValidatingAdmissionPolicy");
    assertThat(template("--kube-version", "1.30.0")).contains("ValidatingAdmissionPolicy");
    assertThatThrownBy(() -> template("--kube-version", "1.24.0"))
        .hasMessageContaining("requires kubeVersion: >=1.25.0-0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "replica=2 | additional properties 'replica' not allowed",
        "replicas=two | at '/replicas': got string, want integer",
        "image.digest=latest | at '/image/digest': 'latest' does not match pattern '^(sha256:",
        "image.registry=https://example.com | at '/image/registry'",
        "image.pullPolicy=Sometimes | at '/image/pullPolicy': value must be one of",
        "readableSecrets[0].kind=Pod | at '/readableSecrets/0/kind': value must be one of",
        "readableSecrets[0].namespace=a | at '/readableSecrets/0': missing property 'name'",
        "servingCertificateApproval.enable=true | additional properties 'enable' not allowed",
        "nodeSelector.pool=1 | at '/nodeSelector/pool': got number, want string",
        "config.spec.version=0.9.0 | at '/config/spec': got object, want null",
        "config=yes | at '/config': got string, want null or object",
        "serviceMonitor.interval=soon | at '/serviceMonitor/interval': 'soon' does not match",
        "networkPolicy.egressPorts[0]=70000 | maximum: got 70,000, want 65,535",
      })
  void value_invalid_isRejected(String value, String why) {
    assertThatThrownBy(() -> template("--set", value)).hasMessageContaining(why);
  }

  static IntStream combinations() {
    return IntStream.range(0, 12);
  }

  /** Random halves of the values; the number is the seed. */
  @ParameterizedTest
  @MethodSource("combinations")
  void values_anyCombination_render(int seed) {
    var values = new ArrayList<>(VALUES);
    Collections.shuffle(values, new Random(seed));
    var arguments =
        values.stream()
            .limit(VALUES.size() / 2)
            .flatMap(value -> Stream.of("--set-json", value))
            .toArray(String[]::new);
    assertThat(template(arguments)).doesNotContain("<no value>");
    assertThat(objects(arguments))
        .allSatisfy(o ->
            assertThat(o.getMetadata().getLabels())
                .as(name(o))
                .containsEntry("app.kubernetes.io/name", NAMESPACE))
        .extracting(ChartIT::name)
        .doesNotHaveDuplicates();
  }

  // ---------------------------------------------------------------------------- a real API server

  @Test
  void objects_appliedAsDryRun_areAccepted(@TempDir Path folder) throws IOException {
    var kubeconfig = cluster.adminKubeconfig().toString();
    cluster
        .admin()
        .resource(
            new NamespaceBuilder()
                .withMetadata(
                    new ObjectMetaBuilder()
                        .withName("metrics")
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .build())
                .build())
        .create();
    var texts =
        Stream.concat(
                Stream.of(template(), template(all())), KUSTOMIZATIONS.stream().map(ChartIT::build))
            .toList();
    for (var text : texts) {
      // The definitions of these are Prometheus Operator's.
      var rendered =
          Files.writeString(
              folder.resolve("objects.yaml"),
              Stream.of(text.split("(?m)^---$"))
                  .filter(document -> !document.matches("(?s).*kind: (ServiceM|PrometheusR).*"))
                  .collect(Collectors.joining("---\n")));
      var answer =
          Shell.run(
              kubectl,
              "--kubeconfig=" + kubeconfig,
              "apply",
              "--dry-run=server",
              "--server-side",
              "--force-conflicts",
              "--validate=strict",
              "--filename=" + rendered);
      assertThat(answer).contains("metrics-server-operator").doesNotContain("Warning");
      assertRestricted(cluster, InstallFiles.objects(text));
    }
  }

  /** The pods of the operator and of the Job before an upgrade pass the Pod Security Standard. */
  private static void assertRestricted(TestCluster cluster, List<HasMetadata> objects) {
    var templates =
        objects.stream()
            .flatMap(o ->
                switch (o) {
                  case Deployment d -> Stream.of(d.getSpec().getTemplate());
                  case Job j -> Stream.of(j.getSpec().getTemplate());
                  default -> Stream.empty();
                })
            .toList();
    for (var template : templates) {
      var pod =
          new PodBuilder()
              .withNewMetadata()
              .withName("pod")
              .withNamespace("metrics")
              .endMetadata()
              .withSpec(template.getSpec())
              .editSpec()
              .withPriorityClassName(null)
              .withServiceAccountName(null)
              .endSpec()
              .build();
      assertThat(cluster.admin().resource(pod).dryRun(true).create()).isNotNull();
    }
  }

  @Test
  void linter_renderedChart_hasNoFindings(@TempDir Path folder) throws IOException {
    var rendered =
        Files.writeString(
            folder.resolve("objects.yaml"),
            template(
                "--no-hooks", "--set", "replicas=2", "--set", "networkPolicy.egressPorts={443}"));
    Linter.findsNoFault(rendered);
    Linter.findsNoFault(
        Files.writeString(rendered, build("deploy/overlays/ha")),
        // Egress is not limited: the ports of API servers and kubelets differ.
        "--ignore-test=pod-networkpolicy");
  }

  // ------------------------------------------------------------------------------------- rendering

  private static String[] all(String... command) {
    return Stream.concat(
            Arrays.stream(command),
            VALUES.stream()
                .filter(value -> !value.endsWith("enabled=false"))
                .flatMap(value -> Stream.of("--set-json", value)))
        .toArray(String[]::new);
  }

  private static String template(String... arguments) {
    var command = new ArrayList<>(List.of(helm, "template", "release", CHART));
    if (!List.of(arguments).contains("--namespace")) {
      command.addAll(List.of("--namespace", NAMESPACE));
    }
    if (!List.of(arguments).contains("--kube-version")) {
      command.addAll(List.of("--kube-version", "1.35.0"));
    }
    command.addAll(List.of(arguments));
    return Shell.run(command.toArray(String[]::new));
  }

  private static List<HasMetadata> objects(String... arguments) {
    return InstallFiles.objects(template(arguments));
  }

  private static List<HasMetadata> kustomize(String folder) {
    return InstallFiles.objects(build(folder));
  }

  private static String build(String folder) {
    return Shell.run(kubectl, "kustomize", folder);
  }
}
