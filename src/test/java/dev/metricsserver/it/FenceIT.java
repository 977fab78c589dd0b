package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.CorpusCase;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.rendering.Manifest;
import dev.metricsserver.rendering.Workload;
import dev.metricsserver.support.InstallFiles;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.ServerSideApply;
import dev.metricsserver.support.ServerSideApply.Answer;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The ValidatingAdmissionPolicies accept every object of every accepted spec, and reject every
 * other use of the operator's token. The operator is an administrator here, so it is the policies
 * that reject, and no missing right.
 */
@IntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FenceIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Path OBJECTS = Path.of("src/test/resources/fence/objects.yaml");
  private static final String SPEC =
      """
      namespace: metrics
      kubelet: {tls: {mode: Insecure, clientCertificate: {secretRef: {name: kubelet-client}}}}
      serving: {tls: {source: CertManager}}
      audit: {profile: Metadata}
      networkPolicy: {mode: %s}
      monitoring: {labels: {release: prometheus}, prometheus: {namespace: monitoring, serviceAccountName: prometheus}}
      """;

  private static final CustomResourceDefinitionContext DEFINITION =
      CustomResourceDefinitionContext.fromCustomResourceType(MetricsServerConfig.class);
  private static final YAMLMapper YAML = new YAMLMapper();

  private static TestCluster cluster;
  private static KubernetesClient operator;
  private static ServerSideApply asOperator;
  private static Map<String, ObjectNode> objects;

  @BeforeAll
  static void start() throws Exception {
    cluster = TestCluster.start();
    cluster
        .admin()
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("for-this-test")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject(
                    "", "ServiceAccount", "metrics-server-operator", "metrics-server-operator")
                .build())
        .create();
    for (var kind : List.of("servicemonitors", "prometheusrules")) {
      cluster.apply(MonitoringIT.definition(kind));
    }
    for (var kind : List.of("certificates", "issuers")) {
      cluster.apply(CertManagerIT.definition(kind));
    }
    cluster.apply(CiliumIT.definition("ciliumnetworkpolicies"));
    for (var namespace : List.of("metrics", "monitoring", "argocd")) {
      cluster
          .admin()
          .resource(
              new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
          .create();
    }
    operator =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(cluster.operatorKubeconfig().toFile()))
            .build();
    asOperator = new ServerSideApply(operator, "metrics-server-operator");
    objects = new LinkedHashMap<>();
    InstallFiles.objects(OBJECTS).forEach(object -> add(ServerSideApply.json(object)));
    Stream.of("Kubernetes", "Cilium").flatMap(mode -> written(plan(mode))).forEach(FenceIT::add);
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  /** The policies know the spec and the kinds of other projects. */
  @BeforeEach
  void configure() {
    configure(SPEC.formatted("Kubernetes"));
    objects.entrySet().stream()
        .filter(object -> ownKind(object.getKey()))
        .forEach(object -> assertAccepted(object.getKey(), object.getValue()));
  }

  @TestFactory
  Stream<DynamicContainer> everyWayOut_isRejected() throws IOException {
    var ways = WayOut.all();
    assertThat(ways).hasSizeGreaterThanOrEqualTo(120);
    assertThat(ways.stream().map(WayOut::object))
        .as("ways to misuse every object")
        .containsAll(objects.keySet());
    return ways.stream()
        .collect(Collectors.groupingBy(WayOut::object, LinkedHashMap::new, Collectors.toList()))
        .entrySet()
        .stream()
        .map(object ->
            dynamicContainer(
                object.getKey(),
                object.getValue().stream()
                    .map(way -> dynamicTest(way.toString(), () -> assertRejected(way)))));
  }

  private static void assertRejected(WayOut way) {
    var answer = asOperator.dryRun(way.of(objects.get(way.object())));
    assertThat(answer).as("%s: %s", way.object(), way).matches(Answer::fenced, "is fenced");
  }

  /** For as long as a MetricsServerConfig says so: each case has one of its own. */
  @TestFactory
  Stream<DynamicTest> everyObjectOfEveryAcceptedSpec_isAccepted() throws IOException {
    return CorpusCase.in("accept").stream()
        .map(corpus ->
            dynamicTest(
                corpus.file().getFileName().toString(),
                () -> corpus.documents().forEach(FenceIT::assertAccepted)));
  }

  private static void assertAccepted(GenericKubernetesResource document) {
    var config = configure(document);
    var decision = Planner.plan(config.getSpec(), facts().facts(), Plans.NOW);
    switch (decision) {
      case Planned planned ->
          written(planned.plan())
              .forEach(object -> assertAccepted(config.getSpec().toString(), object));
      case Observing _ -> {}
      default -> fail(decision.toString());
    }
  }

  @Test
  void containersAndVolumesOfOthers_stay_butAreOutOfReach() throws IOException {
    var name = "Deployment metrics-server";
    var deployed =
        changed(
            name,
            """
            /spec/template/spec/containers/-: {name: sidecar, image: a, securityContext: {privileged: true}, volumeMounts: [{name: root, mountPath: /host}], envFrom: [{secretRef: {name: a}}]}
            /spec/template/spec/volumes/-: {name: root, hostPath: {path: /}}
            /spec/template/spec/nodeName: node-1
            /spec/template/metadata/labels/team: theirs
            """);
    try {
      assertThat(new ServerSideApply(cluster.admin(), "administrator").apply(deployed))
          .matches(Answer::accepted);
      assertThat(asOperator.dryRun(changed(name, "/spec/replicas: 7"))).matches(Answer::accepted);
      for (var way :
          List.of(
              "/spec/template/spec/containers/-: {name: sidecar, image: mine}",
              "/spec/template/spec/containers/0/volumeMounts/-: {name: root, mountPath: /host}",
              "/spec/template/spec/nodeName: node-2",
              "/spec/template/metadata/labels/team: mine",
              "/spec/template/spec/volumes/-: {name: root, hostPath: {path: /etc}}")) {
        assertThat(asOperator.dryRun(changed(name, way))).as(way).matches(Answer::fenced);
      }
    } finally {
      cluster
          .admin()
          .apps()
          .deployments()
          .inNamespace("metrics")
          .withName("metrics-server")
          .delete();
    }
  }

  /** Values of another owner may stay, and no change may leave them so. */
  @Test
  void adoption_changesFieldManagersFirst() throws IOException {
    var theirs =
        changed(
            "Deployment metrics-server",
            """
            /metadata/labels: {app.kubernetes.io/managed-by: Helm}
            /spec/template/spec/hostPID: true
            """);
    var deployments = operator.apps().deployments().inNamespace("metrics");
    try {
      assertThat(new ServerSideApply(cluster.admin(), "helm").apply(theirs))
          .matches(Answer::accepted);
      deployments
          .withName("metrics-server")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\":{\"managedFields\":[{\"manager\":\"metrics-server-operator\","
                  + "\"operation\":\"Apply\",\"apiVersion\":\"apps/v1\",\"fieldsType\":\"FieldsV1\","
                  + "\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}}]}}");
      assertThat(asOperator.dryRun(changed("Deployment metrics-server", "/spec/replicas: 7")))
          .matches(Answer::fenced)
          .extracting(Answer::message, STRING)
          .contains("hostPID");
    } finally {
      cluster
          .admin()
          .apps()
          .deployments()
          .inNamespace("metrics")
          .withName("metrics-server")
          .delete();
    }
  }

  @Test
  void deletion_otherNamespaceOrObject_isRejected() throws IOException {
    var policies = operator.network().v1().networkPolicies();
    for (var namespace : List.of("argocd", "metrics")) {
      assertThat(
              new ServerSideApply(cluster.admin(), "administrator")
                  .apply(
                      changed(
                          "NetworkPolicy metrics-server-netpol",
                          "/metadata/namespace: " + namespace)))
          .matches(Answer::accepted);
    }
    assertFenced(() -> policies.inNamespace("argocd").withName("metrics-server-netpol").delete());
    assertThat(policies.inNamespace("metrics").withName("metrics-server-netpol").delete())
        .hasSize(1);
    assertFenced(() ->
        operator
            .serviceAccounts()
            .inNamespace("metrics-server-operator")
            .withName("metrics-server-operator")
            .delete());
    assertFenced(() -> operator.nodes().withName("node-1").delete());
  }

  /** The operator creates nothing then, and other clients are not affected. */
  @Test
  void withoutAMetricsServerConfig_nothingIsCreated() throws IOException {
    cluster.admin().resources(MetricsServerConfig.class).delete();
    await("the policies know")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(asOperator.dryRun(objects.get("Deployment metrics-server")))
                .matches(answer -> answer.message().contains("no params found")));
    assertThat(
            new ServerSideApply(cluster.admin(), "helm")
                .dryRun(
                    changed(
                        "Deployment metrics-server",
                        "/metadata/labels: {app.kubernetes.io/managed-by: Helm}")))
        .matches(Answer::accepted);
  }

  @Test
  void eventsAndApprovals_ofOthers_areRejected() {
    for (var namespace : List.of("kube-system", "argocd")) {
      assertFenced(() ->
          operator
              .v1()
              .events()
              .inNamespace(namespace)
              .resource(
                  new EventBuilder()
                      .withNewMetadata()
                      .withName("a")
                      .endMetadata()
                      .withNewInvolvedObject()
                      .withNamespace(namespace)
                      .endInvolvedObject()
                      .build())
              .dryRun()
              .create());
    }
  }

  /** The objects of a real operator, whose first writes follow its MetricsServerConfig at once. */
  @Test
  @Order(Integer.MAX_VALUE)
  void operatorWithChangedSpecs_isNeverRejected() throws Exception {
    cluster.admin().resources(MetricsServerConfig.class).delete();
    try (var process = new OperatorUnderTest(cluster.operatorKubeconfig(), "operator-fence")) {
      for (var replicas = 1; replicas <= 3; replicas++) {
        cluster.applyConfig(
            "{namespace: metrics, replicas: %d, kubelet: {tls: {mode: Insecure}}}"
                .formatted(replicas));
        var wanted = replicas;
        await("everything is written")
            .atMost(SOON)
            .until(
                () ->
                    cluster
                        .admin()
                        .apps()
                        .deployments()
                        .inNamespace("metrics")
                        .withName("metrics-server")
                        .get(),
                deployment -> deployment != null && deployment.getSpec().getReplicas() == wanted);
      }
      assertThat(cluster.audit().operatorRequests())
          .filteredOn(r -> r.code() == 403 && !r.uri().contains("dryRun"))
          .filteredOn(r -> Set.of("create", "patch", "update").contains(r.verb()))
          .isEmpty();
      assertThat(process.log()).doesNotContain("ApplyFailed");
    }
  }

  // ------------------------------------------------------------------------------------- helpers

  private static void assertFenced(ThrowableAssert.ThrowingCallable request) {
    assertThatThrownBy(request)
        .hasMessageContaining("ValidatingAdmissionPolicy 'metrics-server-operator")
        .hasMessageContaining("denied request: ");
  }

  private static ObjectNode changed(String object, String changes) throws IOException {
    return new WayOut(
            object, "", YAML.readValue(changes, new TypeReference<Map<String, JsonNode>>() {}))
        .of(objects.get(object));
  }

  private static MetricsServerConfig configure(String spec) {
    try {
      var config = new GenericKubernetesResource();
      config.setApiVersion(HasMetadata.getApiVersion(MetricsServerConfig.class));
      config.setKind("MetricsServerConfig");
      config.setMetadata(new ObjectMetaBuilder().withName(MetricsServerConfig.NAME).build());
      config.setAdditionalProperty("spec", YAML.readValue(spec, Map.class));
      return configure(config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MetricsServerConfig configure(GenericKubernetesResource config) {
    cluster.admin().resources(MetricsServerConfig.class).delete();
    cluster.admin().genericKubernetesResources(DEFINITION).resource(config).create();
    return cluster.config();
  }

  private static void add(ObjectNode object) {
    objects.put(object.at("/kind").asText() + " " + object.at("/metadata/name").asText(), object);
  }

  /** Kinds that the operator never writes are in the table too. */
  private static boolean ownKind(String object) {
    return !object.matches("(Pod|DaemonSet|CronJob|Namespace|ValidatingWebhook.*|Role) .*");
  }

  private static MetricsServerPlan plan(String networkPolicy) {
    return Plans.plan(SPEC.formatted(networkPolicy), facts());
  }

  private static SampleCluster facts() {
    return SampleCluster.ofNodes(2).prometheusOperator().certManager().cilium(false, true);
  }

  private static Stream<ObjectNode> written(MetricsServerPlan plan) {
    return Manifest.objects(plan, Workload.deployment(plan, Optional.of("a"))).stream()
        .map(ServerSideApply::json);
  }

  /** The policies hear of a new MetricsServerConfig by a watch, like the operator. */
  private static void assertAccepted(String what, ObjectNode object) {
    await(what)
        .atMost(SOON)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> {
          var answer = asOperator.dryRun(object);
          assertThat(answer).as("%s", object).matches(Answer::accepted, "is accepted");
        });
  }
}
