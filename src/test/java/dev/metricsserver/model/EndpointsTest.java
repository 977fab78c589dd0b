package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointsTest {

  private static final String SLICE =
      """
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata:
        name: metrics-server-x7k2p
        namespace: kube-system
        labels:
          endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
          kubernetes.io/service-name: metrics-server
      addressType: IPv4
      endpoints:
        - addresses: [10.244.1.5]
          conditions: {ready: %s, serving: true, terminating: false}
          nodeName: worker-1
          targetRef: {kind: Pod, name: metrics-server-7c9f, namespace: kube-system}
      ports:
        - {appProtocol: https, name: https, port: 10250, protocol: TCP}
      """;

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  @ParameterizedTest(name = "ready: {0}")
  @CsvSource({"true, true", "false, false", "null, true"})
  void anEndpointIsReadyUnlessItSaysThatItIsNot(String ready, boolean expected) {
    assertThat(ready(SLICE.formatted(ready))).isEqualTo(expected);
  }

  @Test
  void anEndpointWithoutConditionsIsReady() {
    var slice = SLICE.formatted("true").replaceAll("conditions: .*", "hostname: a");

    assertThat(ready(slice)).isTrue();
  }

  @Test
  void oneReadyEndpointOfManyIsEnough() {
    assertThat(ready(SLICE.formatted("false"), SLICE.formatted("true"))).isTrue();
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    "namespace: kube-system, namespace: other",
    "kubernetes.io/service-name: metrics-server, kubernetes.io/service-name: other",
    "kubernetes.io/service-name: metrics-server, app: metrics-server"
  })
  void theEndpointsOfOthersDoNotCount(String before, String after) {
    assertThat(ready(SLICE.formatted("true").replaceFirst(before, after))).isFalse();
  }

  @Test
  void nothingIsReadyWhereThereIsNothing() {
    assertThat(ready()).isFalse();
    assertThat(
            ready(
                SLICE
                    .formatted("true")
                    .replaceAll("(?s)endpoints:.*ports", "endpoints: []\nports")))
        .isFalse();
    assertThat(ready("metadata: {name: a, namespace: kube-system}")).isFalse();
  }

  /** So writes the API server where no pod has a port of the name that the Service leads to. */
  @Test
  void aPodThatIsReadyIsLedToAlsoByAWrongPortName() {
    var slice = SLICE.formatted("true").replaceAll("(?s)ports:.*", "ports: null\n");

    assertThat(ready(slice)).isFalse();
    assertThat(Endpoints.lead(slices(slice), "kube-system", "metrics-server")).isTrue();
    assertThat(Endpoints.lead(slices(slice), "kube-system", "other")).isFalse();
    assertThat(Endpoints.lead(slices(SLICE.formatted("false")), "kube-system", "metrics-server"))
        .isFalse();
  }

  @Test
  void everyAddressHasEveryPort() {
    var kubernetes =
        slices(
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: kubernetes
              namespace: default
              labels: {kubernetes.io/service-name: kubernetes}
            addressType: IPv4
            endpoints:
              - {addresses: [10.0.0.1], conditions: {ready: true}}
              - {addresses: [10.0.0.2], conditions: {ready: false}}
              - {addresses: [10.0.0.1], conditions: {ready: true}}
            ports:
              - {name: https, port: 6443, protocol: TCP}
              - {name: konnectivity, port: 8132, protocol: TCP}
            """,
            SLICE.formatted("true"));

    assertThat(Endpoints.addresses(kubernetes, "default", "kubernetes"))
        .containsExactly(
            new Endpoint("10.0.0.1", 6443),
            new Endpoint("10.0.0.1", 8132),
            new Endpoint("10.0.0.2", 6443),
            new Endpoint("10.0.0.2", 8132));
  }

  private static boolean ready(String... yaml) {
    return Endpoints.ready(slices(yaml), "kube-system", "metrics-server");
  }

  private static List<EndpointSlice> slices(String... yaml) {
    return Stream.of(yaml).map(y -> YAML.unmarshal(y, EndpointSlice.class)).toList();
  }
}
