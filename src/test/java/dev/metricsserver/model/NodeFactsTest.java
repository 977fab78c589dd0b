package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.NodeFacts.Taint;
import dev.metricsserver.reading.NodeReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeFactsTest {

  /** A compromised node writes what it wants into its own status. */
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "0.0.0.0",
    "169.254.169.254",
    "fe80::1",
    "224.0.0.1",
    "not-an-address",
  })
  void addressThatIsNoNodes_isLeftOut(String address) {
    var node =
        NodeReader.read(
            """
            {"metadata": {"name": "a", "annotations": {"projectcalico.org/IPv4IPIPTunnelAddr": "%1$s"}},
             "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.7"},
               {"type": "ExternalIP", "address": "%1$s"}]}}
            """
                .formatted(address));

    assertThat(node.addresses()).containsExactly(new Address("InternalIP", "10.0.0.7"));
    assertThat(node.tunnelAddresses()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"99999", "-1", "0", "99999999999", "443.5"})
  void portThatIsNone_isNotReported(String port) {
    assertThat(
            NodeReader.read(
                    "{\"status\":{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":%s}}}}"
                        .formatted(port))
                .kubeletPort())
        .isZero();
  }

  @Test
  void hugeNode_isBounded() {
    var addresses =
        IntStream.range(0, 40_000)
            .mapToObj(i ->
                "{\"type\":\"InternalIP\",\"address\":\"10.%d.%d.1\"}".formatted(i / 256, i % 256))
            .collect(Collectors.joining(","));
    var node =
        NodeReader.read(
            "{\"status\":{\"addresses\":[%s],\"nodeInfo\":{\"osImage\":\"%s\"}}}"
                .formatted(addresses, "x".repeat(100_000)));

    assertThat(node.addresses()).hasSize(64);
    assertThat(node.software().osImage()).hasSizeLessThan(300);
  }

  private static final String NODE =
      """
      apiVersion: v1
      kind: Node
      metadata:
        name: worker-1
        uid: 0c5d5b1e-5a0c-4c43-8a43-6cf9a1a8dd0c
        resourceVersion: "4711"
        creationTimestamp: "2026-11-20T08:15:30Z"
        labels:
          kubernetes.io/arch: amd64
          kubernetes.io/hostname: worker-1
          kubernetes.io/os: linux
        annotations:
          projectcalico.org/IPv4Address: 10.0.0.7/24
          projectcalico.org/IPv4IPIPTunnelAddr: 10.244.9.17
          projectcalico.org/IPv6VXLANTunnelAddr: fd00::9:17
          projectcalico.org/IPv4WireguardInterfaceAddr: ""
      spec:
        podCIDR: 10.244.1.0/24
        podCIDRs: [10.244.1.0/24, "fd00:10:244:1::/64"]
        providerID: aws:///eu-central-1a/i-0abc
        unschedulable: true
        taints:
          - effect: NoSchedule
            key: node.kubernetes.io/unschedulable
            timeAdded: "2026-11-21T11:00:00Z"
          - {effect: NoExecute, key: team, value: a}
      status:
        addresses:
          - {address: 10.0.0.7, type: InternalIP}
          - {address: "fd00::7", type: InternalIP}
          - {address: 203.0.113.7, type: ExternalIP}
          - {address: worker-1, type: Hostname}
        capacity: {cpu: "2", memory: 8Gi, pods: "110"}
        conditions:
          - type: MemoryPressure
            status: "False"
            lastHeartbeatTime: "2026-11-21T11:59:50Z"
            lastTransitionTime: "2026-11-20T08:15:31Z"
          - type: Ready
            status: "True"
            reason: KubeletReady
            message: kubelet is posting ready status
            lastHeartbeatTime: "2026-11-21T11:59:50Z"
            lastTransitionTime: "2026-11-20T08:15:52Z"
        daemonEndpoints:
          kubeletEndpoint: {Port: 10250}
        nodeInfo:
          architecture: amd64
          bootID: 3c8d8a2e-9d6e-4a0c-8f6d-0a3b5c1d2e4f
          kubeletVersion: v1.35.4-eks-113cf36
          osImage: Bottlerocket OS 1.32.0 (aws-k8s-1.35)
        images:
          - names: [registry.k8s.io/pause:3.10]
            sizeBytes: 320368
      """;

  private static final String NODE_IN_ONE_LINE =
      """
      {"kind": "Node", "metadata": {"resourceVersion": "7", "managedFields": [{"f:name": {}}], "name": "a",
       "labels": {"name": "b"}}, "status": {"images": [{"names": ["c"]}], "conditions": [{"reason": {}}]}}\
      """;

  private static final YAMLFactory YAML = new YAMLFactory();

  @Test
  void whatMattersOfANode() {
    assertThat(facts(NODE))
        .isEqualTo(
            new NodeFacts(
                "worker-1",
                Map.of(
                    "kubernetes.io/arch", "amd64",
                    "kubernetes.io/hostname", "worker-1",
                    "kubernetes.io/os", "linux"),
                List.of(
                    new Address("InternalIP", "10.0.0.7"),
                    new Address("InternalIP", "fd00::7"),
                    new Address("ExternalIP", "203.0.113.7"),
                    new Address("Hostname", "worker-1")),
                List.of("10.244.1.0/24", "fd00:10:244:1::/64"),
                List.of("10.244.9.17", "fd00::9:17"),
                List.of(
                    new Taint("node.kubernetes.io/unschedulable", "", "NoSchedule"),
                    new Taint("team", "a", "NoExecute")),
                true,
                Instant.parse("2026-11-20T08:15:52Z"),
                10250,
                Instant.parse("2026-11-20T08:15:30Z"),
                new NodeFacts.Software(
                    "Bottlerocket OS 1.32.0 (aws-k8s-1.35)", "v1.35.4-eks-113cf36"),
                "aws:///eu-central-1a/i-0abc"));
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    "11:59:50Z, 12:00:00Z",
    "\"4711\", \"4712\"",
    "320368, 320369",
    "bootID: 3c8d, bootID: 4c8d",
    "10.0.0.7/24, 10.0.0.8/24",
    "kubelet is posting ready status, kubelet is fine"
  })
  void whatDoesNotMatterChangesNothing(String before, String after) {
    assertThat(NODE).contains(before);
    assertThat(facts(NODE.replace(before, after))).isEqualTo(facts(NODE));
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    "kubernetes.io/os: linux, kubernetes.io/os: windows",
    "address: 10.0.0.7, address: 10.0.0.8",
    "'10.244.1.0/24,', '10.244.2.0/24,'",
    "10.244.9.17, 10.244.9.18",
    "value: a, value: b",
    "Port: 10250, Port: 10260",
    "v1.35.4-eks, v1.35.5-eks",
    "OS 1.32.0, OS 1.33.0",
    "i-0abc, i-0abd"
  })
  void whatMattersChangesTheFacts(String before, String after) {
    assertThat(NODE).contains(before);
    assertThat(facts(NODE.replace(before, after))).isNotEqualTo(facts(NODE));
  }

  @ParameterizedTest(name = "Ready={0}")
  @CsvSource({"True, true", "False, false", "Unknown, false"})
  void aNodeIsReadyWhenItSaysSo(String status, boolean ready) {
    var node =
        NODE.replace(
            "- type: Ready\n      status: \"True\"",
            "- type: Ready\n      status: \"" + status + "\"");

    assertThat(facts(node).ready()).isEqualTo(ready);
  }

  /** A node that was just made, or that was created by hand. */
  @Test
  void aNodeThatSaysNothingHasNothing() {
    assertThat(facts("metadata: {name: a}"))
        .isEqualTo(
            new NodeFacts(
                "a",
                Map.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                false,
                Instant.EPOCH,
                0,
                Instant.EPOCH,
                new NodeFacts.Software("", ""),
                ""));
  }

  @Test
  void nullsAreAsGoodAsNothing() {
    assertThat(
            facts(
                """
                metadata: {name: a, labels: null, creationTimestamp: null}
                spec: {podCIDRs: null, taints: null}
                status: {addresses: null, daemonEndpoints: {kubeletEndpoint: {Port: null}}, nodeInfo: null}
                """))
        .isEqualTo(facts("metadata: {name: a}"));
  }

  @Test
  void whereTheNodeEndsTheNextOneBegins() throws IOException {
    try (var parser = YAML.createParser("[" + NODE_IN_ONE_LINE + "," + NODE_IN_ONE_LINE + "]")) {
      parser.nextToken();
      for (var i = 0; i < 2; i++) {
        parser.nextToken();
        var node = NodeReader.read(parser);
        assertThat(node.facts().name()).isEqualTo("a");
        assertThat(node.resourceVersion()).isEqualTo("7");
      }
      assertThat(parser.nextToken()).isEqualTo(JsonToken.END_ARRAY);
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "InternalIP, true",
    "ExternalIP, true",
    "Hostname, false",
    "InternalDNS, false",
    "ExternalDNS, false"
  })
  void anAddressIsAnIPOrAName(String type, boolean ip) {
    assertThat(new Address(type, "a").isIP()).isEqualTo(ip);
  }

  @Test
  void aNodeHasTheLabelsThatAreAskedForOrNot() {
    var node = facts(NODE);

    assertThat(node.hasLabels(Map.of())).isTrue();
    assertThat(node.hasLabels(Map.of("kubernetes.io/os", "linux"))).isTrue();
    assertThat(node.hasLabels(Map.of("kubernetes.io/os", "windows"))).isFalse();
    assertThat(node.hasLabels(Map.of("kubernetes.io/os", "linux", "team", "a"))).isFalse();
  }

  private static NodeFacts facts(String yaml) {
    try (var parser = YAML.createParser(yaml)) {
      parser.nextToken();
      return NodeReader.read(parser).facts();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
