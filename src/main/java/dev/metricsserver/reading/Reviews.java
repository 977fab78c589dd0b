package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.Right;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;

/** Asks the API server who may do what. */
final class Reviews {

  private final KubernetesClient client;

  Reviews(KubernetesClient client) {
    this.client = client;
  }

  static ResourceAttributesBuilder right(
      String verb, String group, String resource, String subresource) {
    return new ResourceAttributesBuilder()
        .withVerb(verb)
        .withGroup(group)
        .withResource(resource)
        .withSubresource(subresource);
  }

  static Right data(ResourceAttributes right) {
    return new Right(
        List.of(right.getVerb()),
        right.getGroup(),
        right.getResource(),
        right.getSubresource(),
        right.getName() == null ? List.of() : List.of(right.getName()),
        requireNonNullElse(right.getNamespace(), ""));
  }

  /** Whether the client may do it. */
  boolean allowed(ResourceAttributes right) {
    return client
        .authorization()
        .v1()
        .selfSubjectAccessReview()
        .create(
            new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withResourceAttributes(right)
                .endSpec()
                .build())
        .getStatus()
        .getAllowed();
  }

  /** Whether the ServiceAccount of an installation may do it. */
  boolean allowed(Installation installation, ResourceAttributes right) {
    return client
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(
            new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(
                    "system:serviceaccount:%s:%s"
                        .formatted(installation.namespace(), installation.serviceAccount()))
                .withGroups(
                    "system:serviceaccounts",
                    "system:serviceaccounts:" + installation.namespace(),
                    "system:authenticated")
                .withResourceAttributes(right)
                .endSpec()
                .build())
        .getStatus()
        .getAllowed();
  }
}
