package dev.metricsserver.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.MissingRight;
import org.junit.jupiter.api.Test;

class MissingRightTextTest {

  private static final String USER =
      "User \"system:serviceaccount:metrics-server-operator:metrics-server-operator\" ";

  @Test
  void ofOneObjectInANamespace() {
    assertThat(
            commands(
                "deployments.apps \"metrics-server\" is forbidden: "
                    + USER
                    + "cannot patch resource \"deployments\" in API group \"apps\" in the namespace"
                    + " \"kube-system\""))
        .isEqualTo(
            """
            kubectl create role metrics-server-operator-patch-deployments-metrics-server -n kube-system --verb=patch --resource=deployments.apps --resource-name=metrics-server
            kubectl create rolebinding metrics-server-operator-patch-deployments-metrics-server -n kube-system --role=metrics-server-operator-patch-deployments-metrics-server --serviceaccount=metrics-server-operator:metrics-server-operator\
            """);
  }

  @Test
  void ofASubresourceInTheCluster() {
    assertThat(
            commands(
                "metricsserverconfigs.metricsserver.dev \"cluster\" is forbidden: "
                    + USER
                    + "cannot patch resource \"metricsserverconfigs/status\" in API group"
                    + " \"metricsserver.dev\" at the cluster scope"))
        .isEqualTo(
            """
            kubectl create clusterrole metrics-server-operator-patch-metricsserverconfigs-cluster --verb=patch --resource=metricsserverconfigs.metricsserver.dev/status --resource-name=cluster
            kubectl create clusterrolebinding metrics-server-operator-patch-metricsserverconfigs-cluster --clusterrole=metrics-server-operator-patch-metricsserverconfigs-cluster --serviceaccount=metrics-server-operator:metrics-server-operator\
            """);
  }

  @Test
  void ofAllObjectsOfTheCoreGroup() {
    assertThat(
            commands(
                "nodes is forbidden: "
                    + USER
                    + "cannot list resource \"nodes\" in API group \"\" at the cluster scope"))
        .startsWith(
            "kubectl create clusterrole metrics-server-operator-list-nodes --verb=list"
                + " --resource=nodes\n");
  }

  @Test
  void whatAPolicyRefusesIsNoMissingRight() {
    assertThat(
            MissingRight.of(
                "deployments.apps \"other\" is forbidden: ValidatingAdmissionPolicy 'a' with"
                    + " binding 'a' denied request: no"))
        .isEmpty();
  }

  private static String commands(String message) {
    return MissingRightText.commands(MissingRight.of(message).orElseThrow());
  }
}
