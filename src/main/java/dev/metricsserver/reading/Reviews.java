package dev.metricsserver.reading;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

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

  /** As people write it: {@code get nodes/metrics}. */
  static String words(ResourceAttributes right) {
    return right.getVerb()
        + " "
        + right.getResource()
        + (right.getSubresource().isEmpty() ? "" : "/" + right.getSubresource())
        + (right.getGroup().isEmpty() ? "" : "." + right.getGroup())
        + (right.getName() == null
            ? ""
            : " %s in namespace %s".formatted(right.getName(), right.getNamespace()));
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
