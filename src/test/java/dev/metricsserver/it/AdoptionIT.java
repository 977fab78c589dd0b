package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus.ConflictingWriteStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.cli.CommandLineRun;
import dev.metricsserver.diagnosis.OwnerText;
import dev.metricsserver.model.ManagedFields;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.ClusterFixture;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An existing metrics API, installed as its publishers document it: refused, only watched, or taken
 * over, with the operator's own rights. There are no controllers, so pods never run.
 */
@IntegrationTest
class AdoptionIT {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final Path OWNERS = Path.of("src/test/resources/owners");
  private static final Path MANIFEST = Path.of("deploy/local/upstream/components.yaml");
  private static final String IMAGE = "registry.k8s.io/metrics-server/metrics-server:v0.8.1";
  private static final String INSECURE = "kubelet: {tls: {mode: Insecure}}";
  private static final String ADOPT = "{conflictPolicy: Adopt, " + INSECURE + "}";

  private static final List<Class<? extends HasMetadata>> KINDS =
      List.of(
          Deployment.class,
          Service.class,
          ServiceAccount.class,
          PodDisruptionBudget.class,
          NetworkPolicy.class,
          RoleBinding.class,
          EndpointSlice.class,
          ClusterRole.class,
          ClusterRoleBinding.class,
          APIService.class);

  private static final Pattern DELETE = Pattern.compile("kubectl -n \\S+ delete \\S+ -l [^ ;]+");

  private static final Pattern LEFT =
      Pattern.compile("metrics-server|metrics\\.k8s\\.io|metrics-reader");

  @RegisterExtension static final TestCluster cluster = new TestCluster();

  @BeforeAll
  static void start() {
    cluster.startOperator();
  }

  /** What the operator was just about to write comes a moment later. */
  @AfterEach
  void removeEverything() {
    cluster.admin().resources(MetricsServerConfig.class).delete();
    await("nothing is left")
        .during(Duration.ofMillis(500))
        .atMost(ClusterFixture.LIMIT)
        .until(() -> {
          var left = left();
          left.forEach(object -> cluster.admin().resource(object).withGracePeriod(0).delete());
          return left.isEmpty();
        });
  }

  private static List<HasMetadata> left() {
    return KINDS.stream()
        .<HasMetadata>flatMap(
            kind -> cluster.admin().resources(kind).inAnyNamespace().list().getItems().stream())
        .filter(o -> LEFT.matcher(o.getMetadata().getName()).find())
        .filter(o -> !o.getMetadata().getName().contains("metrics-server-operator"))
        .toList();
  }

  // --------------------------------------------------------------------------------------- refuse

