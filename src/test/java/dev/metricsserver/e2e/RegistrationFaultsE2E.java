package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.NAMESPACE;

import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Faults on the way from the API server to a metrics-server: registration, Service, certificates,
 * network, front proxy. Each is made real, is what {@code doctor} finds first and its only error,
 * and is gone when the remedy was followed as it is printed.
 */
@EndToEndTest(cluster = 2)
class RegistrationFaultsE2E {

  @RegisterExtension
  @Order(1)
  static final LocalCluster cluster = new LocalCluster();

  @RegisterExtension
  @Order(2)
  static final KubectlInstallation installation = new KubectlInstallation(cluster);

  @AfterAll
  static void remove() {
    cluster.kubectl("-n", NAMESPACE, "delete", "secret", "serving", "--ignore-not-found");
  }

  @Test
  void service_wrongOrWithoutPods_isReported() {
    cluster.kubectl(
        "patch",
        "apiservice",
        "v1beta1.metrics.k8s.io",
        "-p",
        "{\"spec\": {\"service\": {\"name\": \"nowhere\"}}}");
    installation.found(
        "ServiceMissing", f -> installation.run(f.command("kubectl patch apiservice")));
    service("{\"op\": \"replace\", \"path\": \"/spec/selector\", \"value\": {\"app\": \"other\"}}");
    installation.found("ServiceSelectsNothing", f -> installation.run(f.command("kubectl")));
    service(
        "{\"op\": \"replace\", \"path\": \"/spec/ports/0/targetPort\", \"value\": \"metrics\"}");
    installation.found("ServicePortNameWrong", f -> installation.run(f.command("kubectl")));
    installation.allIsWell();
  }

  @Test
  void servingCertificate_expiredOrUntrusted_isReported() {
    var authority = Issuer.authority(Instant.now().minus(Duration.ofDays(200)));
    serve(authority, Instant.now().minus(Duration.ofDays(100)));
    installation.patch(
        """
        [{"op": "add", "path": "/spec/template/spec/volumes/-",
          "value": {"name": "tls", "secret": {"secretName": "serving"}}},
         {"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts/-",
          "value": {"name": "tls", "mountPath": "/tls"}},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--tls-cert-file=/tls/tls.crt"},
         {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--tls-private-key-file=/tls/tls.key"}]
        """);
    trust(authority);

    installation.found(
        "ServingCertificateExpired",
        f -> {
          serve(authority, Instant.now());
          installation.run(f.command("kubectl"));
        });
    installation.allIsWell();
    trust(Issuer.authority(Instant.now()));
    installation.found(
        "ServingCertificateUntrusted",
        f -> installation.run(f.command("kubectl patch apiservice")));
    installation.allIsWell();
  }

  private static void serve(Identity authority, Instant since) {
    ServingSecret.put(
        cluster.admin(),
        "serving",
        Issuer.leaf(authority, List.of("metrics-server.kube-system.svc"), since),
        authority.certificate());
  }

  private static void trust(Identity authority) {
    cluster.kubectl(
        "patch",
        "apiservice",
        "v1beta1.metrics.k8s.io",
        "--type=merge",
        "-p",
        "{\"spec\": {\"insecureSkipTLSVerify\": false, \"caBundle\": \"%s\"}}"
            .formatted(ServingSecret.encoded(Certificates.pem(List.of(authority.certificate())))));
  }

  /** No network plugin enforces policies here, so the test does what one would. */
  @Test
  void networkPolicy_admitsNoClient_isReported() {
    installation.nodesCanBeChanged();
    installation.apply(
        "policy",
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: default-deny, namespace: kube-system}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """);
    cluster.run("deploy/local/control-plane", "shut-out", "10250");
    try {
      installation.found(
          "NetworkPolicyInTheWay",
          f -> {
            installation.run(f.command("echo"));
            cluster.run("deploy/local/control-plane", "let-in", "10250");
          });
      installation.allIsWell();
    } catch (AssertionError e) {
      cluster.run("deploy/local/control-plane", "let-in", "10250");
      throw e;
    } finally {
      cluster.kubectl(
          "-n",
          NAMESPACE,
          "delete",
          "networkpolicy",
          "default-deny",
          "metrics-server-open-ingress",
          "--ignore-not-found");
    }
  }

  @Test
  void frontProxy_notTrusted_isReported() {
    installation.nodesCanBeChanged();
    cluster.run("deploy/local/control-plane", "front-proxy", "unknown");
    try {
      installation.found(
          "FrontProxyNotTrusted",
          f -> {
            cluster.run("deploy/local/control-plane", "front-proxy", "own");
            installation.run(f.command("kubectl -n kube-system rollout restart"));
          });
      installation.allIsWell();
    } catch (AssertionError e) {
      cluster.run("deploy/local/control-plane", "front-proxy", "own");
      throw e;
    }
  }

  private static void service(String change) {
    cluster.kubectl(
        "-n",
        NAMESPACE,
        "patch",
        "service",
        "metrics-server",
        "--type=json",
        "-p",
        "[" + change + "]");
  }
}
