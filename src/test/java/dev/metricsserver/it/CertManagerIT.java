package dev.metricsserver.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.support.GoModules;
import dev.metricsserver.support.IntegrationTest;
import dev.metricsserver.support.OperatorUnderTest;
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
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * cert-manager issues, by its own definitions and its own controller, on a real API server: nothing
 * is served before it is trusted, and nothing is unverified once it was verified. Time passes by an
 * annotation that is as old as the test wants.
 */
@IntegrationTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CertManagerIT {

  private static final String VERSION = "v1.21.2";

  /** The operator looks every half minute. */
  private static final Duration SOON = Duration.ofSeconds(90);

  private static final Duration UNTIL_ALL_HAVE_HEARD = Duration.ofSeconds(31);
  private static final Duration UNTIL_ALL_SERVE_IT = Duration.ofMinutes(11);
  private static final String API = "cert-manager.io/v1";
  private static final String OPERATOR = "kubelet: {tls: {mode: Insecure}}";
  private static final String CERT_MANAGER = OPERATOR + ", serving: {tls: {source: CertManager%s}}";

  private static TestCluster cluster;
  private static OperatorUnderTest operator;
  private static RegistrationWatch watch;
  private static String program;
  private static Process controller;
  private static X509Certificate own;
  private static PodTemplateSpec pods;

  @BeforeAll
  static void start() throws Exception {
    program = Programs.certManager();
    cluster = TestCluster.start();
    cluster.publishFrontProxy();
    operator = new OperatorUnderTest(cluster.operatorKubeconfig(), "cert-manager-it");
  }

  @AfterAll
  static void stop() {
    if (controller != null) {
      controller.destroyForcibly();
    }
    if (watch != null) {
      watch.close();
    }
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Order(1)
  void withoutItsKindsNothingChanges() {
    cluster.applyConfig("{" + OPERATOR + "}");
    soon("the Deployment is there", () -> assertThat(cluster.deployment()).isNotNull());
    cluster.addReadyEndpoint();
    soon(
        "it is verified",
        () -> assertThat(cluster.published()).containsExactly(served(ServingTLS.AUTHORITY_SECRET)));
    own = served(ServingTLS.AUTHORITY_SECRET);
    pods = cluster.deployment().getSpec().getTemplate();
    watch = new RegistrationWatch(cluster.admin());
    var leaf = served();

    cluster.applyConfig(certManager(""));

    soon(
        "it says what is missing",
        () -> {
          var stalled = status().condition(ConditionType.Stalled).orElseThrow();
          assertThat(stalled.getStatus()).isEqualTo("True");
          assertThat(stalled.getReason()).isEqualTo("InvalidSpec");
          assertThat(stalled.getMessage())
              .contains("spec.serving.tls.source: CertManager needs cert-manager, and the cluster");
        });
    assertThat(status().findings().getFirst().remedy())
        .contains("https://cert-manager.io/docs/installation/");
    assertThat(cluster.published()).containsExactly(own);
    assertThat(served()).isEqualTo(leaf);
  }

  @Test
  @Order(2)
  void itIsAskedAsSoonAsItsKindsAreThere() throws Exception {
    for (var plural : List.of("certificates", "certificaterequests", "issuers", "clusterissuers")) {
      cluster.apply(definition(plural));
    }

    soon("it is asked", () -> assertThat(objects()).hasSize(4));
    assertThat(objects())
        .allSatisfy(o -> assertThat(o.getMetadata().getOwnerReferences()).hasSize(1));
    soon(
        "it says whom it waits for",
        () ->
            assertThat(status().findings())
                .filteredOn(f -> f.code().equals("ServingCertificateUnusable"))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("cert-manager has not issued")));
    assertThat(status().condition(ConditionType.Stalled).orElseThrow().getStatus())
        .isEqualTo("False");
    assertThat(cluster.published()).containsExactly(own);
  }

  @Test
  @Order(3)
  void whatItIssuesIsTrustedThenServedAndAloneInTheEnd() throws Exception {
    controller =
        new ProcessBuilder(program, "--kubeconfig", cluster.adminKubeconfig().toString())
            .redirectErrorStream(true)
            .redirectOutput(cluster.directory().resolve("cert-manager.log").toFile())
            .start();

    var before = served();
    soon("both are trusted", () -> assertThat(cluster.published()).hasSize(2).endsWith(own));
    var authority = cluster.published().getFirst();
    assertThat(authority).isEqualTo(authorityIn(ServingTLS.ISSUED_SECRET));
    assertThat(served()).as("until all have heard").isEqualTo(before);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_HAVE_HEARD);
    soon("it is served", () -> served().verify(authority.getPublicKey()));
    assertThat(served().getSubjectAlternativeNames().toString())
        .contains("metrics-server.kube-system.svc");
    assertThat(cluster.published()).as("while pods serve the other").contains(own);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_SERVE_IT);
    soon("it is alone", () -> assertThat(cluster.published()).containsExactly(authority));
    soon(
        "the status tells",
        () -> {
          assertThat(status().servingTLS().source()).isEqualTo("CertManager");
          assertThat(status().certificates())
              .singleElement()
              .satisfies(
                  c -> assertThat(c.fingerprint()).isEqualTo(Certificates.fingerprint(served())));
          assertThat(status().findings())
              .noneMatch(f -> f.code().equals("ServingCertificateUnusable"));
        });
  }

  @Test
  @Order(4)
  void itsObjectsAreKeptAsTheyAreAndOtherwiseLeftAlone() {
    var before = writes();
    cluster.applyConfig(certManager("").replace("kubelet:", "metricResolution: 20s, kubelet:"));
    soon(
        "the change is seen",
        () ->
            assertThat(cluster.deployment().getSpec().getTemplate().getSpec().getContainers())
                .first()
                .satisfies(c -> assertThat(c.getArgs()).contains("--metric-resolution=20s")));
    pods = cluster.deployment().getSpec().getTemplate();
    assertThat(writes()).as("writes of unchanged objects").isEqualTo(before);

    cluster
        .admin()
        .genericKubernetesResources(API, "Certificate")
        .inNamespace("kube-system")
        .withName("metrics-server-serving")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"duration\":\"100h0m0s\"}}");
    soon(
        "it is repaired",
        () ->
            assertThat(objects())
                .extracting(o -> (String) o.get("spec", "duration"))
                .contains("2160h0m0s")
                .doesNotContain("100h0m0s"));
  }

  /** An issuer that signs each certificate by itself: the CA changes with the certificate. */
  @Test
  @Order(5)
  void anotherIssuerTakesOver() {
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

    cluster.applyConfig(
        certManager(", certManager: {issuerRef: {name: corporate}}")
            .replace("kubelet:", "metricResolution: 20s, kubelet:"));

    soon("its own issuer goes", () -> assertThat(objects()).hasSize(1));
    soon(
        "both are trusted",
        () -> assertThat(cluster.published()).hasSize(2).endsWith(before.getFirst()));
    var next = cluster.published().getFirst();
    assertThat(served()).as("until all have heard").isEqualTo(leaf);
    ServingSecret.age(cluster.admin(), UNTIL_ALL_HAVE_HEARD);
    soon("it is served", () -> assertThat(served()).isEqualTo(next));
    ServingSecret.age(cluster.admin(), UNTIL_ALL_SERVE_IT);
    soon("it is alone", () -> assertThat(cluster.published()).containsExactly(next));
  }

  @Test
  @Order(6)
  void theOperatorTakesOver() {
    cluster.applyConfig("{metricResolution: 20s, " + OPERATOR + "}");

    soon("nothing is asked any more", () -> assertThat(objects()).isEmpty());
    soon("both are trusted", () -> assertThat(cluster.published()).hasSize(2).startsWith(own));
    ServingSecret.age(cluster.admin(), UNTIL_ALL_HAVE_HEARD);
    soon("the operator's CA signs", () -> served().verify(own.getPublicKey()));
    assertThat(cluster.deployment().getSpec().getTemplate())
        .as("no pod was replaced")
        .isEqualTo(pods);
    watch.neverUnverified();
  }

  // ------------------------------------------------------------------------------------- helpers

  private static String certManager(String more) {
    return "{" + CERT_MANAGER.formatted(more) + "}";
  }

  private static MetricsServerConfigStatus status() {
    return cluster.config().getStatus();
  }

  /** What the operator asks of cert-manager. */
  private static List<GenericKubernetesResource> objects() {
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

  private static long writes() {
    return cluster.audit().operatorWrites().stream()
        .filter(r -> r.resource().equals("certificates") || r.resource().equals("issuers"))
        .count();
  }

  private static X509Certificate served() {
    return served(ServingTLS.CERTIFICATE_SECRET);
  }

  private static X509Certificate served(String secret) {
    return in(secret, "tls.crt");
  }

  private static X509Certificate authorityIn(String secret) {
    return in(secret, "ca.crt");
  }

  private static X509Certificate in(String name, String key) {
    Secret secret = cluster.admin().secrets().inNamespace("kube-system").withName(name).get();
    return Certificates.parse(ServingSecret.decoded(secret.getData().get(key))).getFirst();
  }

  static Path definition(String plural) {
    return GoModules.file(
        "github.com/cert-manager/cert-manager",
        VERSION,
        "deploy/crds/cert-manager.io_" + plural + ".yaml");
  }

  private static void soon(String what, ThrowingRunnable assertion) {
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
