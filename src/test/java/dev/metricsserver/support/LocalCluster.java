package dev.metricsserver.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A cluster that {@code deploy/local/up} has started, with the operator installed as users do: from
 * its own image, under its own RBAC. A test class declares it as a static field with {@code
 * RegisterExtension}; every class begins without a MetricsServerConfig.
 */
public final class LocalCluster extends ClusterFixture
    implements BeforeAllCallback, AfterAllCallback {

  public static final String NAMESPACE = "kube-system";
  public static final Duration A_ROLLOUT = Duration.ofMinutes(4);
  public static final Duration A_DELETION = Duration.ofMinutes(1);

  /** How an RSA key's PEM starts, in Base64; the client has to be told when it is another one. */
  private static final String RSA_KEY = "LS0tLS1CRUdJTiBSU0Eg";

  private static final String DEFAULT_NAME = "default";

  private final boolean withOperator;
  private final boolean restores;
  private String name = DEFAULT_NAME;
  private KubernetesClient client;
  private Optional<FoundConfig> found = Optional.empty();

  public LocalCluster() {
    this(true, false);
  }

  private LocalCluster(boolean withOperator, boolean restores) {
    this.withOperator = withOperator;
    this.restores = restores;
  }

  /** A cluster with the operator's image on every node, on which the test installs the operator. */
  public static LocalCluster withoutOperator() {
    return new LocalCluster(false, false);
  }

  /**
   * A cluster that has its previous MetricsServerConfig again after the class, also if it fails.
   */
  public static LocalCluster restored() {
    return new LocalCluster(true, true);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    name = EndToEndTest.Clusters.nameFor(context.getRequiredTestClass());
    run("deploy/local/test-cluster", "wait", name);
    client = connect(kubeconfig());
    run("deploy/local/load-image", "target/local/operator-image.tar");
    installOperator();
    if (restores) {
      found = Optional.of(FoundConfig.of(client));
    }
    // A previous MetricsServerConfig has seen other kubelets, and remembers.
    if (config() != null) {
      delete(DeletionPropagation.BACKGROUND);
    }
    awaitGone();
    if (!withOperator) {
      kubectl("delete", "--filename", InstallFiles.INSTALL.toString());
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (client != null) {
      found.ifPresent(this::restore);
      client.close();
    }
  }

  private void restore(FoundConfig config) {
    // A class that fails may have stopped the operator.
    operator().scale(1);
    config.restore(client);
  }

  /** Installs the operator as users do. */
  public void installOperator() {
    kubectl("apply", "--filename", InstallFiles.INSTALL.toString());
    awaitDefinition();
  }

  public void awaitDefinition() {
    kubectl(
        "wait",
        "--for=condition=Established",
        "--timeout=60s",
        "crd/metricsserverconfigs.metricsserver.dev");
  }

  /**
   * Runs kubectl as an administrator of the cluster and returns its output.
   *
   * @throws AssertionError with the output when it fails
   */
  public String kubectl(String... arguments) {
    return run(
        Stream.concat(Stream.of("deploy/local/kubectl"), Arrays.stream(arguments))
            .toArray(String[]::new));
  }

  /**
   * Runs a command on this cluster, such as one of {@code deploy/local}, and returns its output.
   *
   * @throws AssertionError with the output when it fails
   */
  public String run(String... command) {
    return Shell.run(environment(), command);
  }

  /** Runs a command on this cluster and returns its output, whether it succeeds or not. */
  public String print(String... command) {
    return Shell.print(environment(), command);
  }

  private Map<String, String> environment() {
    return Map.of("LOCAL_CLUSTER", name, "KUBECONFIG", kubeconfig().toAbsolutePath().toString());
  }

  /** An administrator's kubeconfig. */
  public Path kubeconfig() {
    return folder().resolve("kubeconfig");
  }

  /** The API server's audit log. */
  public Path auditLog() {
    return folder().resolve("audit.log");
  }

  private Path folder() {
    var folder = Path.of("target/local");
    return name.equals(DEFAULT_NAME) ? folder : folder.resolve(name);
  }

  /** Returns a client with the credentials of a kubeconfig. */
  public static KubernetesClient connect(Path kubeconfig) {
    var config = Config.fromKubeconfig(kubeconfig.toFile());
    if (!config.getClientKeyData().startsWith(RSA_KEY)) {
      config.setClientKeyAlgo("EC");
    }
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Override
  public KubernetesClient admin() {
    return client;
  }

  @Override
  protected String operatorLog() {
    return client == null ? "" : String.join("\n", operatorLogs());
  }

  /** Always false: the Deployment starts the operator again. */
  @Override
  protected boolean operatorEnded() {
    return false;
  }

  @Override
  protected Duration limit() {
    return A_ROLLOUT;
  }

  // ---------------------------------------------------------------------------------- the resource

  public void apply(String more) {
    var spec =
        """
        apiVersion: metricsserver.dev/v1beta1
        kind: MetricsServerConfig
        metadata: {name: cluster}
        spec:
          networkPolicy: {controlPlaneCIDRs: [%s/32]}
          %s
        """
            .formatted(apiServerAddress(), more);
    client
        .genericKubernetesResources("metricsserver.dev/v1beta1", "MetricsServerConfig")
        .load(new ByteArrayInputStream(spec.getBytes(StandardCharsets.UTF_8)))
        .forceConflicts()
        .serverSideApply();
  }

  public String apiServerAddress() {
    return client
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace("default")
        .withName("kubernetes")
        .get()
        .getEndpoints()
        .getFirst()
        .getAddresses()
        .getFirst();
  }

  public void delete(DeletionPropagation propagation) {
    client.resource(config()).withPropagationPolicy(propagation).delete();
  }

  /** Until what was asked for last serves, and nothing else does. */
  public void awaitReady() {
    eventually(
        A_ROLLOUT,
        "the MetricsServerConfig is Ready",
        () -> {
          assertThat(condition("Ready"))
              .satisfies(
                  c -> assertThat(c.getStatus()).as(c.getMessage()).isEqualTo("True"),
                  c ->
                      assertThat(c.getObservedGeneration())
                          .isEqualTo(config().getMetadata().getGeneration()));
          assertThat(deployment().getStatus())
              .satisfies(
                  s ->
                      assertThat(s.getObservedGeneration())
                          .isEqualTo(deployment().getMetadata().getGeneration()),
                  s -> assertThat(s.getReplicas()).isEqualTo(2),
                  s -> assertThat(s.getUpdatedReplicas()).isEqualTo(2),
                  s -> assertThat(s.getAvailableReplicas()).isEqualTo(2));
        });
  }

  public void awaitGone() {
    eventually(
        A_DELETION,
        "no object of the installation is left",
        () -> {
          assertThat(config()).isNull();
          assertNothingLeft();
        });
  }

  private void assertNothingLeft() {
    assertThat(
            Stream.concat(
                    objects(),
                    Stream.of(
                        named(
                            new ControllerRevision(),
                            NAMESPACE,
                            "metrics-server-operator-last-ready")))
                .filter(o -> client.resource(o).get() != null))
        .isEmpty();
  }

  // ---------------------------------------------------------------------------------- the objects

  /** Every object the operator makes, by kind and name. */
  public Stream<HasMetadata> objects() {
    return Stream.of(
        named(new ServiceAccount(), NAMESPACE, "metrics-server"),
        named(new ClusterRole(), null, "system:metrics-server"),
        named(new ClusterRole(), null, "system:aggregated-metrics-reader"),
        named(new ClusterRoleBinding(), null, "system:metrics-server"),
        named(new ClusterRoleBinding(), null, "metrics-server:system:auth-delegator"),
        named(new RoleBinding(), NAMESPACE, "metrics-server-auth-reader"),
        named(new Service(), NAMESPACE, "metrics-server"),
        named(new Secret(), NAMESPACE, "metrics-server-serving-ca"),
        named(new Secret(), NAMESPACE, "metrics-server-serving-cert"),
        named(new Deployment(), NAMESPACE, "metrics-server"),
        named(new PodDisruptionBudget(), NAMESPACE, "metrics-server"),
        named(new NetworkPolicy(), NAMESPACE, "metrics-server-netpol"),
        named(new APIService(), null, "v1beta1.metrics.k8s.io"));
  }

  private static HasMetadata named(HasMetadata object, String namespace, String name) {
    object.setMetadata(
        new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(name)
            .build());
    return object;
  }

  public List<String> args() {
    return container().getArgs();
  }

  // --------------------------------------------------------------------------------- the operator

  private RollableScalableResource<Deployment> operator() {
    return client
        .apps()
        .deployments()
        .inNamespace("metrics-server-operator")
        .withName("metrics-server-operator");
  }

  private int operatorPods() {
    return client
        .pods()
        .inNamespace("metrics-server-operator")
        .withLabels(Map.of("app.kubernetes.io/name", "metrics-server-operator"))
        .list()
        .getItems()
        .size();
  }

  private List<String> operatorLogs() {
    return client
        .pods()
        .inNamespace("metrics-server-operator")
        .withLabels(Map.of("app.kubernetes.io/name", "metrics-server-operator"))
        .resources()
        .map(pod -> pod.getLog())
        .toList();
  }

  /** Ends it, and returns when a new one has looked at all objects. */
  public void restartOperator() {
    stopOperator();
    startOperator();
  }

  public void stopOperator() {
    operator().scale(0);
    eventually(
        A_ROLLOUT, "no pod of the operator is left", () -> assertThat(operatorPods()).isZero());
  }

  /** Returns when it has looked at all objects, where there is a MetricsServerConfig. */
  public void startOperator() {
    operator().scale(1);
    eventually(
        A_ROLLOUT,
        "the operator has verified all objects",
        () -> {
          assertThat(Optional.ofNullable(operator().get().getStatus().getAvailableReplicas()))
              .contains(1);
          assertThat(operatorLogs()).anyMatch(log -> log.contains("Verified all objects"));
        });
  }
}
