package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected values are what metrics-server 0.9.0 does with these words. */
class MetricsServerFlagsTest {

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "args: [] | Verified",
        "args: [--kubelet-insecure-tls] | Unverified",
        "args: [--kubelet-insecure-tls=true] | Unverified",
        "args: [--kubelet-insecure-tls=True] | Unverified",
        "args: [--kubelet-insecure-tls=TRUE] | Unverified",
        "args: [--kubelet-insecure-tls=t] | Unverified",
        "args: [--kubelet-insecure-tls=T] | Unverified",
        "args: [--kubelet-insecure-tls=1] | Unverified",
        "args: [--kubelet-insecure-tls, 'false'] | Unverified",
        "args: [--kubelet-insecure-tls, --v=2] | Unverified",
        "args: [--metric-resolution, 15s, --kubelet-insecure-tls] | Unverified",
        "args: [--metric-resolution, --kubelet-insecure-tls] | Verified",
        "args: [--kubelet-insecure-tls=false] | Verified",
        "args: [--kubelet-insecure-tls=False] | Verified",
        "args: [--kubelet-insecure-tls=0] | Verified",
        "args: [--kubelet-insecure-tls=f] | Verified",
        "args: [--kubelet-insecure-tls=yes] | Unknown",
        "args: [--kubelet-insecure-tls, --kubelet-insecure-tls=false] | Verified",
        "args: [--kubelet-insecure-tls=false, --kubelet-insecure-tls] | Unverified",
        "args: [-kubelet-insecure-tls] | Verified",
        "args: [--, --kubelet-insecure-tls] | Verified",
        "args: [--v=2, kubelet-insecure-tls] | Verified",
        "args: [--deprecated-kubelet-completely-insecure] | Unverified",
        "args: [--deprecated-kubelet-completely-insecure=1] | Unverified",
        "args: [--deprecated-kubelet-completely-insecure=false] | Verified",
        "command: [/metrics-server, --kubelet-insecure-tls] | Unverified",
        "command: [metrics-server, --kubelet-insecure-tls=true], args: [--v=2] | Unverified",
        "command: [/metrics-server], args: [--kubelet-insecure-tls] | Unverified",
        "command: [/metrics-server, --kubelet-insecure-tls], args: [--kubelet-insecure-tls=0] |"
            + " Verified",
        "command: [/metrics-server, --metric-resolution=15s] | Verified",
        "command: [sh, -c, exec /metrics-server --v=2] | Unknown",
        "command: [/usr/bin/env, /metrics-server] | Unknown",
        "args: [--kubelet-insecure-tls=$(A)], env: [{name: A, value: 'false'}] | Verified",
        "args: [--kubelet-insecure-tls=$(A)], env: [{name: A, value: 't'}] | Unverified",
        "args: [--kubelet-insecure-tls=$(A)] | Unknown",
        "args: [--kubelet-insecure-tls=$(A), --deprecated-kubelet-completely-insecure] |"
            + " Unverified",
        "args: [$(A)], env: [{name: A, value: --kubelet-insecure-tls}] | Unverified",
        "args: [$(A)], env: [{name: A}] | Unknown"
      })
  void kubeletVerification_container_isWhatMetricsServerDoes(
      String container, KubeletVerification verification) {
    assertThat(flags(container).kubeletVerification()).isEqualTo(verification);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "--node-selector=pool!=batch",
        "--node-selector, pool!=batch",
        "--v=2, -l, pool!=batch, --secure-port=4443",
        "-l=pool!=batch",
        "-lpool!=batch",
        "-l=a=b, --node-selector=pool!=batch",
        "--node-selector=a=b, --node-selector, pool!=batch"
      })
  void nodeSelector_anySpelling_isRead(String arguments) {
    assertThat(flags("args: [%s]".formatted(arguments)).nodeSelector())
        .isEqualTo(NodeSelector.parse("pool!=batch"));
  }

  @Test
  void values_repeatedFlags_lastCountsAndListsGrow() {
    assertThat(
            flags(
                    "args: [--metric-resolution=15s, --kubelet-preferred-address-types=InternalIP,"
                        + " --metric-resolution=30s, --kubelet-preferred-address-types=Hostname]")
                .values())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "metric-resolution", "30s",
                "kubelet-preferred-address-types", "InternalIP,Hostname"));
  }

  @Test
  void addressTypes_namedTwice_countOnce() {
    assertThat(
            flags(
                    "args: ['--kubelet-preferred-address-types=InternalIP,Hostname',"
                        + " --kubelet-preferred-address-types, InternalIP]")
                .addressTypes())
        .containsExactly("InternalIP", "Hostname");
  }

  @Test
  void operands_wordsThatSetNoFlag_areKept() {
    assertThat(
            flags(
                "args: [serve, --v, '2', '-', '--=a', -x, --metric-resolution=15s, --secure-port]"))
        .isEqualTo(
            new MetricsServerFlags(
                true,
                Map.of("v", "2", "metric-resolution", "15s"),
                List.of("serve", "-", "--=a", "-x", "--secure-port")));
  }

  @Test
  void defaults_noFlags_areThoseOfMetricsServer() {
    var flags = flags("args: []");

    assertThat(flags.port()).isEqualTo(443);
    assertThat(flags.metricResolution()).isEqualTo(Duration.ofMinutes(1));
    assertThat(flags.nodeSelector()).isEqualTo(NodeSelector.ALL);
    assertThat(flags.addressTypes()).isEmpty();
    assertThat(flags("args: [--secure-port=a, --metric-resolution=a]"))
        .satisfies(
            f -> assertThat(f.port()).isEqualTo(443),
            f -> assertThat(f.metricResolution()).isEqualTo(Duration.ofMinutes(1)));
  }

  @Test
  void readable_shellCommand_isFalseAndHasNoValues() {
    assertThat(flags("command: [/bin/sh, -c, /metrics-server --v=2], args: [--v=3]"))
        .isEqualTo(new MetricsServerFlags(false, Map.of(), List.of()));
  }

  /** The program reports an unknown flag before it reads a value. */
  @ParameterizedTest
  @CsvSource({
    "--cert-dir=/tmp --nonsense, --cert-dir=/tmp",
    "--nonsense --kubelet-insecure-tls, --kubelet-insecure-tls",
    "--nonsense=1 --kubelet-insecure-tls, --kubelet-insecure-tls",
    "--nonsense 1 --kubelet-insecure-tls, --kubelet-insecure-tls",
    "--nonsense 1 -- --nonsense, -- --nonsense",
    "-- --nonsense 1, -- --nonsense 1",
    "--v=2 --nonsense, --v=2",
  })
  void without_unknownFlag_removesNoOtherFlag(String arguments, String left) {
    assertThat(MetricsServerFlags.without(List.of(arguments.split(" ", -1)), List.of("nonsense")))
        .containsExactly(left.split(" ", -1));
  }

  @ParameterizedTest
  @CsvSource({
    "--v=2, --v=2 --kubelet-insecure-tls",
    "--v=2 -- serve, --v=2 --kubelet-insecure-tls -- serve",
    "-- --v=2, --kubelet-insecure-tls -- --v=2",
  })
  void with_flag_isAddedWhereItIsRead(String arguments, String changed) {
    assertThat(
            MetricsServerFlags.with(
                List.of(arguments.split(" ", -1)), List.of("--kubelet-insecure-tls")))
        .containsExactly(changed.split(" ", -1));
  }

  @Test
  void without_flagsInTwoWords_removesBoth() {
    assertThat(
            MetricsServerFlags.without(
                List.of(
                    "--metric-resolution", "15s", "--v=2", "-l", "a=b", "--kubelet-insecure-tls"),
                Set.of("metric-resolution", "node-selector", "kubelet-insecure-tls")))
        .containsExactly("--v=2");
  }

  @Test
  void inArguments_flagsInCommand_areNone() {
    assertThat(MetricsServerFlags.inArguments(container("args: [--v=2]"))).containsExactly("--v=2");
    assertThat(
            MetricsServerFlags.inArguments(container("command: [/metrics-server], args: [--v=2]")))
        .containsExactly("--v=2");
    assertThat(
            MetricsServerFlags.inArguments(
                container("command: [/metrics-server, --v=1], args: [--v=2]")))
        .isEmpty();
    assertThat(MetricsServerFlags.inArguments(container("command: [sh], args: [-c, run]")))
        .isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: a, image: proxy}, {name: b, image: 'rancher/hardened-k8s-metrics-server:v0.8'} | b",
        "{name: a, image: metrics-server/addon-resizer}, {name: b, image: x/metrics-server} | b",
        "{name: a, image: 'mirror/proxy'}, {name: metrics-server, image: 'mirror@sha256:abc'} |"
            + " metrics-server",
        "{name: a, image: b}, {name: c, image: d, command: [/opt/metrics-server]} | c",
        "{name: a, image: b}, {name: c, image: d} | a"
      })
  void container_sidecars_areNotTaken(String containers, String name) {
    var pod = Serialization.unmarshal("containers: [%s]".formatted(containers), PodSpec.class);

    assertThat(MetricsServerContainer.of(pod).getName()).isEqualTo(name);
  }

  private static MetricsServerFlags flags(String fields) {
    return MetricsServerFlags.of(container(fields));
  }

  private static Container container(String fields) {
    return Serialization.unmarshal(
        "---\n{name: metrics-server, image: metrics-server, %s}".formatted(fields),
        Container.class);
  }
}
