package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.AuditLog;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
import dev.metricsserver.support.RegistrationWatch;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.SlowWatchClientFactory;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Identity;
import dev.metricsserver.tls.Issuer;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceSpec;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * metrics-server's certificate and its CA, on a real API server and with the operator's own rights.
 * Tests backdate Secrets instead of waiting.
 */
@IntegrationTest
class ServingIT {

  private static final String CERTIFICATE = "metrics-server-serving-cert";
  private static final String AUTHORITY = "metrics-server-serving-ca";
  private static final List<String> NAMES = ServingTLS.names("kube-system");
  private static final String OPERATOR = "{kubelet: {tls: {mode: Insecure}}}";
  private static final String PAUSED = "{kubelet: {tls: {mode: Insecure}}, paused: true}";
  private static final String SELF_SIGNED =
      "{kubelet: {tls: {mode: Insecure}}, serving: {tls: {source: SelfSigned}}}";

  @RegisterExtension final TestCluster cluster = new TestCluster();

  @BeforeEach
  void start() {
    cluster.publishFrontProxy();
    cluster.startOperator();
  }

  private void install(String spec) {
    cluster.applyConfig(spec);
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.addReadyEndpoint();
    cluster.eventually("the APIService exists", () -> assertThat(apiService()).isNotNull());
  }

  @Test
  void certificate_firstInstallation_isCreatedOnceAndVerified() throws Exception {
    install(OPERATOR);

    assertThat(registration().getInsecureSkipTLSVerify()).isNull();
    assertThat(cluster.published()).containsExactly(certificate(AUTHORITY));
    var leaf = certificate(CERTIFICATE);
    leaf.verify(certificate(AUTHORITY).getPublicKey());
    assertThat(leaf.getSubjectAlternativeNames().toString())
        .contains("metrics-server.kube-system.svc");
    assertThat(writes("secrets")).as("writes of Secrets").hasSize(2);
    assertThat(volumes(cluster.deployment().getSpec().getTemplate().getSpec().getVolumes()))
        .contains(CERTIFICATE)
        .doesNotContain(AUTHORITY);
    cluster.eventually(
        "the status has the certificates",
        () -> {
          var status = cluster.config().getStatus();
          assertThat(status.servingTLS().source()).isEqualTo("Operator");
          assertThat(status.servingTLS().mode()).isEqualTo("Verify");
          assertThat(status.condition(ConditionType.ServingTLSVerified).orElseThrow().getReason())
              .isEqualTo("Verified");
          assertThat(status.certificates())
              .extracting(CertificateStatus::name)
              .containsExactly(AUTHORITY, CERTIFICATE);
          assertThat(status.certificates().getLast().fingerprint())
              .isEqualTo(Certificates.fingerprint(leaf));
        });
    for (var secret : List.of(AUTHORITY, CERTIFICATE)) {
      var key = text(secret, "tls.key").lines().toList().get(1);
      assertThat(cluster.operator().log()).doesNotContain(key, ServingSecret.encoded(key));
      assertThat(cluster.admin().getKubernetesSerialization().asYaml(cluster.config()))
          .doesNotContain(key, ServingSecret.encoded(key));
    }
  }

  @Test
  void operator_restarted_changesNothing() throws Exception {
    install(OPERATOR);
    cluster.eventually(
        "the operator's CA is published",
        () -> assertThat(cluster.published()).containsExactly(certificate(AUTHORITY)));
    cluster.killOperator();
    var before = List.of(version(AUTHORITY), version(CERTIFICATE));
    var registered = apiService().getSpec();

    cluster.startOperator();

    cluster.eventually(
        "the restarted operator has verified all objects",
        () -> assertThat(cluster.operator().log()).contains("Verified all objects"));
    assertThat(List.of(version(AUTHORITY), version(CERTIFICATE))).isEqualTo(before);
    assertThat(apiService().getSpec()).isEqualTo(registered);
  }

  /** The operator ended after it had written the CA, or the CA and the certificate. */
  @Test
  void operator_crashedAfterWritingCA_keepsCA() throws Exception {
    cluster.killOperator();
    var authority = Issuer.authority(Instant.now());
    ServingSecret.put(cluster.admin(), AUTHORITY, authority, authority.certificate());
    cluster.startOperator();

    install(OPERATOR);

    assertThat(cluster.published()).containsExactly(authority.certificate());
    assertThat(certificate(AUTHORITY)).isEqualTo(authority.certificate());
    certificate(CERTIFICATE).verify(authority.certificate().getPublicKey());
  }

  @Test
  void certificate_old_isRenewedAndNothingElseChanges() {
    install(OPERATOR);
    var generation = cluster.deployment().getMetadata().getGeneration();
    var authority = identity(AUTHORITY);
    var registered = apiService().getSpec();
    var old = Issuer.leaf(authority, NAMES, Instant.now().minus(Duration.ofDays(61)));
    ServingSecret.put(cluster.admin(), CERTIFICATE, old, authority.certificate());

    cluster.eventually(
        "the certificate is renewed",
        () -> {
          assertThat(certificate(CERTIFICATE)).isNotEqualTo(old.certificate());
          certificate(CERTIFICATE).verify(authority.certificate().getPublicKey());
        });
    assertThat(certificate(AUTHORITY)).isEqualTo(authority.certificate());
    assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
    assertThat(apiService().getSpec()).isEqualTo(registered);
  }

