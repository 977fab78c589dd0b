package dev.metricsserver.plan;

import static dev.metricsserver.plan.Plans.plan;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.SampleCluster;
import dev.metricsserver.plan.Violation.UnknownFlag;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The flags of metrics-server. */
class PlannerArgsTest {

  private static final String EVERYTHING =
      """
      metricResolution: 30s
      kubelet:
        tls: {mode: Insecure}
        addressTypes: [Hostname, InternalIP]
        port: 10260
        requestTimeout: 7s
        nodeSelector: {matchLabels: {team: a, metrics: "yes", zone: b, area: c, a/b: d}}
      logging: {verbosity: 4, format: JSON}
      audit: {profile: Metadata}
      port: 8443
      extraArgs: [--profiling=false]
      version: %s
      """;

  @Test
  void flagsOf064() {
    assertThat(plan("version: 0.6.4").pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=10250",
            "--metric-resolution=15s",
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
            "--kubelet-use-node-status-port");
  }

  @Test
  void flagsOf072() {
    assertThat(plan("version: 0.7.2").pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=10250",
            "--metric-resolution=15s",
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
            "--kubelet-use-node-status-port",
            "--kubelet-request-timeout=10s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.8.1", "0.9.0"})
  void flagsOf081And090(String version) {
    assertThat(plan("version: " + version).pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=10250",
            "--metric-resolution=15s",
            "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
            "--kubelet-use-node-status-port",
            "--kubelet-request-timeout=10s",
            "--shutdown-delay-duration=5s");
  }

  @Test
  void everythingThatCanBeSetIn064() {
    var spec =
        """
        version: 0.6.4
        metricResolution: 30s
        kubelet: {tls: {mode: Insecure}, addressTypes: [Hostname], port: 10260}
        logging: {verbosity: 4}
        port: 8443
        extraArgs: [--profiling=false]
        """;
    assertThat(plan(spec).pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=8443",
            "--metric-resolution=30s",
            "--kubelet-preferred-address-types=Hostname",
            "--kubelet-port=10260",
            "--kubelet-insecure-tls",
            "--v=4",
            "--profiling=false");
  }

  @Test
  void everythingThatCanBeSetIn072() {
    assertThat(plan(EVERYTHING.formatted("0.7.2")).pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=8443",
            "--metric-resolution=30s",
            "--kubelet-preferred-address-types=Hostname,InternalIP",
            "--kubelet-port=10260",
            "--kubelet-insecure-tls",
            "--kubelet-request-timeout=7s",
            "--node-selector=a/b=d,area=c,metrics=yes,team=a,zone=b",
            "--logging-format=json",
            "--v=4",
            "--audit-policy-file=/etc/metrics-server/audit/policy.yaml",
            "--audit-log-path=-",
            "--profiling=false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.8.1", "0.9.0"})
  void everythingThatCanBeSetIn081And090(String version) {
    assertThat(plan(EVERYTHING.formatted(version)).pod().args())
        .containsExactly(
            "--tls-cert-file=/etc/metrics-server/serving/tls.crt",
            "--tls-private-key-file=/etc/metrics-server/serving/tls.key",
            "--secure-port=8443",
            "--metric-resolution=30s",
            "--kubelet-preferred-address-types=Hostname,InternalIP",
            "--kubelet-port=10260",
            "--kubelet-insecure-tls",
            "--kubelet-request-timeout=7s",
            "--node-selector=a/b=d,area=c,metrics=yes,team=a,zone=b",
            "--shutdown-delay-duration=5s",
            "--logging-format=json",
            "--v=4",
            "--audit-policy-file=/etc/metrics-server/audit/policy.yaml",
            "--audit-log-path=-",
            "--profiling=false");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "10s, 9000ms",
    "10.5s, 9450ms",
    "11s, 9900ms",
    "11111ms, 9999ms",
    "11112ms, 10s",
    "12s, 10s",
    "15s, 10s",
    "1m, 10s",
    "1h, 10s"
  })
  void kubeletTimeout_default_isNineTenthsOfResolutionUpToTenSeconds(
      String resolution, String timeout) {
    assertThat(plan("metricResolution: " + resolution).pod().args())
        .contains("--metric-resolution=" + resolution, "--kubelet-request-timeout=" + timeout);
  }

  @Test
  void kubeletTimeout_configured_isUsed() {
    assertThat(plan("{metricResolution: 1m, kubelet: {requestTimeout: 45s}}").pod().args())
        .contains("--kubelet-request-timeout=45s");
  }

  @Test
  void scrapeInterval_anyResolution_equalsIt() {
    assertThat(plan("metricResolution: 1m30s").kubelets().scrapeInterval())
        .isEqualTo(Duration.ofSeconds(90));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 10250",
        "{hostNetwork: true} | 4443",
        "{port: 8443} | 8443",
        "{port: 8443, hostNetwork: true} | 8443"
      })
  void port_default_isFree(String spec, int port) {
    var plan = plan(spec);

    assertThat(plan.pod().port()).isEqualTo(port);
    assertThat(plan.pod().args()).contains("--secure-port=" + port);
  }

  @ParameterizedTest(name = "metrics-server {0} on Kubernetes {1} sleeps: {2}")
  @CsvSource({
    "0.7.2, 1.29, false",
    "0.7.2, 1.30, true",
    "0.6.4, 1.30, true",
    "0.8.0, 1.35, false",
    "0.9.0, 1.35, false"
  })
  void preStopSleep_oldVersionOnNewCluster_isSet(
      String version, String kubernetes, boolean sleeps) {
    var cluster = SampleCluster.ofNodes(2).kubernetes(kubernetes);

    assertThat(plan("version: " + version, cluster).pod().preStopSleep())
        .isEqualTo(sleeps ? Optional.of(5) : Optional.empty());
  }

  @ParameterizedTest(name = "metrics-server {0} with {1} is asked from second {2} on")
  @CsvSource({"0.6.1, 15s, 17", "0.8.0, 1m, 62", "0.8.1, 10s, 12", "0.9.0, 15s,"})
  void readinessDelay_oldVersion_coversTheSecondScrape(
      String version, String resolution, Integer delay) {
    assertThat(
            plan("{version: %s, metricResolution: %s}".formatted(version, resolution))
                .pod()
                .readinessDelay())
        .isEqualTo(Optional.ofNullable(delay));
  }

  /** A version does not start with an unknown flag. */
  @ParameterizedTest
  @ValueSource(strings = {"0.6.1", "0.6.4", "0.7.0", "0.7.1", "0.7.2", "0.8.0", "0.8.1", "0.9.0"})
  void args_everyVersion_existInIt(String version) {
    var release = Releases.find(version).orElseThrow();
    var spec =
        release.atLeast("0.7.0")
            ? EVERYTHING.formatted(version)
            : "{version: 0.6.4, kubelet: {tls: {mode: Insecure}}, logging: {verbosity: 4}}";

    assertThat(plan(spec).pod().args())
        .allSatisfy(arg ->
            assertThat(
                    Flags.check(arg.contains("=") ? arg : arg + "=true", release)
                        .filter(UnknownFlag.class::isInstance))
                .isEmpty());
  }
}
