package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real kube-apiserver and etcd, without kubelets and controllers, into which the operator is
 * installed as users install it, by {@code deploy/install.yaml}. What controllers would do, a test
 * does by hand.
 */
public final class TestCluster implements AutoCloseable {

  private static final String NAMESPACE = "metrics-server-operator";
  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
        - level: Metadata
      """;

  private static final Pattern ETCD_PORT =
      Pattern.compile("--etcd-servers http://(0[.]0[.]0[.]0:[0-9]+)");

  private final Class<?> test =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
          .walk(frames ->
              frames
                  .map(StackWalker.StackFrame::getDeclaringClass)
                  .filter(type -> type != TestCluster.class)
                  .findFirst())
          .orElseThrow();
  private boolean rightsTaken;
  private final Path directory;
  private final KubeAPIServer server;
  private final KubernetesClient admin;
  private final AuditLog audit;

  public TestCluster() {
    try {
      directory = Files.createTempDirectory("metrics-server-operator-it");
      var policy = Files.writeString(directory.resolve("audit-policy.yaml"), AUDIT_POLICY);
      audit = new AuditLog(directory.resolve("audit.log"));
      server =
          new KubeAPIServer(
              KubeAPIServerConfigBuilder.anAPIServerConfig()
                  .withUpdateKubeConfig(false)
                  .withApiServerFlags(
                      List.of(
                          "--audit-policy-file=" + policy,
                          "--audit-log-path=" + audit.file(),
                          "--audit-log-mode=blocking"))
                  .build());
      server.start();
      admin =
          new KubernetesClientBuilder()
              .withConfig(Config.fromKubeconfig(server.getKubeConfigYaml()))
              .build();
      install();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The client of an administrator, for what users and controllers do. */
  public KubernetesClient admin() {
    return admin;
  }

  public AuditLog audit() {
    return audit;
  }

  public Path directory() {
    return directory;
  }

  /** A kubeconfig of the administrator. */
  public Path adminKubeconfig() throws IOException {
    return Files.writeString(directory.resolve("admin.kubeconfig"), server.getKubeConfigYaml());
  }

  /** A kubeconfig with a token of the operator's own ServiceAccount. */
  public Path operatorKubeconfig() throws IOException {
    return operatorKubeconfig(admin.getConfiguration().getMasterUrl());
  }

  /** The same, for an API server behind another address. */
  public Path operatorKubeconfig(String url) throws IOException {
    return kubeconfig(NAMESPACE, NAMESPACE, url, "operator.kubeconfig");
  }

  /** A kubeconfig with a token of a ServiceAccount. */
  public Path kubeconfig(String namespace, String account) throws IOException {
    return kubeconfig(
        namespace, account, admin.getConfiguration().getMasterUrl(), account + ".kubeconfig");
  }

  private Path kubeconfig(String namespace, String account, String url, String file)
      throws IOException {
    var token =
        admin
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(account)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    var config = admin.getConfiguration();
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
    admin
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
    admin
        .configMaps()
        .inNamespace("kube-system")
        .withName("extension-apiserver-authentication")
        .edit(map ->
            new ConfigMapBuilder(map)
                .addToData("requestheader-client-ca-file", map.getData().get("client-ca-file"))
                .build());
  }

  private void install() throws IOException {
    apply(InstallFiles.INSTALL);
    admin
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("metricsserverconfigs.metricsserver.dev")
        .waitUntilCondition(
            crd ->
                crd.getStatus() != null
                    && crd.getStatus().getConditions() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> c.getType().equals("Established") && c.getStatus().equals("True")),
            30,
            TimeUnit.SECONDS);
    addNode("node-1", "192.168.7.1");
    addNode("node-2", "192.168.7.2");
  }

  /** Applies a file of manifests. */
  public void apply(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      admin.load(stream).serverSideApply();
    }
  }

  public Node addNode(String name, String address) {
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .addToLabels(Map.of("kubernetes.io/os", "linux", "kubernetes.io/hostname", name))
            .endMetadata()
            .build();
    admin.resource(node).create();
    return admin
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
    admin
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
    return admin
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
      admin
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

  public Deployment deployment() {
    return admin.apps().deployments().inNamespace("kube-system").withName("metrics-server").get();
  }

  /** What runs in the Deployment's pods. */
  public Container container() {
    return deployment().getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  /** The CAs that the registration has the API server trust. */
  public List<X509Certificate> published() {
    var registration = admin.apiServices().withName("v1beta1.metrics.k8s.io").get();
    return Certificates.parse(ServingSecret.decoded(registration.getSpec().getCaBundle()));
  }

  public MetricsServerConfig config() {
    return admin.resources(MetricsServerConfig.class).withName(MetricsServerConfig.NAME).get();
  }

  /** Applies a MetricsServerConfig with this spec, as YAML on one line. */
  public void applyConfig(String spec) {
    admin
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
            .flatMap(path -> Stream.ofNullable(admin.raw(path)))
            .map(json -> admin.getKubernetesSerialization().<HasMetadata>unmarshal(json))
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

  @Override
  public void close() {
    admin.close();
    TestTimes.addProcessorTime(processorTime());
    server.stop();
    try {
      RightsUsed.record(test, audit, rightsTaken);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the API server, which is the child process with this audit log, and of its etcd. */
  private Duration processorTime() {
    var commands =
        ProcessHandle.current()
            .children()
            .collect(Collectors.toMap(child -> child, child -> arguments(child.info())));
    var etcd =
        commands.values().stream()
            .filter(arguments -> arguments.contains(audit.file().toString()))
            .flatMap(arguments -> ETCD_PORT.matcher(arguments).results())
            .map(port -> port.group(1))
            .findFirst();
    return commands.entrySet().stream()
        .filter(command ->
            command.getValue().contains(audit.file().toString())
                || etcd.filter(port -> command.getValue().contains(port)).isPresent())
        .flatMap(command -> command.getKey().info().totalCpuDuration().stream())
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static String arguments(ProcessHandle.Info process) {
    return String.join(" ", process.arguments().orElse(new String[0]));
  }
}