  static Stream<Path> owners() throws IOException {
    try (var files = Files.list(OWNERS)) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("owners")
  void existingInstallation_withoutAdoption_isNotChanged(Path file) throws IOException {
    var theirs = install(file);
    var before = writes().size();
    cluster.applyConfig("{}");
    cluster.eventually(
        "it says whose it is",
        () -> assertThat(cluster.condition("Stalled").getReason()).isEqualTo("Conflict"));

    assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("True");
    assertThat(cluster.condition("Ready"))
        .satisfies(
            c -> assertThat(c.getStatus()).isEqualTo("False"),
            c ->
                assertThat(c.getMessage())
                    .contains(
                        OwnerText.name(Owner.of(theirs)),
                        Owner.of(theirs).mark(),
                        ObjectName.of(theirs).toString(),
                        "kubectl"));
    assertThat(cluster.admin().resource(theirs).get().getMetadata())
        .satisfies(
            now -> assertThat(now.getUid()).isEqualTo(theirs.getMetadata().getUid()),
            now -> assertThat(now.getLabels()).isEqualTo(theirs.getMetadata().getLabels()));
    assertThat(writesAfter(before)).allMatch(AdoptionIT::tellsOnly);

    cluster.admin().resource(theirs).delete();
    cluster.eventually("it goes on", () -> assertThat(cluster.deployment()).isNotNull());
  }

  /** It stays, too, where the operator has none of that name. */
  @Test
  void conflict_objectOfSomePlansOnly_concernsThosePlans() {
    var theirs =
        cluster
            .admin()
            .resource(
                new NetworkPolicyBuilder()
                    .withNewMetadata()
                    .withName("metrics-server-netpol")
                    .withNamespace("kube-system")
                    .endMetadata()
                    .withNewSpec()
                    .withNewPodSelector()
                    .endPodSelector()
                    .endSpec()
                    .build())
            .create();
    var account =
        cluster
            .admin()
            .resource(
                new ServiceAccountBuilder()
                    .withNewMetadata()
                    .withName("metrics-server")
                    .withNamespace("kube-system")
                    .endMetadata()
                    .build());
    account.create();
    var before = writes().size();
    cluster.applyConfig("{" + INSECURE + "}");
    cluster.eventually(
        "it says whose it is",
        () -> assertThat(cluster.condition("Stalled").getReason()).isEqualTo("Conflict"));
    assertThat(cluster.condition("Ready").getMessage())
        .contains(
            "ServiceAccount/kube-system/metrics-server, "
                + "NetworkPolicy/kube-system/metrics-server-netpol",
            "kubectl -n kube-system delete"
                + " serviceaccount/metrics-server networkpolicy/metrics-server-netpol");
    assertThat(writesAfter(before)).allMatch(AdoptionIT::tellsOnly);
    account.delete();

    cluster.applyConfig("{networkPolicy: {mode: Disabled}, " + INSECURE + "}");
    cluster.eventually("it goes on", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(cluster.admin().resource(theirs).get().getMetadata().getUid())
        .isEqualTo(theirs.getMetadata().getUid());
  }

  /** As its file has it, by the manager that the file names. */
  private static HasMetadata install(Path file) throws IOException {
    HasMetadata object = OBJECTS.unmarshal(Files.readString(file));
    var manager =
        object.getMetadata().getManagedFields().stream()
            .map(ManagedFieldsEntry::getManager)
            .findFirst();
    object.getMetadata().setManagedFields(null);
    var resource = cluster.admin().resource(object);
    return manager.isPresent()
        ? resource.fieldManager(manager.get()).serverSideApply()
        : resource.create();
  }

  private static boolean tellsOnly(AuditLog.Request request) {
    return request.resource().equals("metricsserverconfigs/status")
        || request.resource().equals("events");
  }

  // -------------------------------------------------------------------------------------- observe

  @Test
  void observe_existingInstallation_isReportedAndNotWritten() throws Exception {
    kubectlApply();
    var pod =
        cluster
            .admin()
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("metrics-server-5f7d8c-abcde")
                    .withNamespace("kube-system")
                    .addToLabels("k8s-app", "metrics-server")
                    .endMetadata()
                    .withSpec(cluster.deployment().getSpec().getTemplate().getSpec())
                    .editSpec()
                    .withPriorityClassName(null)
                    .endSpec()
                    .build())
            .create();
    var before = writes().size();
    var versions = resourceVersions();
    cluster.applyConfig("{conflictPolicy: Observe, replicas: 7, version: 9.9.9}");
    cluster.eventually(
        "it tells what is there",
        () ->
            assertThat(cluster.status())
                .satisfies(
                    s -> assertThat(s.version()).isEqualTo("0.8.1"),
                    s -> assertThat(s.image()).isEqualTo(IMAGE),
                    s -> assertThat(s.kubeletTLS().mode()).isEqualTo("Insecure"),
                    s -> assertThat(s.servingTLS().mode()).isEqualTo("Insecure"),
                    s -> assertThat(finding("Observing").message()).contains("kubectl")));
    assertThat(cluster.condition("Reconciling").getReason()).isEqualTo("Observing");
    assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("False");
    assertThat(cluster.condition("Ready").getMessage()).startsWith("only observed: ");
    cluster.admin().resource(pod).withGracePeriod(0).delete();
    cluster.applyConfig("{conflictPolicy: Observe}");
    cluster.eventually(
        "it looked again", () -> assertThat(cluster.status().observedGeneration()).isEqualTo(2));
    assertThat(writesAfter(before)).isNotEmpty().allMatch(AdoptionIT::tellsOnly);
    assertThat(resourceVersions()).isEqualTo(versions);
  }

  @Test
  void observe_nothingInstalled_reportsNothing() {
    cluster.applyConfig("{conflictPolicy: Observe}");
    cluster.eventually(
        "it says so",
        () -> assertThat(cluster.condition("Stalled").getReason()).isEqualTo("NothingToObserve"));
    assertThat(cluster.deployment()).isNull();
  }

  // ---------------------------------------------------------------------------------------- adopt

  @Test
  void adopt_appliedByKubectl_takesOwnershipInPlace() throws Exception {
    kubectlApply();
    // What others may have added, and what contradicts that of the operator.
    cluster
        .admin()
        .resource(cluster.deployment())
        .edit(d ->
            new DeploymentBuilder(d)
                .editSpec()
                .editTemplate()
                .editSpec()
                .addNewContainer()
                .withName("metrics-server-nanny")
                .withImage("registry.k8s.io/autoscaling/addon-resizer:1.8.23")
                .endContainer()
                .addNewVolume()
                .withName("host")
                .withNewHostPath("/etc", "")
                .endVolume()
                .editFirstContainer()
                .addNewEnv()
                .withName("LEFT")
                .withValue("over")
                .endEnv()
                .withNewStartupProbe()
                .withNewTcpSocket()
                .withNewPort(1)
                .endTcpSocket()
                .endStartupProbe()
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build());
    cluster
        .admin()
        .services()
        .inNamespace("kube-system")
        .withName("metrics-server")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"name\":\"https\",\"port\":443,\"targetPort\":\"https\",\"nodePort\":31443}]}}");
    var uids = uids();
    var before = writes().size();
    cluster.addReadyEndpoint();
    cluster.applyConfig(ADOPT);
    cluster.eventually(
        "the installation is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    assertThat(uids()).containsAllEntriesOf(uids);
    var deployment = cluster.deployment();
    assertThat(deployment.getSpec().getTemplate().getSpec())
        .satisfies(
            pod ->
                assertThat(pod.getContainers())
                    .singleElement()
                    .satisfies(
                        c -> assertThat(c.getEnv()).isEmpty(),
                        c -> assertThat(c.getStartupProbe()).isNull(),
                        c ->
                            assertThat(c.getReadinessProbe().getInitialDelaySeconds())
                                .as("what 0.8.1 needs, not the manifest's")
                                .isEqualTo(17),
                        c -> assertThat(c.getArgs()).contains("--kubelet-insecure-tls"),
                        c -> assertThat(c.getPorts()).hasSize(1),
                        c -> assertThat(c.getImage()).as("the version is kept").isEqualTo(IMAGE)),
            pod ->
                assertThat(pod.getVolumes())
                    .extracting(v -> v.getName())
                    .containsExactly("tmp", "serving-certificate"));
    assertThat(deployment.getMetadata().getAnnotations())
        .doesNotContainKey("kubectl.kubernetes.io/last-applied-configuration");
    assertThat(deployment.getMetadata().getManagedFields())
        .extracting(ManagedFieldsEntry::getManager)
        .containsExactly("metrics-server-operator");
    var service = service();
    assertThat(service.getSpec().getType()).isEqualTo("ClusterIP");
    assertThat(service.getSpec().getSelector())
        .as("that of old and new pods")
        .containsExactly(entry("k8s-app", "metrics-server"));
    assertThat(finding("Adopted").message()).contains("a user with kubectl");
    assertWrittenInOrder(writesAfter(before));
    assertQuiet();
  }

  /** First the fields are taken over, then the object; an operator may have ended in between. */
  @Test
  void adopt_halfAdopted_continuesWithoutGap() throws Exception {
    kubectlApply();
    var theirs = cluster.deployment();
    var fields = ManagedFields.takenOver(theirs, "metrics-server-operator");
    cluster
        .admin()
        .resource(theirs)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            OBJECTS.asJson(Map.of("metadata", Map.of("managedFields", fields))));
    cluster.applyConfig(ADOPT);
    cluster.eventually(
        "new pods come first, and requests go on to the old ones",
        () ->
            assertThat(cluster.deployment())
                .satisfies(
                    d ->
                        assertThat(d.getMetadata().getAnnotations())
                            .containsEntry("metricsserver.dev/takeover", "Surge"),
                    d -> assertThat(d.getSpec().getMinReadySeconds()).isEqualTo(10),
                    d ->
                        assertThat(d.getSpec().getStrategy().getRollingUpdate().getMaxSurge())
                            .isEqualTo(new IntOrString(1))));
    assertThat(service().getSpec().getSelector())
        .containsExactly(entry("k8s-app", "metrics-server"));
  }

