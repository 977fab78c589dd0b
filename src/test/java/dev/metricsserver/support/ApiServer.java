package dev.metricsserver.support;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.APIGroup;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * A real kube-apiserver with its etcd, and with the operator's manifests as users apply them. Tests
 * use it one after the other: {@link #reset} restores this state.
 */
final class ApiServer implements AutoCloseable {

  private static final Duration A_MOMENT = Duration.ofSeconds(30);

  /** Long enough for a slow machine that builds programs meanwhile. */
  private static final Duration START = Duration.ofMinutes(4);

  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
        - level: Metadata
      """;

  private static final Pattern ETCD_PORT =
      Pattern.compile("--etcd-servers http://0[.]0[.]0[.]0:([0-9]+)");

  private final KubeAPIServer server;
  private final KubernetesClient admin;

  /**
   * How often the client repeats a request that the API server answered with 429 or 5xx, in less
   * than a second together. By default it repeats for most of a minute, so that a test that waits
   * for exactly that answer does not get it in time.
   */
  private static final int RETRIES = 3;

  private final AuditLog audit;
  private final EtcdSnapshot snapshot;
  private final Set<String> groups;

  ApiServer() {
    try {
      var directory = Files.createTempDirectory("metrics-server-operator-api-server");
      var policy = Files.writeString(directory.resolve("audit-policy.yaml"), AUDIT_POLICY);
      audit = new AuditLog(directory.resolve("audit.log"));
      server =
          new KubeAPIServer(
              KubeAPIServerConfigBuilder.anAPIServerConfig()
                  .withUpdateKubeConfig(false)
                  .withStartupTimeout(Math.toIntExact(START.toMillis()))
                  .withApiServerFlags(
                      List.of(
                          "--audit-policy-file=" + policy,
                          "--audit-log-path=" + audit.file(),
                          "--audit-log-mode=blocking",
                          // In megabytes: the log must not be rotated.
                          "--audit-log-maxsize=100000"))
                  .build());
      start();
      var config = Config.fromKubeconfig(server.getKubeConfigYaml());
      config.setRequestRetryBackoffLimit(RETRIES);
      admin = new KubernetesClientBuilder().withConfig(config).build();
      install();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    snapshot = new EtcdSnapshot(etcdPort());
    groups = groups();
  }

  /**
   * The library measures its timeout by the time of day and fails at once where that crosses
   * midnight. What did not start is stopped, so that it does not slow the rest.
   */
  private void start() {
    var untilMidnight = Duration.between(LocalTime.now(ZoneId.systemDefault()), LocalTime.MAX);
    if (untilMidnight.compareTo(START) < 0) {
      var midnight = Instant.now().plus(untilMidnight).plusSeconds(1);
      Awaitility.await("midnight")
          .atMost(START.multipliedBy(2))
          .until(() -> Instant.now().isAfter(midnight));
    }
    try {
      server.start();
    } catch (RuntimeException e) {
      server.stop();
      throw e;
    }
  }

  private void install() throws IOException {
    try (var stream = Files.newInputStream(InstallFiles.INSTALL)) {
      admin.load(stream).serverSideApply();
    }
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
            A_MOMENT.toSeconds(),
            TimeUnit.SECONDS);
  }

  KubernetesClient admin() {
    return admin;
  }

  AuditLog audit() {
    return audit;
  }

  String kubeconfig() {
    return server.getKubeConfigYaml();
  }

  /** Restores the objects as they were after the start, and waits until no other API is served. */
  void reset() {
    snapshot.restore();
    new Eventually(() -> "", () -> false)
        .within(
            A_MOMENT,
            "the API server serves the same groups as at its start",
            () -> {
              if (!groups().equals(groups)) {
                throw new AssertionError(groups() + " instead of " + groups);
              }
            });
  }

  private Set<String> groups() {
    return admin.getApiGroups().getGroups().stream()
        .map(APIGroup::getName)
        .collect(Collectors.toSet());
  }

  /** The processor time of the API server and of its etcd so far. */
  Duration processorTime() {
    var etcd = ":" + etcdPort();
    return commands().entrySet().stream()
        .filter(command -> isApiServer(command.getValue()) || command.getValue().contains(etcd))
        .flatMap(command -> command.getKey().info().totalCpuDuration().stream())
        .reduce(Duration.ZERO, Duration::plus);
  }

  private int etcdPort() {
    return commands().values().stream()
        .filter(this::isApiServer)
        .flatMap(arguments -> ETCD_PORT.matcher(arguments).results())
        .map(port -> Integer.parseInt(port.group(1)))
        .findFirst()
        .orElseThrow();
  }

  private boolean isApiServer(String arguments) {
    return arguments.contains(audit.file().toString());
  }

  private static Map<ProcessHandle, String> commands() {
    return ProcessHandle.current()
        .children()
        .collect(
            toMap(
                child -> child,
                child ->
                    List.of(child.info().arguments().orElse(new String[0])).stream()
                        .collect(joining(" "))));
  }

  @Override
  public void close() {
    admin.close();
    server.stop();
  }
}