  @Test
  void authority_old_isReplacedInSteps() {
    install(OPERATOR);
    try (var watch = new RegistrationWatch(cluster.admin())) {
      var generation = cluster.deployment().getMetadata().getGeneration();
      var first = certificate(AUTHORITY);
      var firstLeaf = certificate(CERTIFICATE);

      var old = Issuer.authority(Instant.now().minus(Duration.ofDays(2 * 365 + 1)));
      var since = Instant.now();
      ServingSecret.put(cluster.admin(), AUTHORITY, old, old.certificate(), first);
      cluster.eventually(
          "all three CAs are published",
          () ->
              assertThat(cluster.published())
                  .hasSize(3)
                  .contains(first, old.certificate())
                  .startsWith(certificate(AUTHORITY)));
      var next = certificate(AUTHORITY);
      ServingSecret.assertStillServed(cluster.admin(), firstLeaf, since);

      cluster.eventually(
          "the new CA has signed the certificate",
          () -> certificate(CERTIFICATE).verify(next.getPublicKey()));
      assertThat(cluster.published()).contains(first);

      ServingSecret.put(
          cluster.admin(),
          CERTIFICATE,
          Issuer.leaf(identity(AUTHORITY), NAMES, Instant.now().minus(Duration.ofMinutes(11))),
          next);
      cluster.eventually(
          "only the new CA is published",
          () -> assertThat(cluster.published()).containsExactly(next));
      assertThat(certificate(AUTHORITY)).isEqualTo(next);
      assertThat(cluster.deployment().getMetadata().getGeneration()).isEqualTo(generation);
      watch.neverUnverified();
    }
  }

  @Test
  void paused_authorityOld_isReplacedInStepsAndNothingElseChanges() {
    install(OPERATOR);
    cluster.eventually(
        "the status has the certificate's source",
        () -> assertThat(cluster.config().getStatus().servingTLS().source()).isEqualTo("Operator"));
    cluster.applyConfig(PAUSED);
    cluster.eventually(
        "the operator is paused",
        () -> assertThat(cluster.condition("Reconciling").getReason()).isEqualTo("Paused"));
    var deployments = cluster.admin().apps().deployments().inNamespace("kube-system");
    deployments.withName("metrics-server").edit(d -> replicas(d, 4));
    cluster.admin().resource(apiService()).edit(s -> labelled(s, "changed"));
    try (var watch = new RegistrationWatch(cluster.admin())) {
      var first = certificate(AUTHORITY);
      var old = Issuer.authority(Instant.now().minus(Duration.ofDays(2 * 365 + 1)));
      ServingSecret.put(cluster.admin(), AUTHORITY, old, old.certificate(), first);

      cluster.eventually(
          "all three CAs are published",
          () -> assertThat(cluster.published()).hasSize(3).contains(first, old.certificate()));
      var next = certificate(AUTHORITY);
      cluster.eventually(
          "the new CA has signed the certificate",
          () -> certificate(CERTIFICATE).verify(next.getPublicKey()));
      watch.neverUnverified();
    }
    assertThat(cluster.deployment().getSpec().getReplicas()).isEqualTo(4);
    assertThat(apiService().getMetadata().getLabels()).containsEntry("k8s-app", "changed");

    cluster.applyConfig(OPERATOR);

    cluster.eventually(
        "everything is as planned again",
        () -> {
          assertThat(cluster.deployment().getSpec().getReplicas()).isNotEqualTo(4);
          assertThat(apiService().getMetadata().getLabels()).doesNotContainValue("changed");
        });
    assertThat(cluster.findings("Contested")).isEmpty();
  }

  private static Deployment replicas(Deployment deployment, int replicas) {
    deployment.getSpec().setReplicas(replicas);
    return deployment;
  }

  private static APIService labelled(APIService apiService, String value) {
    apiService.getMetadata().getLabels().put("k8s-app", value);
    return apiService;
  }

  /**
   * The framework drops an event of which the answer to the write came first. The operator must not
   * need it.
   */
  @Test
  void rotation_watchesAreSlow_doesNotWaitForEvents(@TempDir Path folder) throws Exception {
    cluster.killOperator();
    cluster.startOperator(
        List.of(), OperatorUnderTest.client(folder, SlowWatchClientFactory.class));
    install(OPERATOR);
    var first = certificate(AUTHORITY);

    var old = Issuer.authority(Instant.now().minus(Duration.ofDays(2 * 365 + 1)));
    ServingSecret.put(cluster.admin(), AUTHORITY, old, old.certificate(), first);

    cluster.eventually(
        "all three CAs are published",
        () ->
            assertThat(cluster.published())
                .hasSize(3)
                .contains(first, old.certificate())
                .startsWith(certificate(AUTHORITY)));
  }

