package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.Programs;
import dev.metricsserver.support.RegistrationWatch;
import dev.metricsserver.support.ServingSecret;
import dev.metricsserver.support.TestCluster;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Certificates of cert-manager, with its own definitions and controller, on a real API server:
 * nothing is served before it is trusted, and nothing is unverified once it was verified. The test
 * backdates an annotation instead of waiting.
 */
@IntegrationTest
class CertManagerIT {

  private static final String VERSION = "v1.21.2";

  private static final Duration UNTIL_ALL_API_SERVERS_KNOW = Duration.ofSeconds(31);
  private static final Duration UNTIL_ALL_PODS_SERVE = Duration.ofMinutes(11);
  private static final String API = "cert-manager.io/v1";
  private static final String OPERATOR = "kubelet: {tls: {mode: Insecure}}";
  private static final String CERT_MANAGER = OPERATOR + ", serving: {tls: {source: CertManager%s}}";

  @RegisterExtension final TestCluster cluster = new TestCluster();

  private RegistrationWatch watch;
  private Process controller;
  private X509Certificate own;
  private PodTemplateSpec pods;

  @AfterEach
  void stop() {
    if (controller != null) {
      controller.destroyForcibly().onExit().join();
    }
    if (watch != null) {
      watch.close();
    }
  }

  /** Each step starts from the state that the previous one leaves. */
  @Test
  void source_changesToCertManagerAndBack_staysVerified() throws Exception {
    missingKindsAreReportedAndChangeNothing();
    certManagerIsAskedWhenKindsAppear();
    issuedCertificateIsTrustedThenServedThenAlone();
    changedObjectsAreRepaired();
    newIssuerIsTrustedThenServedThenAlone();
    operatorsCertificateIsTrustedThenServed();
    watch.neverUnverified();
  }

  private void missingKindsAreReportedAndChangeNothing() {
    cluster.publishFrontProxy();
    cluster.startOperator();
    cluster.applyConfig("{" + OPERATOR + "}");
    cluster.eventually("the Deployment exists", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.addReadyEndpoint();
    cluster.eventually(
        "the operator's CA is published",
        () -> assertThat(cluster.published()).containsExactly(served(ServingTLS.AUTHORITY_SECRET)));
    own = served(ServingTLS.AUTHORITY_SECRET);
    pods = cluster.deployment().getSpec().getTemplate();
    watch = new RegistrationWatch(cluster.admin());
    var leaf = served();

    cluster.applyConfig(certManager(""));

    cluster.eventually(
        "the missing cert-manager is reported",
        () -> {
          var stalled = cluster.condition("Stalled");
          assertThat(stalled.getStatus()).isEqualTo("True");
          assertThat(stalled.getReason()).isEqualTo("InvalidSpec");
          assertThat(stalled.getMessage())
              .contains("spec.serving.tls.source: CertManager needs cert-manager, and the cluster");
        });
    assertThat(cluster.status().findings().getFirst().remedy())
        .contains("https://cert-manager.io/docs/installation/");
    assertThat(cluster.published()).containsExactly(own);
    assertThat(served()).isEqualTo(leaf);
  }

  private void certManagerIsAskedWhenKindsAppear() throws Exception {
    for (var plural : List.of("certificates", "certificaterequests", "issuers", "clusterissuers")) {
      cluster.apply(definition(plural));
    }

    cluster.eventually(
        "the objects for cert-manager exist", () -> assertThat(objects()).hasSize(4));
    assertThat(objects())
        .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).hasSize(1));
    cluster.eventually(
        "the wait for cert-manager is reported",
        () ->
            assertThat(cluster.status().findings())
                .filteredOn(f -> f.code().equals("ServingCertificateUnusable"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("cert-manager has not issued")));
    assertThat(cluster.condition("Stalled").getStatus()).isEqualTo("False");
    assertThat(cluster.published()).containsExactly(own);
  }

