package dev.metricsserver.support;

import dev.metricsserver.api.MetricsServerConfig;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.Optional;

/** The MetricsServerConfig that a cluster had, or that it had none. */
final class FoundConfig {

  private final Optional<GenericKubernetesResource> found;

  private FoundConfig(Optional<GenericKubernetesResource> found) {
    this.found = found;
  }

  /** Reads it. */
  static FoundConfig of(KubernetesClient client) {
    return new FoundConfig(Optional.ofNullable(config(client).get()));
  }

  /** Gives the cluster its labels, annotations and spec again, or deletes what is there now. */
  void restore(KubernetesClient client) {
    found.ifPresentOrElse(
        previous ->
            configs(client)
                .resource(withoutHistory(previous))
                .createOr(NonDeletingOperation::update),
        () -> config(client).delete());
  }

  private static GenericKubernetesResource withoutHistory(GenericKubernetesResource previous) {
    var config = new GenericKubernetesResource();
    config.setApiVersion(previous.getApiVersion());
    config.setKind(previous.getKind());
    config.setMetadata(
        new ObjectMetaBuilder()
            .withName(previous.getMetadata().getName())
            .withLabels(previous.getMetadata().getLabels())
            .withAnnotations(previous.getMetadata().getAnnotations())
            .build());
    config.setAdditionalProperty("spec", previous.getAdditionalProperties().get("spec"));
    return config;
  }

  private static Resource<GenericKubernetesResource> config(KubernetesClient client) {
    return configs(client).withName("cluster");
  }

  private static NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      configs(KubernetesClient client) {
    return client.genericKubernetesResources(
        ResourceDefinitionContext.fromResourceType(MetricsServerConfig.class));
  }
}
