package dev.metricsserver.rendering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.Cilium;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.History;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.model.SampleNode;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.Plans;
import dev.metricsserver.reading.NodeReader;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The objects for a spec and a cluster, as they were reviewed. Each directory in
 * src/test/resources/golden is a case: spec.yaml is the spec, cluster.yaml describes the cluster,
 * and the files out-*.yaml are the objects; objects that are equal in all cases are in the
 * directory "always".
 */
class GoldenTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path ALWAYS = GOLDEN.resolve("always");
  private static final boolean UPDATE = "update".equals(System.getProperty("golden"));
  private static final String HOW_TO_UPDATE =
      "If it is meant to be so: ./mvnw -q test -Dtest=GoldenTest -Dgolden=update, and look at what"
          + " git diff shows.";

  private static final KubernetesSerialization KUBERNETES_YAML = new KubernetesSerialization();
  private static final YAMLMapper STRICT_YAML =
      YAMLMapper.builder().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /**
   * The file cluster.yaml.
   *
   * @param apiServers the addresses of the API servers, as address:port
   * @param service the address of their Service, as address:port
   * @param nodes Node objects
   * @param cilium whether Cilium runs in the cluster
   * @param prometheus whether the cluster has the kinds of Prometheus Operator
   * @param certManager whether the cluster has the kinds of cert-manager
   * @param workers the number of further nodes: node-1, node-2 and so on
   */
  record Cluster(
      String kubernetes,
      List<String> apiServers,
      List<String> service,
      boolean cilium,
      boolean prometheus,
      boolean certManager,
      List<JsonNode> nodes,
      int workers) {

    ClusterFacts facts() {
      var all =
          Stream.concat(
                  Objects.requireNonNullElse(nodes, List.<JsonNode>of()).stream()
                      .map(node -> NodeReader.read(node.toString())),
                  IntStream.rangeClosed(1, workers).mapToObj(i -> SampleNode.number(i).facts()))
              .toList();
      return new ClusterFacts(
          KubernetesVersion.parse(kubernetes),
          all,
          new ClusterFacts.APIServers(
              apiServers.stream().map(Cluster::endpoint).toList(),
              service.stream().map(Cluster::endpoint).toList()),
          new Cilium(cilium, cilium),
          new PrometheusKinds(prometheus, prometheus),
          true,
          new KubeletFacts(SampleCluster.signed(all), true, Optional.empty(), Set.of(), false),
          new ServingFacts(
              Optional.empty(), SampleCluster.TRUSTED, true, Optional.empty(), certManager),
          Optional.empty(),
          History.NONE,
          List.of(),
          List.of());
    }

    private static Endpoint endpoint(String text) {
      var colon = text.lastIndexOf(':');
      return new Endpoint(
          text.substring(0, colon).replaceAll("[\\[\\]]", ""),
          Integer.parseInt(text.substring(colon + 1)));
    }
  }

  @TestFactory
  Stream<DynamicContainer> everyObjectIsAsItWasReviewed() throws IOException {
    return directories().stream()
        .filter(directory -> !directory.equals(ALWAYS))
        .map(directory -> dynamicContainer(directory.getFileName().toString(), tests(directory)));
  }

  private static Stream<DynamicTest> tests(Path directory) {
    var rendered = new TreeMap<String, String>();
    var plan = plan(directory);
    Manifest.objects(
            plan, Workload.deployment(plan, Optional.of("0e6a5c7e-36f5-4f0c-b4a3-5d7a1e0b8f11")))
        .forEach(object -> rendered.put(file(object), KUBERNETES_YAML.asYaml(object)));
    return Stream.concat(
        rendered.entrySet().stream()
            .map(e -> dynamicTest(e.getKey(), () -> compare(directory, e.getKey(), e.getValue()))),
        Stream.of(dynamicTest("nothing else", () -> nothingElse(directory, rendered.keySet()))));
  }

  private static void compare(Path directory, String file, String rendered) throws IOException {
    var own = directory.resolve(file);
    var always = ALWAYS.resolve(file);
    if (UPDATE) {
      Files.deleteIfExists(own);
      if (!Files.exists(always)) {
        Files.writeString(own, rendered);
      } else if (!Files.readString(always).equals(rendered)) {
        Files.writeString(directory.endsWith("default") ? always : own, rendered);
      }
    }
    var reviewed = Files.exists(own) ? own : always;
    assertThat(reviewed).as("%s is new. %s", own, HOW_TO_UPDATE).exists();
    assertThat(rendered)
        .as("%s. %s", reviewed, HOW_TO_UPDATE)
        .isEqualTo(Files.readString(reviewed));
  }

  private static void nothingElse(Path directory, Set<String> rendered) throws IOException {
    for (var file : outputs(directory)) {
      if (UPDATE && !rendered.contains(file)) {
        Files.delete(directory.resolve(file));
      }
    }
    assertThat(rendered)
        .as("%s has files that nothing was made for. %s", directory, HOW_TO_UPDATE)
        .containsAll(outputs(directory));
    assertThat(rendered)
        .as("Not everything in %s was made for %s.", ALWAYS, directory)
        .containsAll(outputs(ALWAYS));
  }

  // ----------------------------------------------------------------------------------- rendering

  private static MetricsServerPlan plan(Path directory) {
    try {
      var spec =
          STRICT_YAML
              .readValue(directory.resolve("spec.yaml").toFile(), MetricsServerConfig.class)
              .getSpec();
      var cluster =
          STRICT_YAML.readValue(directory.resolve("cluster.yaml").toFile(), Cluster.class);
      var decision = Planner.plan(spec, cluster.facts(), Plans.NOW);
      assertThat(decision).as("%s", directory).isInstanceOf(Planned.class);
      return ((Planned) decision).plan();
    } catch (IOException e) {
      throw new IllegalArgumentException(directory.toString(), e);
    }
  }

  private static String file(HasMetadata object) {
    return "out-%s-%s.yaml"
        .formatted(object.getKind(), object.getMetadata().getName().replace(':', '-'));
  }

  // --------------------------------------------------------------------------------------- files

  static List<Path> directories() throws IOException {
    try (var directories = Files.list(GOLDEN)) {
      return directories.filter(Files::isDirectory).sorted().toList();
    }
  }

  /** The objects' files in a directory. */
  static Set<String> outputs(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> !file.equals("spec.yaml") && !file.equals("cluster.yaml"))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