  private void issuedCertificateIsTrustedThenServedThenAlone() throws Exception {
    var since = Instant.now();
    controller =
        new ProcessBuilder(
                Programs.certManager(), "--kubeconfig", cluster.adminKubeconfig().toString())
            .redirectErrorStream(true)
            .redirectOutput(cluster.directory().resolve("cert-manager.log").toFile())
            .start();

    var before = served();
    cluster.eventually(
        "both CAs are published", () -> assertThat(cluster.published()).hasSize(2).endsWith(own));
    var authority = cluster.published().getFirst();
    assertThat(authority).isEqualTo(authorityIn(ServingTLS.ISSUED_SECRET));
    ServingSecret.assertStillServed(cluster.admin(), before, since);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_API_SERVERS_KNOW);
    cluster.eventually(
        "the new certificate is served", () -> served().verify(authority.getPublicKey()));
    assertThat(served().getSubjectAlternativeNames().toString())
        .contains("metrics-server.kube-system.svc");
    assertThat(cluster.published()).as("while pods serve the previous certificate").contains(own);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_PODS_SERVE);
    cluster.eventually(
        "only the new CA is published",
        () -> assertThat(cluster.published()).containsExactly(authority));
    cluster.eventually(
        "the status has the certificate",
        () -> {
          assertThat(cluster.status().servingTLS().source()).isEqualTo("CertManager");
          assertThat(cluster.status().certificates())
              .singleElement()
              .satisfies(
                  c -> assertThat(c.fingerprint()).isEqualTo(Certificates.fingerprint(served())));
          assertThat(cluster.status().findings())
              .noneMatch(f -> f.code().equals("ServingCertificateUnusable"));
        });
  }

  private void changedObjectsAreRepaired() {
    var before = writes();
    cluster.applyConfig(certManager("").replace("kubelet:", "metricResolution: 20s, kubelet:"));
    cluster.eventually(
        "the Deployment has the new resolution",
        () -> assertThat(cluster.container().getArgs()).contains("--metric-resolution=20s"));
    pods = cluster.deployment().getSpec().getTemplate();
    assertThat(writes()).as("writes of unchanged objects").isEqualTo(before);

    cluster
        .admin()
        .genericKubernetesResources(API, "Certificate")
        .inNamespace("kube-system")
        .withName("metrics-server-serving")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"duration\":\"100h0m0s\"}}");
    cluster.eventually(
        "the Certificate is repaired",
        () ->
            assertThat(objects())
                .extracting(o -> (String) o.get("spec", "duration"))
                .contains("2160h0m0s")
                .doesNotContain("100h0m0s"));
  }

  /** An issuer of self-signed certificates: the CA changes with the certificate. */
  private void newIssuerIsTrustedThenServedThenAlone() {
    cluster
        .admin()
        .resource(
            cluster
                .admin()
                .getKubernetesSerialization()
                .<HasMetadata>unmarshal(
                    """
                    apiVersion: cert-manager.io/v1
                    kind: Issuer
                    metadata: {name: corporate, namespace: kube-system}
                    spec: {selfSigned: {}}
                    """))
        .create();
    var before = cluster.published();
    var leaf = served();
    var since = Instant.now();

    cluster.applyConfig(
        certManager(", certManager: {issuerRef: {name: corporate}}")
            .replace("kubelet:", "metricResolution: 20s, kubelet:"));

    cluster.eventually("the operator's Issuer is deleted", () -> assertThat(objects()).hasSize(1));
    cluster.eventually(
        "both CAs are published",
        () -> assertThat(cluster.published()).hasSize(2).endsWith(before.getFirst()));
    var next = cluster.published().getFirst();
    ServingSecret.assertStillServed(cluster.admin(), leaf, since);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_API_SERVERS_KNOW);
    cluster.eventually("the new certificate is served", () -> assertThat(served()).isEqualTo(next));
    ServingSecret.age(cluster.admin(), UNTIL_ALL_PODS_SERVE);
    cluster.eventually(
        "only the new CA is published",
        () -> assertThat(cluster.published()).containsExactly(next));
  }

  private void operatorsCertificateIsTrustedThenServed() {
    cluster.applyConfig("{metricResolution: 20s, " + OPERATOR + "}");

    cluster.eventually(
        "the objects for cert-manager are deleted", () -> assertThat(objects()).isEmpty());
    cluster.eventually(
        "both CAs are published", () -> assertThat(cluster.published()).hasSize(2).startsWith(own));
    ServingSecret.age(cluster.admin(), UNTIL_ALL_API_SERVERS_KNOW);
    cluster.eventually("the operator's CA signs", () -> served().verify(own.getPublicKey()));
    assertThat(cluster.deployment().getSpec().getTemplate())
        .as("no pod was replaced")
        .isEqualTo(pods);
  }

  // ------------------------------------------------------------------------------------- helpers

  private static String certManager(String more) {
    return "{" + CERT_MANAGER.formatted(more) + "}";
  }

  /** The objects by which the operator asks cert-manager for a certificate. */
  private List<GenericKubernetesResource> objects() {
    return Stream.of("Issuer", "Certificate")
        .flatMap(kind ->
            cluster
                .admin()
                .genericKubernetesResources(API, kind)
                .inNamespace("kube-system")
                .withLabel("k8s-app", "metrics-server")
                .list()
                .getItems()
                .stream())
        .toList();
  }

  private long writes() {
    return cluster.audit().operatorWrites().stream()
        .filter(r -> r.resource().equals("certificates") || r.resource().equals("issuers"))
        .count();
  }

  private X509Certificate served() {
    return served(ServingTLS.CERTIFICATE_SECRET);
  }

  private X509Certificate served(String secret) {
    return in(secret, "tls.crt");
  }

  private X509Certificate authorityIn(String secret) {
    return in(secret, "ca.crt");
  }

  private X509Certificate in(String name, String key) {
    Secret secret = cluster.admin().secrets().inNamespace("kube-system").withName(name).get();
    return Certificates.parse(ServingSecret.decoded(secret.getData().get(key))).getFirst();
  }

  static Path definition(String plural) {
    return GoModules.file(
        "github.com/cert-manager/cert-manager",
        VERSION,
        "deploy/crds/cert-manager.io_" + plural + ".yaml");
  }
}