  @Test
  void secrets_deleted_areCreatedAgainAndStayVerified() {
    install(OPERATOR);
    try (var watch = new RegistrationWatch(cluster.admin())) {
      var old = certificate(AUTHORITY);

      cluster.admin().secrets().inNamespace("kube-system").withName(AUTHORITY).delete();
      cluster.admin().secrets().inNamespace("kube-system").withName(CERTIFICATE).delete();

      cluster.eventually(
          "the old CA is still published, and the new CA signs",
          () -> {
            assertThat(cluster.published()).containsExactly(certificate(AUTHORITY), old);
            certificate(CERTIFICATE).verify(certificate(AUTHORITY).getPublicKey());
          });
      watch.neverUnverified();
    }
  }

  @Test
  void registration_verificationIsRemoved_isRestored() {
    install(OPERATOR);
    var registered = apiService().getSpec();

    cluster
        .admin()
        .resource(apiService())
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"insecureSkipTLSVerify\":true,\"caBundle\":null}}");

    cluster.eventually(
        "the registration is restored",
        () -> assertThat(apiService().getSpec()).isEqualTo(registered));
  }

  @Test
  void source_changed_podsAreReplacedWhileTrusted() {
    install(SELF_SIGNED);
    assertThat(registration().getInsecureSkipTLSVerify()).isTrue();
    assertThat(secret(AUTHORITY)).as("nothing is made that was not requested").isNull();
    assertThat(cluster.config().getStatus().findings())
        .anyMatch(f -> f.code().equals("ServingTLSInsecure"));
    var pod = cluster.admin().resource(pod("metrics-server-old")).create();
    var evicted = cluster.admin().resource(pod("metrics-server-evicted")).create();
    cluster
        .admin()
        .resource(evicted)
        .editStatus(
            p -> new PodBuilder(p).editOrNewStatus().withPhase("Failed").endStatus().build());

    cluster.applyConfig(OPERATOR);
    cluster.eventually(
        "the Deployment mounts the certificate", () -> assertThat(mounted()).isTrue());
    cluster.eventually(
        "the condition has the reason",
        () -> assertThat(reason("ServingTLSVerified")).isEqualTo("PodsNotReplaced"));
    assertThat(registration().getInsecureSkipTLSVerify()).as("while the old one runs").isTrue();
    cluster.admin().resource(pod).withGracePeriod(0).delete();
    cluster.eventually(
        "the registration is verified",
        () -> {
          assertThat(registration().getInsecureSkipTLSVerify()).isNull();
          assertThat(cluster.published()).containsExactly(certificate(AUTHORITY));
        });

    var log = cluster.audit().end();
    cluster.applyConfig(SELF_SIGNED);
    cluster.eventually(
        "the Deployment mounts no certificate", () -> assertThat(mounted()).isFalse());
    assertThat(registration().getInsecureSkipTLSVerify()).isTrue();
    assertThat(registration().getCaBundle()).isNull();
    assertThat(
            cluster
                .audit()
                .requests(log)
                .filter(r -> r.isOperators() && r.isWrite() && !AuditLog.isLookAgain(r))
                .map(AuditLog.Request::resource)
                .filter(r -> r.equals("apiservices") || r.equals("deployments")))
        .as("first verification is turned off, then the pods are replaced")
        .endsWith("apiservices", "deployments");
  }

  // ------------------------------------------------------------------------------------- helpers

  private APIService apiService() {
    return cluster.admin().apiServices().withName("v1beta1.metrics.k8s.io").get();
  }

  private APIServiceSpec registration() {
    return apiService().getSpec();
  }

  private Secret secret(String name) {
    return cluster.admin().secrets().inNamespace("kube-system").withName(name).get();
  }

  private String version(String secret) {
    return secret(secret).getMetadata().getResourceVersion();
  }

  private String text(String secret, String key) {
    return ServingSecret.decoded(secret(secret).getData().get(key));
  }

  private X509Certificate certificate(String secret) {
    return Certificates.parse(text(secret, "tls.crt")).getFirst();
  }

  private Identity identity(String secret) {
    return Identity.parse(text(secret, "tls.crt"), text(secret, "tls.key")).orElseThrow();
  }

  private List<AuditLog.Request> writes(String resource) {
    return cluster.audit().operatorWrites().stream()
        .filter(r -> r.resource().equals(resource))
        .toList();
  }

  private String reason(String condition) {
    return cluster
        .config()
        .getStatus()
        .condition(ConditionType.valueOf(condition))
        .orElseThrow()
        .getReason();
  }

  private boolean mounted() {
    return volumes(cluster.deployment().getSpec().getTemplate().getSpec().getVolumes())
        .anyMatch(CERTIFICATE::equals);
  }

  private static Stream<String> volumes(List<Volume> volumes) {
    return volumes.stream()
        .filter(v -> v.getSecret() != null)
        .map(v -> v.getSecret().getSecretName());
  }

  /** A pod of the Deployment as it is. */
  private Pod pod(String name) {
    var template = cluster.deployment().getSpec().getTemplate();
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("kube-system")
        .addToLabels("k8s-app", "metrics-server")
        .endMetadata()
        .withSpec(template.getSpec())
        .editSpec()
        .withAutomountServiceAccountToken(false)
        .endSpec()
        .build();
  }
}
