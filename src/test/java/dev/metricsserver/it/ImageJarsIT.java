package dev.metricsserver.it;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * The jars of the image, which Maven's phase {@code package} puts into {@code target/image/lib},
 * against the artefacts in the local repository and the bill of materials.
 */
class ImageJarsIT {

  private static final Path LIB = Path.of("target/image/lib");
  private static final Path BOM = Path.of("target/bom.json");

  @Test
  void imageJars_areTheMavenArtefacts() throws IOException {
    var artefacts =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(Path::of)
            .filter(Files::isRegularFile)
            .filter(jar -> !jar.startsWith(Path.of("").toAbsolutePath()))
            .collect(toMap(jar -> jar.getFileName().toString(), ImageJarsIT::sha256, (a, _) -> a));

    assertThat(artefacts).containsAllEntriesOf(imageJars());
  }

  @Test
  void imageJars_areTheBillOfMaterials() throws IOException {
    var components = new ObjectMapper().readTree(BOM.toFile()).path("components");

    assertThat(imageJars())
        .isEqualTo(
            StreamSupport.stream(components.spliterator(), false)
                .collect(toMap(ImageJarsIT::fileName, ImageJarsIT::sha256)));
  }

  private static Map<String, String> imageJars() throws IOException {
    try (var jars = Files.list(LIB)) {
      var hashes = jars.collect(toMap(jar -> jar.getFileName().toString(), ImageJarsIT::sha256));
      assertThat(hashes).isNotEmpty();
      return hashes;
    }
  }

  private static String fileName(JsonNode component) {
    return "%s-%s.jar"
        .formatted(component.path("name").asText(), component.path("version").asText());
  }

  private static String sha256(JsonNode component) {
    return StreamSupport.stream(component.path("hashes").spliterator(), false)
        .filter(hash -> hash.path("alg").asText().equals("SHA-256"))
        .map(hash -> hash.path("content").asText())
        .findFirst()
        .orElseThrow();
  }

  private static String sha256(Path jar) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar)));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(jar.toString(), e);
    }
  }
}
