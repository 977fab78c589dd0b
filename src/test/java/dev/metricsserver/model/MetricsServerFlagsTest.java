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
        "args: [] | true",
        "args: [--kubelet-insecure-tls] | false",
        "args: [--kubelet-insecure-tls=true] | false",
        "args: [--kubelet-insecure-tls=True] | false",
        "args: [--kubelet-insecure-tls=TRUE] | false",
        "args: [--kubelet-insecure-tls=t] | false",
        "args: [--kubelet-insecure-tls=T] | false",
        "args: [--kubelet-insecure-tls=1] | false",
        "args: [--kubelet-insecure-tls, 'false'] | false",
        "args: [--kubelet-insecure-tls, --v=2] | false",
        "args: [--metric-resolution, 15s, --kubelet-insecure-tls] | false",
        "args: [--metric-resolution, --kubelet-insecure-tls] | true",
        "args: [--kubelet-insecure-tls=false] | true",
        "args: [--kubelet-insecure-tls=False] | true",
        "args: [--kubelet-insecure-tls=0] | true",
        "args: [--kubelet-insecure-tls=f] | true",
        "args: [--kubelet-insecure-tls=yes] | false",
        "args: [--kubelet-insecure-tls, --kubelet-insecure-tls=false] | true",
        "args: [--kubelet-insecure-tls=false, --kubelet-insecure-tls] | false",
        "args: [-kubelet-insecure-tls] | true",
        "args: [--, --kubelet-insecure-tls] | true",
        "args: [--v=2, kubelet-insecure-tls] | true",
        "args: [--deprecated-kubelet-completely-insecure] | false",
        "args: [--deprecated-kubelet-completely-insecure=1] | false",
        "args: [--deprecated-kubelet-completely-insecure=false] | true",
        "command: [/metrics-server, --kubelet-insecure-tls] | false",
        "command: [metrics-server, --kubelet-insecure-tls=true], args: [--v=2] | false",
        "command: [/metrics-server], args: [--kubelet-insecure-tls] | false",
        "command: [/metrics-server, --kubelet-insecure-tls], args: [--kubelet-insecure-tls=0] |"
            + " true",
        "command: [/metrics-server, --metric-resolution=15s] | true",
        "command: [sh, -c, exec /metrics-server --v=2] | false",
        "command: [/usr/bin/env, /metrics-server] | false",
        "args: [--kubelet-insecure-tls=$(A)], env: [{name: A, value: 'false'}] | true",
        "args: [--kubelet-insecure-tls=$(A)], env: [{name: A, value: 't'}] | false",
        "args: [--kubelet-insecure-tls=$(A)] | false"
      })
  void verifiesKubelets_container_isWhatMetricsServerDoes(String container, boolean verifies) {
    assertThat(flags(container).verifiesKubelets()).isEqualTo(verifies);
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
  })
  void without_unknownFlag_removesNoOtherFlag(String arguments, String left) {
    assertThat(MetricsServerFlags.without(List.of(arguments.split(" ", -1)), List.of("nonsense")))
        .containsExactly(left);
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
