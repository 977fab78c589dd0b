package dev.metricsserver.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As metrics-server dials kubelets by its flags. */
class ExternalKubeletsTest {

  /** That of the node's status where it is told so, else one for all; 10250 by default. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | 10250",
        "[--kubelet-port=10251] | 10251",
        "[--kubelet-use-node-status-port] |",
        "[--kubelet-use-node-status-port=true, --kubelet-port=10251] |",
        "[--kubelet-use-node-status-port=false, --kubelet-port=10251] | 10251",
        "[--kubelet-use-node-status-port, --kubelet-use-node-status-port=false] | 10250"
      })
  void thePort(String flags, Integer port) {
    assertThat(ExternalKubelets.spec(deployment(flags)).port()).isEqualTo(port);
  }

  private static Deployment deployment(String flags) {
    return Serialization.unmarshal(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: metrics-server, namespace: kube-system}
        spec:
          selector: {matchLabels: {k8s-app: metrics-server}}
          template:
            spec:
              containers:
                - {name: metrics-server, image: metrics-server, args: %s}
        """
            .formatted(flags),
        Deployment.class);
  }
}
