package dev.metricsserver.reading;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.api.KubeletSpec.CertificateAuthority;
import dev.metricsserver.api.KubeletSpec.KeyReference;
import dev.metricsserver.diagnosis.RemedyRenderer;
import dev.metricsserver.diagnosis.RemedyRenderer.RenderedStep;
import dev.metricsserver.diagnosis.TrustBundleText;
import dev.metricsserver.mock.MockCluster;
import dev.metricsserver.model.SampleAuthority;
import dev.metricsserver.model.TrustBundle;
import dev.metricsserver.tls.Certificates;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against something that answers like an API server, and knows a few objects. */
class TrustBundleReaderTest {

  private static final SampleAuthority AUTHORITY = SampleAuthority.root("kubelets");
  private static final String CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/ca";
  private static final String SECRET = "/api/v1/namespaces/kube-system/secrets/ca";
  private static final CertificateAuthority IN_CONFIG_MAP =
      new CertificateAuthority(new KeyReference("ca", null), null);
  private static final CertificateAuthority IN_SECRET =
      new CertificateAuthority(null, new KeyReference("ca", "bundle.pem"));

  private final Map<String, Object> objects = new ConcurrentHashMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private MockCluster server;
  private KubernetesClient client;
  private TrustBundleReader reader;
  private Instant now = Instant.parse("2026-11-21T12:00:00Z");

  @BeforeEach
  void start() {
    server = MockCluster.withoutTls();
    server.fail(request -> {
      requests.incrementAndGet();
      var object = objects.getOrDefault(request.path(), status(404, "not found"));
      MockCluster.answer(
          request,
          object instanceof Status status ? status.getCode() : 200,
          Serialization.asJson(object));
      return true;
    });
    client = server.client();
    reader = new TrustBundleReader(client, () -> now);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void aConfigMapHasIt() throws Exception {
    configMap("ca.crt", "# of the kubelets\n" + pem());

    assertThat(read(IN_CONFIG_MAP)).isEqualTo(new TrustBundle.Found(pem()));
  }

  @Test
  void aSecretHasItAndWhatElseIsInItStaysThere() throws Exception {
    var key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    secret("bundle.pem", encoded(key + pem()));

    assertThat(read(IN_SECRET)).isEqualTo(new TrustBundle.Found(pem()));
  }

  @Test
  void anObjectThatIsNotThereIsNamed() {
    assertThat(message(IN_CONFIG_MAP))
        .isEqualTo("there is no ConfigMap ca in namespace kube-system");
    assertThat(message(IN_SECRET)).isEqualTo("there is no Secret ca in namespace kube-system");
  }

  @Test
  void aKeyThatIsNotThereIsNamed() {
    configMap("tls.crt", "a");
    objects.put(SECRET, new SecretBuilder().withNewMetadata().withName("ca").endMetadata().build());

    assertThat(message(IN_CONFIG_MAP))
        .isEqualTo("the ConfigMap ca in namespace kube-system has no key ca.crt");
    assertThat(message(IN_SECRET))
        .isEqualTo("the Secret ca in namespace kube-system has no key bundle.pem");
  }

  @Test
  void whatIsNoCertificateIsNone() {
    for (var text :
        List.of(
            "",
            "certificate",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")) {
      configMap("ca.crt", text);

      assertThat(message(IN_CONFIG_MAP))
          .isEqualTo(
              "the key ca.crt of ConfigMap ca in namespace kube-system holds no certificate in"
                  + " PEM");
      now = now.plus(Duration.ofMinutes(1));
    }
    secret("bundle.pem", "not base64!");
    assertThat(message(IN_SECRET)).contains("holds no certificate");
  }

  @Test
  void whoMayNotReadItIsToldHowToAllowIt() {
    objects.put(
        SECRET,
        status(
            403,
            "secrets \"ca\" is forbidden: User \"system:serviceaccount:operators:msc\" cannot get"
                + " resource \"secrets\" in API group \"\" in the namespace \"kube-system\""));

    assertThat(message(IN_SECRET))
        .isEqualTo("the operator is not allowed to read the Secret ca in namespace kube-system");
    assertThat(RemedyRenderer.steps(TrustBundleText.remedy(missing(IN_SECRET))))
        .extracting(RenderedStep::command)
        .containsExactly(
            "kubectl create role metrics-server-operator-kubelet-ca -n kube-system --verb=get"
                + " --resource=secrets --resource-name=ca",
            "kubectl create rolebinding metrics-server-operator-kubelet-ca -n kube-system"
                + " --role=metrics-server-operator-kubelet-ca --serviceaccount=operators:msc");
  }

  @Test
  void anotherFailureIsTold() {
    objects.put(CONFIG_MAP, status(500, "etcdserver: no leader"));

    assertThat(message(IN_CONFIG_MAP))
        .startsWith("the ConfigMap ca in namespace kube-system could not be read: ")
        .contains("etcdserver: no leader");
  }

  @Test
  void itIsReadAgainAfterHalfAMinuteOrWhenItIsSomewhereElse() {
    for (var i = 0; i < 3; i++) {
      assertThat(read(IN_CONFIG_MAP)).isInstanceOf(TrustBundle.Missing.class);
    }
    assertThat(requests.get()).isEqualTo(1);

    now = now.plus(Duration.ofSeconds(31));
    assertThat(read(IN_CONFIG_MAP)).isInstanceOf(TrustBundle.Missing.class);
    assertThat(requests.get()).isEqualTo(2);

    assertThat(read(IN_SECRET)).isInstanceOf(TrustBundle.Missing.class);
    assertThat(requests.get()).isEqualTo(3);
  }

  private TrustBundle read(CertificateAuthority authority) {
    return reader.read("kube-system", authority);
  }

  private String message(CertificateAuthority authority) {
    return TrustBundleText.message(missing(authority));
  }

  private TrustBundle.Missing missing(CertificateAuthority authority) {
    return (TrustBundle.Missing) read(authority);
  }

  private void configMap(String key, String value) {
    HasMetadata configMap =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName("ca")
            .endMetadata()
            .addToData(key, value)
            .build();
    objects.put(CONFIG_MAP, configMap);
  }

  private void secret(String key, String value) {
    HasMetadata secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName("ca")
            .endMetadata()
            .addToData(key, value)
            .build();
    objects.put(SECRET, secret);
  }

  private static Status status(int code, String message) {
    return new StatusBuilder().withStatus("Failure").withCode(code).withMessage(message).build();
  }

  private static String pem() throws CertificateException {
    return Certificates.pem(List.of(AUTHORITY.certificate()));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }
}
