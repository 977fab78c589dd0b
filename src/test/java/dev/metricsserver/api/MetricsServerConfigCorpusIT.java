package dev.metricsserver.api;

import static io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation.STRICT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.assertj.core.api.InstanceOfAssertFactories.throwable;
import static org.awaitility.Awaitility.await;

import dev.metricsserver.support.IntegrationTest;
import io.fabric8.kubeapitest.junit.EnableKubeAPIServer;
import io.fabric8.kubeapitest.junit.KubeConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionCondition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real API server makes of the definition, and of every resource in {@code
 * src/test/resources/crd}.
 */
@IntegrationTest
@EnableKubeAPIServer
class MetricsServerConfigCorpusIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @KubeConfig static String kubeConfig;

  private static KubernetesClient client;

  @BeforeAll
  static void installTheDefinition() throws Exception {
    client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeConfig)).build();
    var request =
        client
            .getHttpClient()
            .newHttpRequestBuilder()
            .uri(
                client.getConfiguration().getMasterUrl()
                    + "apis/apiextensions.k8s.io/v1/customresourcedefinitions?fieldValidation=Strict")
            .post("application/yaml", Files.readString(CustomResourceDefinitions.FILE))
            .build();
    var response =
        client
            .getHttpClient()
            .sendAsync(request, String.class)
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(response.code()).as(response.body()).isEqualTo(201);
    assertThat(response.headers("Warning")).isEmpty();
    await("the definition is served")
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(condition("Established")).isEqualTo("True"));
  }

  @AfterAll
  static void close() {
    client.close();
  }

  @Test
  void schema_installed_isStructural() {
    assertThat(condition("NonStructuralSchema")).isNotEqualTo("True");
    assertThat(condition("KubernetesAPIApprovalPolicyConformant")).isNotEqualTo("False");
  }

  /** What {@code kubectl explain metricsserverconfig.spec.kubelet.tls.mode} shows. */
  @Test
  void descriptions_installed_arePublished() {
    await("the schema is published")
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(client.raw("/openapi/v3/apis/metricsserver.dev/v1beta1"))
                .contains(
                    "Insecure: not verified, so an attacker who takes over a node's address"));
  }

  /** Without a spec there would be no defaults inside it, had it none itself. */
  @Test
  void resource_withoutSpec_isDefaultConfiguration() {
    var resource = new GenericKubernetesResource();
    resource.setApiVersion("metricsserver.dev/v1beta1");
    resource.setKind("MetricsServerConfig");
    resource.setMetadata(new ObjectMetaBuilder().withName(MetricsServerConfig.NAME).build());
    try {
      write(resource);
      assertThat(stored().getFirst().<String>get("spec", "namespace")).isEqualTo("kube-system");
      assertThat(read().getSpec()).isEqualTo(MetricsServerConfigSpec.DEFAULT);
      assertThat(read().getStatus().observedGeneration()).isEqualTo(-1);
    } finally {
      resources().delete();
    }
  }

  /** The records write out every default, empty lists included. */
  @Test
  void resource_fromJava_isDefaultConfiguration() {
    var resource = new MetricsServerConfig();
    resource.getMetadata().setName(MetricsServerConfig.NAME);
    try {
      client.resource(resource).create();
      assertThat(read().getSpec()).isEqualTo(MetricsServerConfigSpec.DEFAULT);
    } finally {
      resources().delete();
    }
  }

  @TestFactory
  Stream<DynamicTest> accepts() throws IOException {
    return CorpusCase.in("accept").stream().map(c -> test(c, () -> assertAccepted(c)));
  }

  @TestFactory
  Stream<DynamicTest> rejects() throws IOException {
    return CorpusCase.in("reject").stream().map(c -> test(c, () -> assertRejected(c)));
  }

  private static DynamicTest test(CorpusCase corpusCase, Runnable check) {
    return DynamicTest.dynamicTest(
        corpusCase.file().getFileName().toString(),
        corpusCase.file().toUri(),
        () -> {
          try {
            check.run();
          } finally {
            resources().delete();
          }
        });
  }

  private static void assertAccepted(CorpusCase corpusCase) {
    assertThat(corpusCase.documents()).isNotEmpty();
    corpusCase.documents().forEach(MetricsServerConfigCorpusIT::write);
    assertThat(read().getSpec().namespace()).isNotNull();
  }

  private static void assertRejected(CorpusCase corpusCase) {
    var documents = corpusCase.documents();
    documents.subList(0, documents.size() - 1).forEach(MetricsServerConfigCorpusIT::write);
    var before = stored();
    assertThatThrownBy(() -> write(documents.getLast()))
        .asInstanceOf(throwable(KubernetesClientException.class))
        .extracting(refusal -> refusal.getStatus().getMessage(), STRING)
        .contains(corpusCase.expected());
    assertThat(stored()).isEqualTo(before);
  }

  /** Creates what is not there, and replaces what is. */
  private static void write(GenericKubernetesResource document) {
    var stored = stored();
    if (stored.isEmpty()) {
      resources().resource(document).fieldValidation(STRICT).create();
    } else {
      document
          .getMetadata()
          .setResourceVersion(stored.getFirst().getMetadata().getResourceVersion());
      resources().resource(document).fieldValidation(STRICT).update();
    }
  }

  private static MetricsServerConfig read() {
    return client.resources(MetricsServerConfig.class).withName(MetricsServerConfig.NAME).get();
  }

  private static List<GenericKubernetesResource> stored() {
    return resources().list().getItems();
  }

  private static NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      resources() {
    return client.genericKubernetesResources(
        CustomResourceDefinitionContext.fromCustomResourceType(MetricsServerConfig.class));
  }

  private static String condition(String type) {
    return client.apiextensions().v1().customResourceDefinitions().list().getItems().stream()
        .filter(definition -> definition.getStatus() != null)
        .flatMap(definition -> definition.getStatus().getConditions().stream())
        .filter(condition -> condition.getType().equals(type))
        .map(CustomResourceDefinitionCondition::getStatus)
        .findFirst()
        .orElse("not there");
  }
}
