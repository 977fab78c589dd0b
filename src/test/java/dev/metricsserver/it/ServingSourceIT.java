package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
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
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A serving certificate that the user gives, on a real API server and with the operator's own
 * rights: nothing is served before it is trusted, and nothing is unverified once it was verified.
 * Time passes by an annotation that is as old as the test wants.
 */
@IntegrationTest
class ServingSourceIT {

  /** The operator looks every half minute. */
  private static final Duration SOON = Duration.ofSeconds(90);

  private static final Duration UNTIL_ALL_HAVE_HEARD = Duration.ofSeconds(31);
  private static final Duration UNTIL_ALL_SERVE_IT = Duration.ofMinutes(11);
  private static final String AUTHORITY = ServingTLS.AUTHORITY_SECRET;
  private static final String CERTIFICATE = ServingTLS.CERTIFICATE_SECRET;
  private static final List<String> NAMES = List.of("metrics-server.kube-system.svc");
  private static final String OPERATOR = "{kubelet: {tls: {mode: Insecure}}}";
  private static final String SECRET =
      "{kubelet: {tls: {mode: Insecure}}, serving: {tls: {source: Secret, secret: {name:"
          + " corporate}}}}";

  private TestCluster cluster;
  private OperatorUnderTest operator;

  @BeforeEach
  void start() throws Exception {
    cluster = TestCluster.start();
    cluster.publishFrontProxy();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "serving-source-it");
  }

  @AfterEach
  void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void theUsersCertificateComesAndGoesWhileWhatIsServedIsTrusted() throws Exception {
    cluster.applyConfig(OPERATOR);
    soon("the Deployment is there", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.addReadyEndpoint();
    soon(
        "it is verified",
        () -> assertThat(cluster.published()).containsExactly(certificate(AUTHORITY)));
    var own = certificate(AUTHORITY);
    var ownLeaf = certificate(CERTIFICATE);
    var pods = cluster.deployment().getSpec().getTemplate();
    try (var watch = new RegistrationWatch(cluster.admin())) {
      cluster.applyConfig(SECRET);
      soon("it may not read it", () -> assertThat(unusable()).contains("is not allowed to read"));
      runRemedy();
      soon("there is none", () -> assertThat(unusable()).contains("there is no Secret corporate"));
      var corporate = Issuer.authority(Instant.now());
      ServingSecret.put(
          cluster.admin(),
          "corporate",
          Issuer.leaf(corporate, List.of("a.example"), Instant.now()),
          corporate.certificate());
      soon("it is another's", () -> assertThat(unusable()).contains("is for a.example, but the"));
      var condition = cluster.config().getStatus().condition(ConditionType.Stalled).orElseThrow();
      assertThat(condition.getStatus()).isEqualTo("True");
      assertThat(condition.getReason()).isEqualTo("ServingCertificateUnusable");
      assertThat(status("ServingTLSVerified")).isEqualTo("True");
      assertThat(cluster.published()).as("nothing has changed").containsExactly(own);
      assertThat(certificate(CERTIFICATE)).isEqualTo(ownLeaf);

      replacedBy(corporate, own);
      // Both at once, by another CA.
      var next = Issuer.authority(Instant.now());
      replacedBy(next, corporate.certificate());
      assertThat(certificate(AUTHORITY)).as("the operator's own stays").isEqualTo(own);
      soon(
          "the status tells",
          () -> {
            var status = cluster.config().getStatus();
            assertThat(status.servingTLS().source()).isEqualTo("Secret");
            assertThat(status.servingTLS().reason()).contains("Secret corporate");
            assertThat(status.certificates())
                .extracting(CertificateStatus::name)
                .containsExactly(CERTIFICATE);
            assertThat(status.findings())
                .noneMatch(f -> f.code().equals("ServingCertificateUnusable"));
          });

      var nextLeaf = certificate(CERTIFICATE);
      cluster.applyConfig(OPERATOR);
      soon(
          "the operator's CA is trusted again",
          () -> assertThat(cluster.published()).containsExactly(own, next.certificate()));
      assertThat(certificate(CERTIFICATE)).as("until all have heard").isEqualTo(nextLeaf);
      ServingSecret.age(cluster.admin(), UNTIL_ALL_HAVE_HEARD);
      soon("it signs", () -> certificate(CERTIFICATE).verify(own.getPublicKey()));
      assertThat(cluster.published()).contains(next.certificate());

      assertThat(cluster.deployment().getSpec().getTemplate())
          .as("no pod was replaced")
          .isEqualTo(pods);
      watch.neverUnverified();
    }
    assertThat(operator.log()).doesNotContain("PRIVATE KEY");
  }

  /** The Secret is put, and takes the place of what another CA signed. */
  private void replacedBy(Identity authority, X509Certificate before) {
    var served = certificate(CERTIFICATE);
    var leaf = Issuer.leaf(authority, NAMES, Instant.now());
    ServingSecret.put(cluster.admin(), "corporate", leaf, authority.certificate());
    soon(
        "both are trusted",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate(), before));
    assertThat(certificate(CERTIFICATE)).as("until all have heard").isEqualTo(served);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_HAVE_HEARD);
    soon("it is served", () -> assertThat(certificate(CERTIFICATE)).isEqualTo(leaf.certificate()));
    assertThat(cluster.published()).as("while pods serve the other").contains(before);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_SERVE_IT);
    soon(
        "it is alone",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate()));
  }

  @Test
  void nothingIsServedBeforeItIsThere() throws Exception {
    cluster.applyConfig(SECRET);
    soon("it may not read it", () -> assertThat(unusable()).contains("is not allowed to read"));
    runRemedy();
    soon("there is none", () -> assertThat(unusable()).contains("there is no Secret corporate"));
    assertThat(cluster.deployment()).isNull();

    var authority = Issuer.authority(Instant.now());
    var leaf = Issuer.leaf(authority, NAMES, Instant.now());
    ServingSecret.put(cluster.admin(), "corporate", leaf, authority.certificate());
    soon("the Deployment is there", () -> assertThat(cluster.deployment()).isNotNull());
    assertThat(certificate(CERTIFICATE)).isEqualTo(leaf.certificate());
    cluster.addReadyEndpoint();
    soon(
        "it is verified",
        () -> assertThat(cluster.published()).containsExactly(authority.certificate()));
    assertThat(secret(AUTHORITY)).as("none was requested").isNull();
    var key = leaf.keyAsPem().lines().toList().get(1);
    assertThat(operator.log()).doesNotContain(key, ServingSecret.encoded(key));
    assertThat(cluster.admin().getKubernetesSerialization().asYaml(cluster.config()))
        .doesNotContain(key, ServingSecret.encoded(key));
  }

  // ------------------------------------------------------------------------------------- helpers

  private String unusable() {
    return finding().map(FindingStatus::message).orElse("");
  }

  private Optional<FindingStatus> finding() {
    return cluster.config().getStatus().findings().stream()
        .filter(finding -> finding.code().equals("ServingCertificateUnusable"))
        .findFirst();
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

  private String status(String condition) {
    return cluster
        .config()
        .getStatus()
        .condition(ConditionType.valueOf(condition))
        .orElseThrow()
        .getStatus();
  }

  private Secret secret(String name) {
    return cluster.admin().secrets().inNamespace("kube-system").withName(name).get();
  }

  private X509Certificate certificate(String secret) {
    return Certificates.parse(ServingSecret.decoded(secret(secret).getData().get("tls.crt")))
        .getFirst();
  }

  private void soon(String what, ThrowingRunnable assertion) {
    await(what)
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .untilAsserted(() -> {
          try {
            assertion.run();
          } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + operator.log(), e);
          }
        });
  }
}
