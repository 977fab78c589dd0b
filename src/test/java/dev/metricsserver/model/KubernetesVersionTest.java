package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesVersionTest {

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "v1.35.4, 1.35",
    "1.35, 1.35",
    "v1.33.5-eks-113cf36, 1.33",
    "v1.31.9-gke.1080000, 1.31",
    "v1.30.0+rke2r1, 1.30",
    "v1.32.0-alpha.1, 1.32",
    "1.27+, 1.27",
    "v1.36, 1.36",
    "v2.0.0, 2.0"
  })
  void aVersionIsReadAsServersAndPeopleWriteIt(String text, String version) {
    assertThat(KubernetesVersion.parse(text)).hasToString(version);
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(strings = {"", "v", "1", "v1.", "latest", "1.x", "version 1.35", "-1.35"})
  void whatIsNoVersionIsRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KubernetesVersion.parse(text))
        .withMessage("not a Kubernetes version: " + text);
  }

  @ParameterizedTest(name = "{0} < {1}")
  @CsvSource({"1.9, 1.10", "1.34, 1.35", "1.35, 2.0"})
  void versionsAreComparedAsNumbers(String older, String newer) {
    var old = KubernetesVersion.parse(older);
    var young = KubernetesVersion.parse(newer);

    assertThat(old).isLessThan(young);
    assertThat(young.atLeast(old.major(), old.minor())).isTrue();
    assertThat(old.atLeast(young.major(), young.minor())).isFalse();
  }

  @Test
  void aVersionIsAtLeastItself() {
    assertThat(KubernetesVersion.parse("1.30").atLeast(1, 30)).isTrue();
  }
}
