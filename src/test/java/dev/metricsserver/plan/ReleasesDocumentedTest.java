package dev.metricsserver.plan;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.SampleCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents list the versions and images of the operator. */
class ReleasesDocumentedTest {

  private static final boolean UPDATE = "update".equals(System.getProperty("golden"));
  private static final String UPDATED_BY = "the releases changed; .ci/generated updates it";
  private static final Path README = Path.of("README.md");
  private static final Path IMAGES = Path.of("deploy/images.txt");
  private static final Pattern TABLE =
      Pattern.compile("(?s)(?<=<!-- versions -->\\n).*?(?=<!-- /versions -->)");
  private static final Pattern IMAGE = Pattern.compile("(?m)^\\s*(?:- )?image: (\\S+)$");
  private static final KubernetesVersion FUTURE = new KubernetesVersion(1, 999);

  /** The Kubernetes of the local cluster. */
  private static final Pattern LOCAL = Pattern.compile("(?m)^KUBERNETES_VERSION=(\\d+\\.\\d+)");

  /** The oldest and the newest, by kind. */
  private static final Pattern MATRIX = Pattern.compile("(?m)^ +version: \\[(.+)]$");

  private static String matrix() throws IOException {
    return first(MATRIX, Path.of(".github/workflows/ci.yaml"))
        .replaceAll("(\\d+\\.\\d+)\\.\\d+", "$1")
        .replace(", ", " and ");
  }

  private static String first(Pattern pattern, Path file) throws IOException {
    return pattern
        .matcher(Files.readString(file))
        .results()
        .map(r -> r.group(1))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> versions() {
    return Releases.namesFor(FUTURE);
  }

  @Test
  void compatibilityTable_releases_areListed() throws IOException {
    var rows =
        versions().stream()
            .map(v -> Releases.find(v).orElseThrow())
            .map(r -> "| %s | %s | %s |\n".formatted(r.version(), r.oldestKubernetes(), r.tested()))
            .collect(Collectors.joining());
    var table =
        "\n| metrics-server | oldest Kubernetes | upstream tested up to |\n|---|---|---|\n"
            + rows
            + "\nThis project's tests run on Kubernetes %s; an installation is tested on %s too.\n\n"
                .formatted(first(LOCAL, Path.of("deploy/local/versions.env")), matrix());
    var readme = Files.readString(README);
    if (UPDATE) {
      readme = TABLE.matcher(readme).replaceFirst(table);
      Files.writeString(README, readme);
    }
    assertThat(TABLE.matcher(readme).results().map(r -> r.group()))
        .as("%s: %s", README, UPDATED_BY)
        .containsExactly(table);
  }

  /** No other image is pulled, so an air-gapped cluster has to mirror exactly these. */
  @Test
  void imageList_releases_areListed() throws IOException {
    var metricsServer =
        versions().stream().map(v -> image(v) + " " + Releases.find(v).orElseThrow().digest());
    var images =
        Stream.concat(operator().stream(), metricsServer)
            .map(i -> i + "\n")
            .collect(Collectors.joining());
    if (UPDATE) {
      Files.writeString(IMAGES, images);
    }
    assertThat(IMAGES).as(UPDATED_BY).content(UTF_8).isEqualTo(images);
  }

  private static String image(String version) {
    return Plans.plan("version: " + version, SampleCluster.ofNodes(2).kubernetes("v1.999.0"))
        .pod()
        .image()
        .reference();
  }

  /** The one image of the manifests. */
  private static List<String> operator() throws IOException {
    try (var files = Files.walk(Path.of("deploy/base"))) {
      var images =
          files
              .filter(f -> f.toString().endsWith(".yaml"))
              .flatMap(ReleasesDocumentedTest::images)
              .distinct()
              .toList();
      assertThat(images).hasSize(1);
      return images;
    }
  }

  private static Stream<String> images(Path file) {
    try {
      return IMAGE.matcher(Files.readString(file)).results().map(r -> r.group(1)).toList().stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
