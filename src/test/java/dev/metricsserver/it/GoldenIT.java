package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Linter;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The objects that were reviewed, as a real API server and a linter see them. */
@IntegrationTest
class GoldenIT {

  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  /** Their definitions are others', and tested where they are installed. */
  private static final List<String> OF_OTHERS =
      List.of("CiliumNetworkPolicy", "ServiceMonitor", "PrometheusRule", "Certificate", "Issuer");

  @RegisterExtension static final TestCluster cluster = new TestCluster();
  private static String kubeconfig;

  @TempDir private Path folder;

  @BeforeAll
  static void start() throws IOException {
    kubeconfig = "--kubeconfig=" + cluster.adminKubeconfig();
    cluster
        .admin()
        .resource(
            new NamespaceBuilder()
                .withMetadata(new ObjectMetaBuilder().withName("monitoring").build())
                .build())
        .create();
    // It warns of a Deployment whose pods would not pass, as it refuses pods.
    Shell.run(
        Programs.kubectl(),
        kubeconfig,
        "label",
        "namespace",
        "kube-system",
        "monitoring",
        "pod-security.kubernetes.io/warn=restricted");
  }

  static Stream<String> cases() throws IOException {
    try (var folders = Files.list(GOLDEN)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> !name.equals("always"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void objects_appliedAsDryRun_areAcceptedAndRestricted(String name) throws IOException {
    var objects = objects(name);
    var answer =
        Shell.run(
            Programs.kubectl(),
            kubeconfig,
            "apply",
            "--dry-run=server",
            "--server-side",
            "--validate=strict",
            "--filename=" + objects);
    assertThat(answer).contains("deployment.apps/", "apiservice.");
    var hostNetwork = Files.readString(objects).contains("hostNetwork: true");
    assertThat(answer.lines().filter(line -> line.contains("Warning")))
        .hasSize(hostNetwork ? 1 : 0)
        .allMatch(warning -> warning.contains("hostNetwork=true"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void objects_linted_haveNoFault(String name) throws IOException {
    var objects = objects(name);
    Linter.findsNoFault(
        objects,
        Files.readString(objects).contains("kind: \"NetworkPolicy\"")
            ? new String[0]
            // None applies to the host network; elsewhere it is Cilium's, or none is requested.
            : new String[] {"--ignore-test=pod-networkpolicy"});
  }

  /** All objects of a case in one file. */
  private Path objects(String name) throws IOException {
    var files = new TreeMap<String, Path>();
    for (var directory : List.of("always", name)) {
      try (var all = Files.list(GOLDEN.resolve(directory))) {
        all.filter(file -> file.getFileName().toString().startsWith("out-"))
            .filter(file -> OF_OTHERS.stream().noneMatch(kind -> file.toString().contains(kind)))
            .forEach(file -> files.put(file.getFileName().toString(), file));
      }
    }
    return Files.writeString(
        folder.resolve("objects.yaml"),
        files.values().stream().map(GoldenIT::read).collect(Collectors.joining("---\n")));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
