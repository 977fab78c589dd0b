package dev.metricsserver.e2e;

import static dev.metricsserver.support.LocalCluster.A_ROLLOUT;
import static dev.metricsserver.support.LocalCluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.EndToEndTest;
import dev.metricsserver.support.LocalCluster;
import dev.metricsserver.support.MetricsLoad;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.APIServiceSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * metrics-server's certificate is replaced, and its CA, and the way in which both come about, with
 * a client that asks ten times a second. Time passes by Secrets that are as old as the test wants.
 */
@EndToEndTest(cluster = 2)
class ServingE2E {

  /** Until kubelets have the Secret, and metrics-server has looked at its files. */
  private static final Duration A_RENEWAL = Duration.ofMinutes(8);

  private static final String CERTIFICATE = "metrics-server-serving-cert";
  private static final String AUTHORITY = "metrics-server-serving-ca";
  private static final int PORT = 10250;
  private static final List<String> NAMES = ServingTLS.names(NAMESPACE);

  @RegisterExtension static final LocalCluster cluster = new LocalCluster();
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    client = cluster.admin();
  }

  @BeforeEach
  void verified() {
    cluster.apply("");
    cluster.awaitReady();
    assertThat(cluster.condition("ServingTLSVerified").getStatus()).isEqualTo("True");
    assertThat(registration().getInsecureSkipTLSVerify()).isNull();
    assertThat(published()).contains(certificate(AUTHORITY));
    // The API server names a group that it could not look into again when it looks the next time,
    // a minute later; until then kubectl top does not ask, though metrics are there.
    cluster.eventually(
        A_ROLLOUT,
        "kubectl top asks",
        () ->
            assertThat(cluster.print("deploy/local/kubectl", "top", "nodes"))
                .contains("node1", "node2"));
  }

  @Test
  void certificate_renewed_isServedWithoutRestart(TestReporter reporter) {
    var generation = cluster.deployment().getMetadata().getGeneration();
    try (var load = new MetricsLoad(client, reporter)) {
      var old = leaf(Duration.ofDays(61));
      ServingSecret.put(client, CERTIFICATE, old, certificate(AUTHORITY));

      cluster.eventually(
          A_RENEWAL,
          "all pods serve the new one",
          () -> {
            assertThat(certificate(CERTIFICATE)).isNotEqualTo(old.certificate());
            assertThat(served()).hasSize(2).containsOnly(certificate(CERTIFICATE));
          });

      assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
      noneFailed(load);
    }
  }

  @Test
  void authority_replaced_noRequestFails(TestReporter reporter) {
    var generation = cluster.deployment().getMetadata().getGeneration();
    try (var load = new MetricsLoad(client, reporter)) {
      var first = certificate(AUTHORITY);
      var old = Issuer.authority(Instant.now().minus(Duration.ofDays(2 * 365 + 1)));
      ServingSecret.put(client, AUTHORITY, old, old.certificate(), first);

      cluster.eventually(
          A_RENEWAL,
          "the new one has signed what all pods serve",
          () -> {
            certificate(CERTIFICATE).verify(certificate(AUTHORITY).getPublicKey());
            assertThat(served()).hasSize(2).containsOnly(certificate(CERTIFICATE));
          });
      assertThat(published()).contains(certificate(AUTHORITY), first);

      ServingSecret.put(client, CERTIFICATE, leaf(Duration.ofMinutes(11)), certificate(AUTHORITY));
      cluster.eventually(
          A_ROLLOUT,
          "the new one is alone",
          () -> assertThat(published()).containsExactly(certificate(AUTHORITY)));
      cluster.eventually(
          A_RENEWAL,
          "what is newest is served",
          () -> assertThat(served()).hasSize(2).containsOnly(certificate(CERTIFICATE)));

      assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
      noneFailed(load);
    }
  }

  /** The operator was away for so long that everything has expired. */
  @Test
  void certificate_expired_isReplaced(TestReporter reporter) {
    cluster.stopOperator();
    var authority = Issuer.authority(Instant.now().minus(Duration.ofDays(3 * 365 + 1)));
    var leaf = Issuer.leaf(authority, NAMES, Instant.now().minus(Duration.ofDays(91)));
    ServingSecret.put(client, AUTHORITY, authority, authority.certificate());
    ServingSecret.put(client, CERTIFICATE, leaf, authority.certificate());
    client
        .apiServices()
        .withName("v1beta1.metrics.k8s.io")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"caBundle\":\"%s\"}}"
                .formatted(
                    ServingSecret.encoded(Certificates.pem(List.of(authority.certificate())))));
    client.pods().inNamespace(NAMESPACE).withLabel("k8s-app", "metrics-server").delete();
    cluster.eventually(
        A_ROLLOUT,
        "no client gets metrics",
        () ->
            assertThat(cluster.print("deploy/local/kubectl", "top", "nodes"))
                .contains("Metrics API not available"));
    cluster.eventually(
        A_ROLLOUT,
        "pods serve what has expired",
        () -> assertThat(cluster.deployment().getStatus().getAvailableReplicas()).isEqualTo(2));

    var back = Instant.now();
    cluster.startOperator();
    cluster.eventually(
        A_RENEWAL,
        "metrics are back",
        () -> assertThat(client.top().nodes().metrics().getItems()).hasSize(2));
    reporter.publishEntry(
        "metrics after everything had expired", Duration.between(back, Instant.now()).toString());
    cluster.eventually(
        A_RENEWAL,
        "all pods serve a new one",
        () -> assertThat(served()).hasSize(2).containsOnly(certificate(CERTIFICATE)));
    assertThat(published()).containsExactly(certificate(AUTHORITY));
    assertThat(certificate(AUTHORITY)).isNotEqualTo(authority.certificate());
    assertThat(cluster.condition("ServingTLSVerified").getStatus()).isEqualTo("True");
  }

  @Test
  void source_changed_noRequestFails(TestReporter reporter) {
    try (var load = new MetricsLoad(client, reporter)) {
      cluster.apply("serving: {tls: {source: SelfSigned}}");
      cluster.eventually(
          A_ROLLOUT,
          "every pod makes its own",
          () -> {
            assertThat(cluster.args()).contains("--cert-dir=/tmp");
            var status = cluster.deployment().getStatus();
            assertThat(status.getObservedGeneration())
                .isEqualTo(cluster.deployment().getMetadata().getGeneration());
            assertThat(status.getReplicas()).isEqualTo(status.getUpdatedReplicas()).isEqualTo(2);
            assertThat(status.getAvailableReplicas()).isEqualTo(2);
            assertThat(cluster.condition("Ready").getStatus()).isEqualTo("True");
            assertThat(cluster.status().observedGeneration())
                .isEqualTo(cluster.config().getMetadata().getGeneration());
          });
      assertThat(registration().getInsecureSkipTLSVerify()).isTrue();
      assertThat(cluster.condition("ServingTLSVerified").getReason()).isEqualTo("SelfSigned");

      cluster.apply("");
      cluster.eventually(
          A_ROLLOUT,
          "it is verified again",
          () -> {
            assertThat(registration().getInsecureSkipTLSVerify()).isNull();
            assertThat(cluster.condition("ServingTLSVerified").getStatus()).isEqualTo("True");
            assertThat(served()).hasSize(2).containsOnly(certificate(CERTIFICATE));
          });
      noneFailed(load);
    }
  }

  private static void noneFailed(MetricsLoad load) {
    assertThat(load.requests()).as("requests").isGreaterThan(50);
    assertThat(load.failures()).as("requests that failed").isEmpty();
  }

  // ------------------------------------------------------------------------------------- the wire

  /** Returns the certificate of each pod, verified by the CAs that the API server trusts. */
  private static List<X509Certificate> served() throws Exception {
    var certificates = new ArrayList<X509Certificate>();
    for (var pod :
        client
            .pods()
            .inNamespace(NAMESPACE)
            .withLabel("k8s-app", "metrics-server")
            .list()
            .getItems()) {
      try (var forward =
              client
                  .pods()
                  .inNamespace(NAMESPACE)
                  .withName(pod.getMetadata().getName())
                  .portForward(PORT);
          var socket =
              (SSLSocket)
                  trusting(published())
                      .getSocketFactory()
                      .createSocket("localhost", forward.getLocalPort())) {
        socket.startHandshake();
        certificates.add((X509Certificate) socket.getSession().getPeerCertificates()[0]);
      }
    }
    return certificates;
  }

  private static SSLContext trusting(List<X509Certificate> authorities) throws Exception {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (var authority : authorities) {
      store.setCertificateEntry(Certificates.fingerprint(authority), authority);
    }
    var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    var context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  // ------------------------------------------------------------------------------------- objects

  private static APIServiceSpec registration() {
    return client.apiServices().withName("v1beta1.metrics.k8s.io").get().getSpec();
  }

  private static List<X509Certificate> published() {
    return Certificates.parse(ServingSecret.decoded(registration().getCaBundle()));
  }

  private static X509Certificate certificate(String secret) {
    return Certificates.parse(text(secret, "tls.crt")).getFirst();
  }

  /** One that the CA as it is signed so long ago. */
  private static Identity leaf(Duration age) {
    var authority =
        Identity.parse(text(AUTHORITY, "tls.crt"), text(AUTHORITY, "tls.key")).orElseThrow();
    return Issuer.leaf(authority, NAMES, Instant.now().minus(age));
  }

  private static String text(String secret, String key) {
    return ServingSecret.decoded(
        client.secrets().inNamespace(NAMESPACE).withName(secret).get().getData().get(key));
  }
}
