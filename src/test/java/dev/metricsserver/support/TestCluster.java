package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A cluster of a real kube-apiserver and etcd, without kubelets and controllers, and an operator
 * that users have installed by {@code deploy/install.yaml}. Tests do the work of controllers.
 *
 * <p>A test class declares it with {@code RegisterExtension}: as a static field, all its tests use
 * one cluster in turn; as an instance field, each test gets a new one. The cluster starts with two
 * Nodes and without a MetricsServerConfig; {@link #startOperator} starts the operator.
 */
public final class TestCluster extends ClusterFixture
    implements BeforeAllCallback,
        AfterAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AutoCloseable {

  private static final String NAMESPACE = "metrics-server-operator";

  private Class<?> test;
  private boolean ofOneMethod;
  private boolean rightsTaken;
  private Path directory;
  private ApiServer server;
  private AuditLog audit;
  private Duration processorTimeBefore;
  private OperatorUnderTest operator;
  private int operators;

  /** Starts a cluster that no extension closes. */
  public static TestCluster start() {
    var cluster = new TestCluster();
    cluster.use(
        new ApiServer(),
        StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).getCallerClass());
    return cluster;
  }

  private void use(ApiServer apiServer, Class<?> user) {
    try {
      directory = Files.createTempDirectory("metrics-server-operator-it");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = apiServer;
    test = user;
    audit = apiServer.audit().fromNow();
    processorTimeBefore = apiServer.processorTime();
    rightsTaken = false;
    // New ones: the operator ignores a Node in its first minute.
    addNode("node-1", "192.168.7.1");
    addNode("node-2", "192.168.7.2");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    use(ApiServers.of(context).take(), context.getRequiredTestClass());
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (server == null) {
      beforeAll(context);
      ofOneMethod = true;
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (ofOneMethod) {
      afterAll(context);
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (server != null) {
      var used = server;
      end();
      ApiServers.of(context).giveBack(used);
    }
  }

  @Override
  public void close() {
    var used = server;
    end();
    used.close();
  }

  private void end() {
    if (operator != null) {
      operator.close();
      operator = null;
    }
    TestTimes.addProcessorTime(server.processorTime().minus(processorTimeBefore));
    try {
      RightsUsed.record(test, audit, rightsTaken);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server = null;
  }

  // ---------------------------------------------------------------------------------- the operator

  /**
   * Starts the operator with the rights of its own ServiceAccount; again, with the same identity,
   * as a restarted container does.
   */
  public OperatorUnderTest startOperator() {
    return startOperator(List.of(), List.of());
  }

  /** The same, with more options of its JVM and more entries of its class path. */
  public OperatorUnderTest startOperator(List<String> jvmOptions, List<String> classPath) {
    if (operator != null) {
      throw new IllegalStateException("the operator runs already");
    }
    var name = test.getSimpleName().toLowerCase(Locale.ROOT);
    operators++;
    try {
      operator =
          new OperatorUnderTest(
              operatorKubeconfig(), name, name + "-" + operators, jvmOptions, classPath);
      return operator;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The operator that was started last, and not killed since. */
  public OperatorUnderTest operator() {
    if (operator == null) {
      throw new IllegalStateException("no operator was started");
    }
    return operator;
  }

  /** Ends the operator as a crash does. */
  public void killOperator() {
    operator().kill();
    operator = null;
  }

  /** Ends the operator as a kubelet does. Returns its exit status. */
  public int stopOperator() throws InterruptedException {
    var status = operator().terminate();
    operator = null;
    return status;
  }

  /** Ends the operator as a crash does, and starts it again. */
  public OperatorUnderTest restartOperator() {
    killOperator();
    return startOperator();
  }

  /**
   * Waits until the operator has written nothing for this long from now on, except the annotation
   * that makes the API server check the metrics API.
   */
  public void awaitQuiet(Duration time) {
    var from = Instant.now();
    eventually(
        "the operator writes nothing for %d ms".formatted(time.toMillis()),
        () -> {
          var recently = Instant.now().minus(time);
          assertThat(from).as("start of the wait").isBefore(recently);
          assertThat(audit.operatorWrites())
              .filteredOn(r -> !AuditLog.isLookAgain(r))
              .filteredOn(r -> r.answered().isAfter(recently))
              .isEmpty();
        });
  }

  @Override
  protected String operatorLog() {
    return operator == null ? "" : operator.log();
  }

  @Override
  protected boolean operatorEnded() {
    return operator != null && !operator.isAlive();
  }

  @Override
  protected Duration limit() {
    return LIMIT;
  }

  // -------------------------------------------------------------------------------- the API server

  @Override
  public KubernetesClient admin() {
    return server.admin();
  }

  /** The requests since the start of the test. */
  public AuditLog audit() {
    return audit;
  }

  /** A directory for files of the test. */
  public Path directory() {
    return directory;
  }

  /** A kubeconfig of the administrator. */
  public Path adminKubeconfig() throws IOException {
    return Files.writeString(directory.resolve("admin.kubeconfig"), server.kubeconfig());
  }

  /** A kubeconfig with a token of the operator's own ServiceAccount. */
  public Path operatorKubeconfig() throws IOException {
    return operatorKubeconfig(admin().getConfiguration().getMasterUrl());
  }

  /** The same, for an API server behind another address. */
  public Path operatorKubeconfig(String url) throws IOException {
    return kubeconfig(NAMESPACE, NAMESPACE, url, "operator.kubeconfig");
  }

  /** A kubeconfig with a token of a ServiceAccount. */
  public Path kubeconfig(String namespace, String account) throws IOException {
    return kubeconfig(
        namespace, account, admin().getConfiguration().getMasterUrl(), account + ".kubeconfig");
  }

  private Path kubeconfig(String namespace, String account, String url, String file)
      throws IOException {
    var token =
        admin()
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(account)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    var config = admin().getConfiguration();
    return Files.writeString(
        directory.resolve(file),
        """
        apiVersion: v1
        kind: Config
        current-context: operator
        contexts: [{name: operator, context: {cluster: test, user: operator}}]
        clusters: [{name: test, cluster: {server: "%s", certificate-authority: %s}}]
        users: [{name: operator, user: {token: %s}}]
        """
            .formatted(url, config.getCaCertFile(), token));
  }

  /** The test takes rights from the operator, so requests that are refused show nothing missing. */
  public void rightsAreTaken() {
    rightsTaken = true;
  }

  /** Takes all rights to a resource from the operator's ClusterRole. */
  public void takeRights(String group, String resource) {
    rightsAreTaken();
    admin()
        .rbac()
        .clusterRoles()
        .withName(NAMESPACE)
        .edit(role -> {
          role.getRules()
              .removeIf(rule ->
                  rule.getApiGroups().contains(group) && rule.getResources().contains(resource));
          return role;
        });
  }

  /** The API server that tests start has no front proxy; it keeps what it finds here. */
  public void publishFrontProxy() {
    admin()
        .configMaps()
        .inNamespace("kube-system")
        .withName("extension-apiserver-authentication")
        .edit(map ->
            new ConfigMapBuilder(map)
                .addToData("requestheader-client-ca-file", map.getData().get("client-ca-file"))
                .build());
  }

  /** Applies a file of manifests. */
  public void apply(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      admin().load(stream).serverSideApply();
    }
  }

  /** Deletes a CustomResourceDefinition with its objects, and waits until it is gone. */
  public void deleteDefinition(String name) {
    var definition = admin().apiextensions().v1().customResourceDefinitions().withName(name);
    definition.delete();
    eventually(
        "CustomResourceDefinition " + name + " is gone",
        () -> assertThat(definition.get()).isNull());
  }

  public Node addNode(String name, String address) {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .addToLabels(Map.of("kubernetes.io/os", "linux", "kubernetes.io/hostname", name))
            .endMetadata()
            .build();
    admin().resource(node).create();
    return admin()
        .nodes()
        .withName(name)
        .editStatus(n ->
            new NodeBuilder(n)
                .editOrNewStatus()
                .addNewAddress(address, "InternalIP")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .withNewDaemonEndpoints()
                .withNewKubeletEndpoint(10250)
                .endDaemonEndpoints()
                .endStatus()
                .build());
  }

  /** Makes metrics-server look ready, as the EndpointSlice controller would. */
  public void addReadyEndpoint() {
    admin()
        .resource(
            new EndpointSliceBuilder()
                .withNewMetadata()
                .withName("metrics-server-test")
                .withNamespace("kube-system")
                .addToLabels("kubernetes.io/service-name", "metrics-server")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewEndpoint()
                .withAddresses("10.244.0.9")
                .withNewConditions()
                .withReady(true)
                .endConditions()
                .endEndpoint()
                .addNewPort()
                .withName("https")
                .withPort(10250)
                .endPort()
                .build())
        .create();
  }

  /** Does what the Deployment's controller does, where new pods are ready at once. */
  public Watch deployAtOnce() {
    return admin()
        .apps()
        .deployments()
        .inNamespace("kube-system")
        .withName("metrics-server")
        .watch(
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, Deployment deployment) {
                if (action == Action.ADDED || action == Action.MODIFIED) {
                  deployAtOnce(deployment);
                }
              }

              @Override
              public void onClose(WatcherException cause) {}
            });
  }

  private void deployAtOnce(Deployment deployment) {
    var generation = deployment.getMetadata().getGeneration();
    if (!generation.equals(deployment.getStatus().getObservedGeneration())) {
      var replicas = deployment.getSpec().getReplicas();
      admin()
          .resource(deployment)
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              """
              {"status":{"observedGeneration":%d,"replicas":%d,"updatedReplicas":%2$d,\
              "readyReplicas":%2$d,"availableReplicas":%2$d}}\
              """
                  .formatted(generation, replicas));
    }
  }

  /** The CAs that the registration has the API server trust. */
  public List<X509Certificate> published() {
    var registration = admin().apiServices().withName("v1beta1.metrics.k8s.io").get();
    return Certificates.parse(ServingSecret.decoded(registration.getSpec().getCaBundle()));
  }

  /** Applies a MetricsServerConfig with this spec, as YAML on one line. */
  public void applyConfig(String spec) {
    admin()
        .genericKubernetesResources("metricsserver.dev/v1beta1", "MetricsServerConfig")
        .load(
            new ByteArrayInputStream(
                """
                apiVersion: metricsserver.dev/v1beta1
                kind: MetricsServerConfig
                metadata: {name: cluster}
                spec: %s
                """
                    .formatted(spec)
                    .getBytes(StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }

  /**
   * What the garbage collector, which is not here, goes by: the MetricsServerConfig owns every
   * object that the operator wrote, and nothing waits for a finalizer.
   */
  public void assertNothingWouldBeLeft() {
    var config = config();
    assertThat(config.getMetadata().getFinalizers()).isEmpty();
    var objects =
        audit
            .objectsWritten(0)
            .filter(r -> !r.resource().startsWith("metricsserverconfigs"))
            .map(AuditLog.Request::path)
            .distinct()
            .flatMap(path -> Stream.ofNullable(admin().raw(path)))
            .map(json -> admin().getKubernetesSerialization().<HasMetadata>unmarshal(json))
            .toList();
    assertThat(objects)
        .isNotEmpty()
        .allSatisfy(object -> {
          assertThat(object.getMetadata().getFinalizers()).isEmpty();
          assertThat(object.getMetadata().getOwnerReferences())
              .as(object.getMetadata().getName())
              .singleElement()
              .satisfies(
                  owner -> assertThat(owner.getUid()).isEqualTo(config.getMetadata().getUid()),
                  owner -> assertThat(owner.getKind()).isEqualTo(config.getKind()),
                  owner -> assertThat(owner.getApiVersion()).isEqualTo(config.getApiVersion()));
        });
  }
}
