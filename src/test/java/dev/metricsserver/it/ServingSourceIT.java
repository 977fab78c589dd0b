package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.RegistrationWatch;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.Shell;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.Secret;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A serving certificate that the user provides, on a real API server and with the operator's own
 * rights: nothing is served before it is trusted, and nothing is unverified once it was verified.
 * Tests backdate an annotation instead of waiting.
 */
@IntegrationTest
class ServingSourceIT {

  private static final Duration UNTIL_ALL_API_SERVERS_KNOW = Duration.ofSeconds(31);
  private static final Duration UNTIL_ALL_PODS_SERVE = Duration.ofMinutes(11);
  private static final String AUTHORITY = ServingTLS.AUTHORITY_SECRET;
  private static final String CERTIFICATE = ServingTLS.CERTIFICATE_SECRET;
  private static final List<String> NAMES = List.of("metrics-server.kube-system.svc");
  private static final String OPERATOR = "{kubelet: {tls: {mode: Insecure}}}";
  private static final String SECRET =
      "{kubelet: {tls: {mode: Insecure}}, serving: {tls: {source: Secret, secretRef: {name:"
          + " corporate}}}}";

  @RegisterExtension final TestCluster cluster = new TestCluster();

  @BeforeEach
  void start() {
    cluster.publishFrontProxy();
    cluster.startOperator();
  }

  @Test
  void secretSource_certificateReplaced_staysVerified() throws Exception {
    cluster.applyConfig(OPERATOR);
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.addReadyEndpoint();
    cluster.eventually(
        "only the expected CA is published",
        () -> assertThat(cluster.published()).containsExactly(certificate(AUTHORITY)));
    var own = certificate(AUTHORITY);
    var ownLeaf = certificate(CERTIFICATE);
    var pods = cluster.deployment().getSpec().getTemplate();
    try (var watch = new RegistrationWatch(cluster.admin())) {
      cluster.applyConfig(SECRET);
      cluster.eventually(
          "the missing right is reported",
          () -> assertThat(unusable()).contains("is not allowed to read"));
      runRemedy();
      cluster.eventually(
          "the missing Secret is reported",
          () -> assertThat(unusable()).contains("there is no Secret corporate"));
      var corporate = Issuer.authority(Instant.now());
      ServingSecret.put(
          cluster.admin(),
          "corporate",
          Issuer.leaf(corporate, List.of("a.example"), Instant.now()),
          corporate.certificate());
      cluster.eventually(
          "the wrong name is reported",
          () -> assertThat(unusable()).contains("is for a.example, but the"));
      var condition = cluster.condition("Stalled");
      assertThat(condition.getStatus()).isEqualTo("True");
      assertThat(condition.getReason()).isEqualTo("ServingCertificateUnusable");
      assertThat(cluster.condition("ServingTLSVerified").getStatus()).isEqualTo("True");
      assertThat(cluster.published()).as("nothing has changed").containsExactly(own);
      assertThat(certificate(CERTIFICATE)).isEqualTo(ownLeaf);

      replacedBy(corporate, own);
      // Both at once, by another CA.
      var next = Issuer.authority(Instant.now());
      replacedBy(next, corporate.certificate());
      assertThat(certificate(AUTHORITY)).as("the operator's own stays").isEqualTo(own);
      cluster.eventually(
          "the status has the certificate",
          () -> {
            var status = cluster.status();
            assertThat(status.servingTLS().source()).isEqualTo("Secret");
            assertThat(status.servingTLS().reason()).contains("Secret corporate");
            assertThat(status.certificates())
                .extracting(CertificateStatus::name)
                .containsExactly(CERTIFICATE);
            assertThat(status.findings())
                .noneMatch(f -> f.code().equals("ServingCertificateUnusable"));
          });

      var nextLeaf = certificate(CERTIFICATE);
      var since = Instant.now();
      cluster.applyConfig(OPERATOR);
      cluster.eventually(
          "the operator's CA is published again",
          () -> assertThat(cluster.published()).containsExactly(own, next.certificate()));
      ServingSecret.assertStillServed(cluster.admin(), nextLeaf, since);
      ServingSecret.age(cluster.admin(), UNTIL_ALL_API_SERVERS_KNOW);
      cluster.eventually(
          "the operator's CA signs", () -> certificate(CERTIFICATE).verify(own.getPublicKey()));
      assertThat(cluster.published()).contains(next.certificate());

      assertThat(cluster.deployment().getSpec().getTemplate())
          .as("no pod was replaced")
          .isEqualTo(pods);
      watch.neverUnverified();
    }
    assertThat(cluster.operator().log()).doesNotContain("PRIVATE KEY");
  }

