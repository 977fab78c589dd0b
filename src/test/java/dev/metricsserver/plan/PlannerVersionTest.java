package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.plan;
import static dev.metricsserver.plan.Plans.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Remedy;
import dev.metricsserver.diagnosis.ViolationText;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.VersionAdvice.Kind;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The version of metrics-server, and its image. */
class PlannerVersionTest {

  @ParameterizedTest(name = "on Kubernetes {0}: {1}")
  @CsvSource({
    "1.25, 0.6.4",
    "1.26, 0.6.4",
    "1.27, 0.7.2",
    "1.28, 0.7.2",
    "1.29, 0.7.2",
    "1.30, 0.7.2",
    "1.31, 0.8.1",
    "1.32, 0.8.1",
    "1.33, 0.8.1",
    "1.34, 0.9.0",
    "1.35, 0.9.0",
    "1.36, 0.9.0"
  })
  void version_nothingInstalled_isNewestSupported(String kubernetes, String version) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes);

    assertThat(plan("{}", cluster).version().number()).isEqualTo(version);
    assertThat(plan("version: Latest", cluster).version().number()).isEqualTo(version);
  }

  @ParameterizedTest(name = "{0} on Kubernetes {1}")
  @CsvSource({
    "0.6.4, 1.26",
    "0.6.4, 1.36",
    "0.7.0, 1.34",
    "0.8.0, 1.31",
    "0.8.1, 1.36",
    "0.9.0, 1.34"
  })
  void version_installedAndSupported_isKept(String installed, String kubernetes) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes).installed(installed);

    assertThat(plan("{}", cluster).version().number()).isEqualTo(installed);
  }

  @ParameterizedTest(name = "{0} on Kubernetes {1} becomes {2}")
  @CsvSource({"0.9.0, 1.33, 0.8.1", "0.8.1, 1.30, 0.7.2", "0.7.2, 1.26, 0.6.4"})
  void version_installedForNewerCluster_isReplaced(
      String installed, String kubernetes, String version) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes).installed(installed);

    assertThat(plan("{}", cluster).version().number()).isEqualTo(version);
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(strings = {"", "0.5.2", "0.99.0", "mine"})
  void version_installedAndUnknown_isReplaced(String installed) {
    var cluster = SampleCluster.ofNodes(2).installed(installed);

    assertThat(plan("{}", cluster).version().number()).isEqualTo("0.9.0");
  }

  @Test
  void latest_clusterUpgraded_follows() {
    var upgraded = SampleCluster.ofNodes(2).kubernetes("1.34").installed("0.8.1");

    assertThat(plan("version: Latest", upgraded).version().number()).isEqualTo("0.9.0");
  }

  @ParameterizedTest(name = "{0} on Kubernetes {1}")
  @CsvSource({"0.6.4, 1.36", "0.7.0, 1.27", "0.7.1, 1.35", "0.8.0, 1.31", "0.9.0, 1.34"})
  void version_configured_isUsed(String version, String kubernetes) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes).installed("0.7.2");

    assertThat(plan("version: " + version, cluster).version().number()).isEqualTo(version);
  }

  @ParameterizedTest(name = "{0} on Kubernetes {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "0.9.0 | 1.34 | 1.33 | 0.8.1, 0.8.0, 0.7.2, 0.7.1, 0.7.0, 0.6.4, 0.6.3, 0.6.2, 0.6.1,"
            + " 0.6.0",
        "0.8.1 | 1.31 | 1.30 | 0.7.2, 0.7.1, 0.7.0, 0.6.4, 0.6.3, 0.6.2, 0.6.1, 0.6.0",
        "0.7.2 | 1.27 | 1.26 | 0.6.4, 0.6.3, 0.6.2, 0.6.1, 0.6.0"
      })
  void version_configuredForNewerCluster_isRefused(
      String version, String needed, String kubernetes, String usable) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes).installed("0.6.4");

    assertThat(texts(refusal("version: " + version, cluster)))
        .isEqualTo(
            refused(
                "metrics-server %s needs Kubernetes %s or newer, this cluster has %s"
                    .formatted(version, needed, kubernetes),
                "set version to one of " + usable + ", or remove it"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"0.5.2", "0.9.1", "1.0.0"})
  void version_configuredAndUnknown_isRefused(String version) {
    assertThat(texts(refusal("version: " + version, SampleCluster.ofNodes(2))))
        .isEqualTo(
            refused(
                "metrics-server " + version + " is not known to this operator",
                "set version to one of 0.9.0, 0.8.1, 0.8.0, 0.7.2, 0.7.1, 0.7.0, 0.6.4, 0.6.3,"
                    + " 0.6.2, 0.6.1, 0.6.0, or remove it"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"{}", "version: Latest", "version: 0.7.2", "version: 9.9.9"})
  void version_clusterTooOldForAll_isRefused(String spec) {
    assertThat(texts(refusal(spec, SampleCluster.ofNodes(2).kubernetes("1.24").installed("0.6.4"))))
        .isEqualTo(
            refused(
                "no metrics-server version known to this operator runs on Kubernetes 1.24",
                "upgrade the cluster to Kubernetes 1.25 or newer"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | registry.k8s.io/metrics-server/metrics-server:v0.9.0",
        "{version: 0.8.1} | registry.k8s.io/metrics-server/metrics-server:v0.8.1",
        "{image: {registry: 'mirror:5000'}} | mirror:5000/metrics-server/metrics-server:v0.9.0",
        "{image: {repository: a/b}} | registry.k8s.io/a/b:v0.9.0",
        "{image: {tag: mine}} | registry.k8s.io/metrics-server/metrics-server:mine",
        "{image: {digest: 'sha256:0a'}} |"
            + " registry.k8s.io/metrics-server/metrics-server:v0.9.0@sha256:0a",
        "{image: {registry: r, repository: s, tag: t, digest: 'sha256:0b'}} | r/s:t@sha256:0b"
      })
  void image_parts_areJoined(String spec, String image) {
    assertThat(plan(spec).pod().image().reference()).isEqualTo(image);
  }

  @Test
  void tag_ofKnownVersion_decidesTheVersion() {
    var cluster = SampleCluster.ofNodes(2).kubernetes("1.35").installed("0.9.0");

    var plan = plan("image: {tag: v0.7.2}", cluster);

    assertThat(plan.version().number()).isEqualTo("0.7.2");
    assertThat(plan.version().chosen().reason()).isEqualTo(new Reason.Configured("image.tag"));
    assertThat(plan.pod().args()).noneMatch(a -> a.startsWith("--shutdown-delay-duration"));
    assertThat(plan("image: {tag: v0.7.2-hardened}", cluster).version().number())
        .isEqualTo("0.9.0");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {"{version: 0.8.1, image: {tag: v0.9.0}}", "{version: 0.8.1, image: {tag: 0.9.0}}"})
  void tag_ofAnotherVersion_isRefused(String spec) {
    assertThat(refusal(spec, SampleCluster.ofNodes(2)).violations())
        .containsExactly(new Violation.OtherTag("0.9.0", "0.8.1"));
    assertThat(plan("{version: 0.8.1, image: {tag: v0.8.1}}").version().number())
        .isEqualTo("0.8.1");
  }

  @Test
  void version_installedOnOlderCluster_keepsRunning() {
    var cluster = SampleCluster.ofNodes(2).kubernetes("1.33").installed("0.9.0");

    assertThat(plan("version: 0.9.0", cluster).version().number()).isEqualTo("0.9.0");
    assertThat(plan("version: 0.9.0", cluster).version().advice())
        .contains(advice(Kind.ClusterTooOld, "0.9.0", "1.33", "1.34", "0.8.1"));
  }

  @ParameterizedTest(name = "{0} on Kubernetes {1}: {2}")
  @CsvSource({
    "0.8.1, 1.36, ClusterTooNew, 1.33, 0.9.0",
    "0.8.1, 1.34, ClusterTooNew, 1.33, 0.9.0",
    "0.7.2, 1.31, ClusterTooNew, 1.29, 0.8.1",
    "0.6.4, 1.27, ClusterTooNew, 1.24, 0.7.2",
    "0.9.0, 1.37, ClusterTooNew, 1.36,",
    "0.8.0, 1.33, NewerVersion, 1.33, 0.8.1",
    "0.7.0, 1.29, NewerVersion, 1.29, 0.7.2",
    "0.9.0, 1.36,,,",
    "0.8.1, 1.33,,,",
    "0.7.2, 1.30,,,",
    "0.6.4, 1.26,,,"
  })
  void advice_keptVersion_isGiven(
      String version, String kubernetes, Kind kind, String bound, String better) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes).installed(version);
    var expected =
        Optional.ofNullable(kind).map(k -> advice(k, version, kubernetes, bound, better));

    assertThat(plan("{}", cluster).version().number()).isEqualTo(version);
    assertThat(plan("{}", cluster).version().advice()).isEqualTo(expected);
    assertThat(plan("version: " + version, cluster).version().advice()).isEqualTo(expected);
  }

  /** The image of an external installation may have a version that the operator does not know. */
  @ParameterizedTest(name = "{0} on Kubernetes {1}: {2}")
  @CsvSource({
    "0.8.0, 1.33, NewerVersion, 1.33, 0.8.1",
    "0.8.1, 1.35, ClusterTooNew, 1.33, 0.9.0",
    "0.9.0, 1.35,,,",
    "0.6.9, 1.26,,,",
    "0.5.2, 1.33, NewerVersion, 1.33, 0.8.1",
    "0.10.0, 1.36,,,"
  })
  void advice_externalVersion_isGiven(
      String version, String kubernetes, Kind kind, String bound, String better) {
    assertThat(VersionAdvice.of(version, KubernetesVersion.parse(kubernetes)))
        .isEqualTo(
            Optional.ofNullable(kind).map(k -> advice(k, version, kubernetes, bound, better)));
  }

  @Test
  void advice_latest_onlyForUnknownKubernetes() {
    assertThat(
            plan("version: Latest", SampleCluster.ofNodes(2).installed("0.8.1")).version().advice())
        .isEmpty();
    assertThat(
            plan("version: Latest", SampleCluster.ofNodes(2).kubernetes("1.40")).version().advice())
        .contains(advice(Kind.ClusterTooNew, "0.9.0", "1.40", "1.36", null));
  }

  @Test
  void digest_ofOtherVersion_isRefused() {
    var digest = Releases.find("0.8.0").orElseThrow().digest();

    assertThat(plan("{version: 0.8.0, image: {digest: '%s'}}".formatted(digest)).version().number())
        .isEqualTo("0.8.0");
    assertThat(texts(refusal("image: {digest: '%s'}".formatted(digest), SampleCluster.ofNodes(2))))
        .isEqualTo(
            List.of(
                new ViolationText(
                    "image.digest",
                    "this is the image of metrics-server 0.8.0, and version 0.9.0 is to run",
                    Remedy.manual(
                        "set version to 0.8.0, or image.digest to "
                            + Releases.newest().digest()))));
  }

  /** No line is redundant, and the newest release comes first. */
  @Test
  void releaseTable_lines_areOrdered() {
    var releases =
        DataFile.read("metrics-server-releases.txt", 5).stream()
            .map(Releases.Release::parse)
            .toList();

    assertThat(releases).hasSize(11).extracting(Releases.Release::version).doesNotHaveDuplicates();
    assertThat(releases)
        .isSortedAccordingTo(
            Comparator.comparing(Releases.Release::version, Releases.NUMERIC).reversed());
    assertThat(releases)
        .extracting(Releases.Release::digest)
        .doesNotHaveDuplicates()
        .allMatch(d -> d.matches("sha256:[0-9a-f]{64}"));
  }

  private static VersionAdvice advice(
      Kind kind, String version, String kubernetes, String bound, String better) {
    return new VersionAdvice(
        kind,
        version,
        KubernetesVersion.parse(kubernetes),
        KubernetesVersion.parse(bound),
        Optional.ofNullable(better));
  }

  private static List<ViolationText> texts(Refused refused) {
    assertThat(refused.reason()).isEqualTo(Refusal.InvalidSpec);
    return refused.violations().stream().map(ViolationText::of).toList();
  }

  private static List<ViolationText> refused(String message, String remedy) {
    return List.of(new ViolationText("version", message, Remedy.manual(remedy)));
  }
}
