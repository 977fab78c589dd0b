package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageReferenceTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "metrics-server, docker.io, metrics-server,, ",
    "metrics-server:v0.8.1, docker.io, metrics-server, v0.8.1, ",
    "bitnami/metrics-server:0.7.2, docker.io, bitnami/metrics-server, 0.7.2, ",
    "localhost/metrics-server, localhost, metrics-server,, ",
    "localhost:5000/metrics-server, localhost:5000, metrics-server,, ",
    "mirror:5000/a/b:1@sha256:abc, mirror:5000, a/b, 1, sha256:abc",
    "example.com/a/b@sha256:abc, example.com, a/b,, sha256:abc"
  })
  void of_imageName_hasItsParts(
      String image, String registry, String repository, String tag, String digest) {
    assertThat(ImageReference.of(image))
        .isEqualTo(
            new ImageReference(
                registry, repository, Optional.ofNullable(tag), Optional.ofNullable(digest)));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "registry.k8s.io/metrics-server/metrics-server:v0.8.1, 0.8.1",
    "rancher/hardened-k8s-metrics-server:v0.8.0-build20260116, 0.8.0",
    "localhost:5000/metrics-server:0.7.2, 0.7.2",
    "example.com/metrics-server:v0.9.0@sha256:abc, 0.9.0",
    "localhost:5000/metrics-server, ",
    "example.com/metrics-server:latest, ",
    "example.com/metrics-server:v0.9, ",
    "example.com/metrics-server:v0.9.1234567890123, "
  })
  void version_tag_startsWithIt(String image, String version) {
    assertThat(ImageReference.of(image).version().orElse(null)).isEqualTo(version);
  }

  @Test
  void name_repositoryWithPath_isTheLastPart() {
    assertThat(ImageReference.of("example.com/metrics-server/addon-resizer:1").name())
        .isEqualTo("addon-resizer");
    assertThat(ImageReference.of("").name()).isEmpty();
  }
}