  /** The user changes the Secret, and the certificate in it replaces that of another CA. */
  private void replacedBy(Identity authority, X509Certificate before) {
    var served = certificate(CERTIFICATE);
    var since = Instant.now();
    var leaf = Issuer.leaf(authority, NAMES, since);
    ServingSecret.put(cluster.admin(), "corporate", leaf, authority.certificate());
    cluster.eventually(
        "both CAs are published",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate(), before));
    ServingSecret.assertStillServed(cluster.admin(), served, since);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_API_SERVERS_KNOW);
    cluster.eventually(
        "the certificate is served",
        () -> assertThat(certificate(CERTIFICATE)).isEqualTo(leaf.certificate()));
    assertThat(cluster.published())
        .as("while pods serve the previous certificate")
        .contains(before);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_PODS_SERVE);
    cluster.eventually(
        "only the new CA is published",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate()));
  }

  @Test
  void secretSource_secretMissing_installsNothing() throws Exception {
    cluster.applyConfig(SECRET);
    cluster.eventually(
        "the missing right is reported",
        () -> assertThat(unusable()).contains("is not allowed to read"));
    runRemedy();
    cluster.eventually(
        "the missing Secret is reported",
        () -> assertThat(unusable()).contains("there is no Secret corporate"));
    assertThat(cluster.deployment()).isNull();

    var authority = Issuer.authority(Instant.now());
    var since = Instant.now();
    var leaf = Issuer.leaf(authority, NAMES, since);
    ServingSecret.put(cluster.admin(), "corporate", leaf, authority.certificate());
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(certificate(CERTIFICATE)).isEqualTo(leaf.certificate());
    cluster.addReadyEndpoint();
    cluster.eventually(
        "only the expected CA is published",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate()));
    assertThat(secret(AUTHORITY)).as("none was requested").isNull();
    var key = leaf.keyAsPem().lines().toList().get(1);
    assertThat(cluster.operator().log()).doesNotContain(key, ServingSecret.encoded(key));
    assertThat(cluster.admin().getKubernetesSerialization().asYaml(cluster.config()))
        .doesNotContain(key, ServingSecret.encoded(key));
  }

  // ------------------------------------------------------------------------------------- helpers

  private String unusable() {
    return finding().map(FindingStatus::message).orElse("");
  }

  private Optional<FindingStatus> finding() {
    return cluster.findings("ServingCertificateUnusable").stream().findFirst();
  }

  /** Runs each command of the remedy, as it is printed. */
  private void runRemedy() throws Exception {
    var kubeconfig = "--kubeconfig=" + cluster.adminKubeconfig();
    for (var step : finding().orElseThrow().steps()) {
      assertThat(step.command()).startsWith("kubectl ");
      Shell.run(
          Stream.concat(
                  Stream.of(Programs.kubectl(), kubeconfig),
                  Stream.of(step.command().split(" ")).skip(1))
              .toArray(String[]::new));
    }
  }

  private Secret secret(String name) {
    return cluster.admin().secrets().inNamespace("kube-system").withName(name).get();
  }

  private X509Certificate certificate(String secret) {
    return Certificates.parse(ServingSecret.decoded(secret(secret).getData().get("tls.crt")))
        .getFirst();
  }
}
