package dev.metricsserver.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The checks that people know from installations by hand, as the README has them. */
class KnownChecksE2E {

  private static LocalCluster cluster;

  @BeforeAll
  static void ready() {
    cluster = new LocalCluster();
    cluster.apply("");
    cluster.awaitReady();
  }

  @AfterAll
  static void close() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static String kubectl(String... arguments) {
    var command = new ArrayList<>(List.of("deploy/local/kubectl"));
    command.addAll(Arrays.asList(arguments));
    return Shell.run(command.toArray(String[]::new));
  }

  @Test
  void podsByTheirLabel() {
    assertThat(kubectl("get", "pods", "-n", "kube-system", "-l", "k8s-app=metrics-server"))
        .containsPattern("metrics-server-\\S+ +1/1 +Running");
  }

  @Test
  void securityContextByJsonpath() {
    assertThat(
            kubectl(
                "get",
                "pods",
                "-n",
                "kube-system",
                "-l",
                "k8s-app=metrics-server",
                "-o",
                "jsonpath={.items[0].spec.securityContext}{.items[0].spec.containers[0].securityContext}"))
        .contains(
            "\"runAsUser\":65534",
            "\"runAsNonRoot\":true",
            "\"seccompProfile\":{\"type\":\"RuntimeDefault\"}",
            "\"allowPrivilegeEscalation\":false",
            "\"readOnlyRootFilesystem\":true",
            "\"drop\":[\"ALL\"]");
  }

  @Test
  void networkPolicyByItsName() {
    assertThat(kubectl("describe", "networkpolicy", "metrics-server-netpol", "-n", "kube-system"))
        .contains("k8s-app=metrics-server", "10250/TCP");
  }

  @Test
  void rightToTheKubeletsMetrics() {
    assertThat(
            kubectl(
                "auth",
                "can-i",
                "get",
                "nodes/metrics",
                "--as=system:serviceaccount:kube-system:metrics-server"))
        .contains("yes");
  }

  @Test
  void metricsInTheRaw() {
    assertThat(kubectl("get", "apiservice", "v1beta1.metrics.k8s.io")).contains("True");
    assertThat(kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes"))
        .contains("\"kind\":\"NodeMetricsList\"", "\"cpu\":", "\"memory\":");
  }
}