  @Test
  void adopt_installedByHelm_takesOwnershipInPlace() throws Exception {
    helm(GoModules.installMetricsServer("--kubelet-insecure-tls"));
    var selector = cluster.deployment().getSpec().getSelector();
    var uids = uids();
    cluster.addReadyEndpoint();
    cluster.applyConfig("{}");
    cluster.eventually(
        "it is refused",
        () ->
            assertThat(cluster.condition("Ready").getMessage())
                .contains(
                    "Helm release metrics-server in namespace kube-system",
                    "helm -n kube-system uninstall metrics-server",
                    "{\"conflictPolicy\":\"Adopt\"}"));
    cluster.applyConfig(ADOPT);
    cluster.eventually(
        "the installation is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    assertThat(uids()).containsAllEntriesOf(uids);
    assertThat(cluster.deployment().getSpec().getSelector()).isEqualTo(selector);
    assertThat(cluster.deployment().getSpec().getTemplate().getMetadata().getLabels())
        .containsAllEntriesOf(selector.getMatchLabels())
        .containsEntry("k8s-app", "metrics-server");
    assertThat(cluster.deployment().getSpec().getTemplate().getSpec().getContainers())
        .as("the version is kept, and the chart's own is another one")
        .singleElement()
        .extracting(c -> c.getImage())
        .asString()
        .endsWith(":v0.9.0");
    assertThat(service().getSpec().getSelector()).isEqualTo(selector.getMatchLabels());
    assertThat(cluster.deployment().getMetadata().getAnnotations())
        .doesNotContainKey("meta.helm.sh/release-name")
        .containsEntry("metricsserver.dev/taken-from", "Helm/kube-system/metrics-server");
    assertThat(finding("Adopted").remedy())
        .contains("kubectl -n kube-system delete secret -l owner=helm,name=metrics-server");
    assertThat(helm("list", "--short")).contains("metrics-server");
    assertQuiet();

    assertThat(clusterRoles()).contains("system:metrics-server-aggregated-reader");
    for (var command : DELETE.matcher(finding("Adopted").remedy()).results().toList()) {
      kubectl(command.group());
    }
    assertThat(clusterRoles())
        .contains("system:metrics-server", "system:aggregated-metrics-reader")
        .doesNotContain("system:metrics-server-aggregated-reader");
    cluster.applyConfig("{" + INSECURE + "}");
    cluster.eventually("nothing is left to say", () -> assertThat(finding("Adopted")).isNull());
    assertThat(helm("list", "--short")).doesNotContain("metrics-server");
    assertThat(uids()).containsAllEntriesOf(uids);
    assertThat(cluster.deployment().getSpec().getSelector()).isEqualTo(selector);
    assertQuiet();
  }

  /** No kubelet can be probed here, so only the previous flags decide. */
  @ParameterizedTest(name = "{0} {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | [--kubelet-insecure-tls=true] | true",
        "[/metrics-server, --kubelet-insecure-tls, --secure-port=10250] | [] | true",
        "[] | [--kubelet-insecure-tls, --kubelet-insecure-tls=false] | false"
      })
  void adoption_previousFlags_decideWhetherKubeletsAreVerified(
      String command, String args, boolean insecure) throws Exception {
    kubectlApply();
    cluster
        .admin()
        .resource(cluster.deployment())
        .edit(d ->
            new DeploymentBuilder(d)
                .editSpec()
                .editTemplate()
                .editSpec()
                .editFirstContainer()
                .withCommand(OBJECTS.unmarshal("---\n" + command, String[].class))
                .withArgs(OBJECTS.unmarshal("---\n" + args, String[].class))
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build());
    cluster.addReadyEndpoint();
    cluster.applyConfig("{conflictPolicy: Adopt}");
    cluster.eventually("it is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    assertThat(container(cluster.deployment()).getCommand()).isEmpty();
    assertThat(arguments(cluster.deployment()).contains("--kubelet-insecure-tls"))
        .isEqualTo(insecure);
    assertThat(cluster.status().kubeletTLS().mode()).hasToString(insecure ? "Insecure" : "Verify");
  }

  @Test
  void import_upstreamManifest_keepsArguments() throws Exception {
    kubectlApply();
    isImportedAndKeepsItsArguments();
  }

  @Test
  void import_upstreamChart_keepsArguments() throws Exception {
    helm(
        GoModules.installMetricsServer(
            "--kubelet-insecure-tls", "--kubelet-request-timeout=5s", "--v=2"));
    isImportedAndKeepsItsArguments();
    helm("uninstall", "metrics-server");
  }

  /** The certificate is the operator's then, and nothing else is another. */
  private static void isImportedAndKeepsItsArguments() throws IOException {
    var theirs = cluster.deployment();
    var imported =
        CommandLineRun.of("import", "--kubeconfig", cluster.adminKubeconfig().toString());
    assertThat(imported.status()).as(imported.err()).isZero();
    assertThat(imported.out()).doesNotContain("no equal");
    cluster.addReadyEndpoint();
    cluster.apply(
        Files.writeString(
            cluster.directory().resolve("imported.yaml"),
            imported.out().replaceFirst("(?m)^spec:$", "spec:\n  conflictPolicy: Adopt")));
    cluster.eventually(
        "the installation is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    var ours = cluster.deployment();
    var arguments = new ArrayList<>(arguments(theirs));
    assertThat(arguments.remove("--cert-dir=/tmp")).isTrue();
    assertThat(arguments(ours)).containsAll(arguments);
    assertThat(flags(ours)).as("no flag has two values").doesNotHaveDuplicates();
    assertThat(container(ours).getImage()).isEqualTo(container(theirs).getImage());
    assertThat(container(ours).getResources().getRequests())
        .isEqualTo(container(theirs).getResources().getRequests());
    assertThat(ours.getSpec().getReplicas()).isEqualTo(theirs.getSpec().getReplicas());
  }

  private static Stream<String> flags(Deployment deployment) {
    return arguments(deployment).stream().map(a -> a.replaceFirst("=.*", ""));
  }

  private static List<String> arguments(Deployment deployment) {
    return container(deployment).getArgs();
  }

  private static Container container(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  /** The one that serves goes on until ours does. */
  @Test
  void adopt_apiServiceOfAnotherService_movesWhenReady() throws Exception {
    install(OWNERS.resolve("prometheus-adapter-helm.yaml"));
    cluster.applyConfig(ADOPT);
    cluster.eventually("the others are there", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.eventually(
        "it goes on",
        () -> assertThat(cluster.condition("Reconciling").getStatus()).isEqualTo("True"));
    assertThat(registration().getSpec().getService().getName())
        .isEqualTo("adapter-prometheus-adapter");
    cluster.addReadyEndpoint();
    cluster.eventually(
        "it leads to ours",
        () ->
            assertThat(registration().getSpec().getService().getName())
                .isEqualTo("metrics-server"));
  }

  @Test
  void adoption_anotherManagerRevertsThreeTimes_isReleased() throws Exception {
    kubectlApply();
    cluster.addReadyEndpoint();
    cluster.applyConfig(ADOPT);
    cluster.eventually(
        "the installation is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    conflictingWrite(1);
    cluster.eventually(
        "it is repaired",
        () -> assertThat(service().getSpec().getSelector()).doesNotContainKey("theirs"));
    conflictingWrite(2);
    cluster.eventually(
        "it is repaired",
        () -> assertThat(service().getSpec().getSelector()).doesNotContainKey("theirs"));
    cluster.eventually(
        "it is noted", () -> assertThat(cluster.status().conflictingWrites()).hasSize(2));
    // What was noted is in the cluster.
    assertThat(cluster.stopOperator()).isZero();
    cluster.startOperator();
    conflictingWrite(3);
    cluster.eventually(
        "it stops",
        () -> assertThat(cluster.condition("Stalled").getReason()).isEqualTo("Contested"));

    assertThat(cluster.condition("Ready").getMessage())
        .contains("deploy@server-0 changed Service/kube-system/metrics-server 3 times", "Observe");
    assertThat(service().getSpec().getSelector()).containsEntry("theirs", "3");
    assertThat(cluster.status().conflictingWrites())
        .extracting(ConflictingWriteStatus::manager)
        .containsExactly("deploy@server-0", "deploy@server-0", "deploy@server-0");

    conflictingWrite(4);
    cluster.eventually(
        "it is noted", () -> assertThat(cluster.status().conflictingWrites()).hasSize(4));
    assertThat(service().getSpec().getSelector()).containsEntry("theirs", "4");
    assertQuiet();

    cluster.applyConfig("{conflictPolicy: Adopt, replicas: 2, " + INSECURE + "}");
    cluster.eventually(
        "a changed spec is a new beginning",
        () -> assertThat(service().getSpec().getSelector()).doesNotContainKey("theirs"));
  }

  /** What bears no mark of the operator any more is contested as well. */
  @Test
  void adoption_anotherManagerReplacesThreeTimes_isReleased() throws Exception {
    kubectlApply();
    cluster.addReadyEndpoint();
    cluster.applyConfig(ADOPT);
    cluster.eventually(
        "the installation is adopted", () -> assertThat(finding("Adopted")).isNotNull());

    for (var times = 1; times <= 2; times++) {
      replace(times);
      var noted = times;
      cluster.eventually(
          "it is taken over again",
          () -> assertThat(service().getSpec().getSelector()).doesNotContainKey("theirs"));
      cluster.eventually(
          "it is noted", () -> assertThat(cluster.status().conflictingWrites()).hasSize(noted));
    }
    replace(3);
    cluster.eventually(
        "it stops",
        () -> assertThat(cluster.condition("Stalled").getReason()).isEqualTo("Contested"));
    assertThat(service().getSpec().getSelector()).containsEntry("theirs", "3");
    assertQuiet();
    assertThat(service().getSpec().getSelector()).containsEntry("theirs", "3");
  }

  /** The operator may be quicker than who deletes it. */
  private static void replace(int number) {
    nextSecond();
    var services = cluster.admin().services().inNamespace("kube-system");
    var theirs =
        new ServiceBuilder(service())
            .editMetadata()
            .withUid(null)
            .withResourceVersion(null)
            .withManagedFields()
            .withLabels(Map.of())
            .withOwnerReferences()
            .endMetadata()
            .editSpec()
            .withClusterIP(null)
            .withClusterIPs()
            .addToSelector("theirs", Integer.toString(number))
            .endSpec()
            .build();
    await("it is theirs")
        .atMost(ClusterFixture.LIMIT)
        .ignoreExceptions()
        .until(() -> {
          services.withName("metrics-server").delete();
          return services.resource(theirs).fieldManager("deploy@server-0").serverSideApply()
              != null;
        });
  }

  private static void conflictingWrite(int number) {
    cluster
        .admin()
        .services()
        .inNamespace("kube-system")
        .withName("metrics-server")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager("deploy@server-0")
                .build(),
            "{\"spec\":{\"selector\":{\"theirs\":\"%d\"}}}".formatted(number));
    nextSecond();
  }

  /** The API server notes no fractions. */
  private static void nextSecond() {
    var second = Instant.now().getEpochSecond();
    await("the next second").until(() -> Instant.now().getEpochSecond() > second);
  }

  // ----------------------------------------------------------------------------------------
  // helpers

  private static void kubectlApply() throws IOException {
    var file =
        Files.writeString(
            cluster.directory().resolve("components.yaml"),
            Files.readString(MANIFEST).replace("IMAGE", IMAGE));
    Shell.run(
        Programs.kubectl(),
        "--kubeconfig=" + cluster.adminKubeconfig(),
        "apply",
        "-f",
        file.toString());
  }

  private static void kubectl(String command) throws IOException {
    var words = new ArrayList<>(List.of(command.split(" ")));
    words.set(0, Programs.kubectl());
    words.add("--kubeconfig=" + cluster.adminKubeconfig());
    Shell.run(words.toArray(String[]::new));
  }

  private static List<String> clusterRoles() {
    return cluster.admin().rbac().clusterRoles().list().getItems().stream()
        .map(role -> role.getMetadata().getName())
        .toList();
  }

  private static String helm(String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(Programs.helm()));
    command.addAll(List.of(arguments));
    command.add("--namespace=kube-system");
    command.add("--kubeconfig=" + cluster.adminKubeconfig());
    return Shell.run(command.toArray(String[]::new));
  }

  private static List<AuditLog.Request> writes() {
    return cluster.audit().operatorWrites();
  }

  /** Those after the first so many: of one reading of the log, which grows all the time. */
  private static List<AuditLog.Request> writesAfter(int first) {
    return writes().stream().skip(first).toList();
  }

  /** Everything of upstream's, by name. */
  private static Map<String, String> uids() {
    return objects()
        .collect(Collectors.toMap(o -> ObjectName.of(o).toString(), o -> o.getMetadata().getUid()));
  }

  private static List<String> resourceVersions() {
    return objects().map(o -> o.getMetadata().getResourceVersion()).toList();
  }

  private static Stream<HasMetadata> objects() {
    var admin = cluster.admin();
    return Stream.<HasMetadata>of(
            cluster.deployment(),
            service(),
            registration(),
            admin.serviceAccounts().inNamespace("kube-system").withName("metrics-server").get(),
            admin.rbac().clusterRoles().withName("system:metrics-server").get(),
            admin.rbac().clusterRoleBindings().withName("system:metrics-server").get(),
            admin
                .rbac()
                .clusterRoleBindings()
                .withName("metrics-server:system:auth-delegator")
                .get(),
            admin
                .rbac()
                .roleBindings()
                .inNamespace("kube-system")
                .withName("metrics-server-auth-reader")
                .get())
        .filter(o -> o != null);
  }

  private static Service service() {
    return cluster.admin().services().inNamespace("kube-system").withName("metrics-server").get();
  }

  private static APIService registration() {
    return cluster.admin().resources(APIService.class).withName("v1beta1.metrics.k8s.io").get();
  }

  /** What pods need is there before they change, and the registration comes last. */
  private static void assertWrittenInOrder(List<AuditLog.Request> writes) {
    var order =
        writes.stream()
            .filter(r -> !tellsOnly(r) && !AuditLog.isLookAgain(r))
            .map(AuditLog.Request::resource)
            .toList();
    assertThat(order.indexOf("deployments"))
        .isGreaterThan(order.lastIndexOf("clusterrolebindings"))
        .isGreaterThan(order.lastIndexOf("rolebindings"))
        .isLessThan(order.indexOf("apiservices"));
  }

  private static void assertQuiet() {
    var log =
        cluster.operator().log().lines().filter(l -> l.contains("Verified all objects")).count();
    cluster
        .admin()
        .nodes()
        .withName("node-1")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"looked\":\"%d\"}}}".formatted(System.nanoTime()));
    var before = writes().size();
    await("nothing is written")
        .during(Duration.ofSeconds(2))
        .atMost(ClusterFixture.LIMIT)
        .untilAsserted(() ->
            assertThat(writesAfter(before))
                .filteredOn(r -> !tellsOnly(r) && !AuditLog.isLookAgain(r))
                .isEmpty());
    assertThat(
            cluster
                .operator()
                .log()
                .lines()
                .filter(l -> l.contains("Verified all objects"))
                .count())
        .isGreaterThanOrEqualTo(log);
  }

  private static FindingStatus finding(String code) {
    return cluster.findings(code).stream().findFirst().orElse(null);
  }
}
