package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.e2e.KubectlInstallation.Found;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Faults between a metrics-server and its kubelets. Each is made real, is what {@code doctor} finds
 * first and its only error, and is gone when the remedy was followed as it is printed.
 */
@EndToEndTest(cluster = 1)
class KubeletFaultsE2E {

  @RegisterExtension
  @Order(1)
  static final LocalCluster cluster = new LocalCluster();

  @RegisterExtension
  @Order(2)
  static final KubectlInstallation installation = new KubectlInstallation(cluster);

  @AfterEach
  void restore() {
    installation.nodesCanBeChanged();
    for (var name : List.of("node1", "node2")) {
      cluster.run("deploy/local/node", "restart", name, "--certificate", "self-signed");
    }
    cluster.kubectl("delete", "csr", "--all");
  }

  /** One rejects every token, the other treats every token as anonymous. */
  @Test
  void kubelets_tokensNotRecognized_areReported() {
    installation.nodesCanBeChanged();
    cluster.run("deploy/local/node", "restart", "node1", "--tokens", "refused");
    cluster.run("deploy/local/node", "restart", "node2", "--tokens", "ignored");
    installation.found(
        "KubeletUnauthorized",
        _ -> cluster.run("deploy/local/node", "restart", "node1"),
        "KubeletForbidden");
    installation.found(
        "KubeletForbidden", _ -> cluster.run("deploy/local/node", "restart", "node2"));
    installation.allIsWell();
  }

  @Test
  void node_lost_isReportedAndOtherServes() {
    installation.nodesCanBeChanged();
    var here = nodeOfThePod();
    cluster.run("deploy/local/node", "cut", here);
    try {
      installation.found(
          "PodNodeNotReady", f -> installation.run(f.command("kubectl -n kube-system delete pod")));
      cluster.eventually(
          KubectlInstallation.A_WHILE,
          "the other node serves",
          () ->
              assertThat(installation.findings())
                  .extracting(Found::code)
                  .containsExactly("NodesNotReady", "KubeletTLSInsecure"));
    } finally {
      cluster.run("deploy/local/node", "join", here);
    }
    installation.allIsWell();
  }

  private static String nodeOfThePod() {
    return cluster
        .admin()
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("k8s-app", "metrics-server")
        .list()
        .getItems()
        .getFirst()
        .getSpec()
        .getNodeName();
  }

  /** The kubelets sign for themselves until they are configured to request certificates. */
  @Test
  void kubelets_certificatesUnsigned_areReported() {
    installation.nodesCanBeChanged();
    installation.patch(
        "[{\"op\": \"remove\", \"path\": \"/spec/template/spec/containers/0/args/6\"}]");
    installation.found(
        "KubeletCertificateUnsigned",
        _ -> {
          cluster.run("deploy/local/node", "restart", "node1", "--certificate", "requested");
          cluster.run("deploy/local/node", "restart", "node2", "--certificate", "requested");
        });
    // A remedy names the requests that are there.
    cluster.eventually(
        KubectlInstallation.A_WHILE,
        "both have asked",
        () ->
            assertThat(
                    cluster
                        .admin()
                        .certificates()
                        .v1()
                        .certificateSigningRequests()
                        .list()
                        .getItems())
                .extracting(r -> r.getSpec().getUsername())
                .contains("system:node:node1", "system:node:node2"));
    // doctor does not judge requests, so it recommends to check them, and an administrator decides.
    installation.found(
        "CertificateRequestsNotApproved",
        f -> {
          installation.run(f.command("kubectl describe csr"));
          installation.run("kubectl certificate approve " + String.join(" ", requests()));
        });
    installation.allIsWell();
  }

  /** The names of the certificate requests that are there. */
  private static List<String> requests() {
    return cluster
        .admin()
        .certificates()
        .v1()
        .certificateSigningRequests()
        .list()
        .getItems()
        .stream()
        .map(r -> r.getMetadata().getName())
        .toList();
  }
}
