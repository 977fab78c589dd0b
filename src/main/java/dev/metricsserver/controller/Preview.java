package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.dependents.APIServiceDependent;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Manifest;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the operator would do if it were not paused: the comparison by which it decides that, with
 * what the informers have, and nothing after it.
 */
final class Preview {

  private final MetricsServerPlan plan;
  private final Context<MetricsServerConfig> context;
  private final PlannedObjects objects;

  Preview(
      MetricsServerConfig config, MetricsServerPlan plan, Context<MetricsServerConfig> context) {
    this.plan = plan;
    this.context = context;
    this.objects = new PlannedObjects(config, plan, context);
  }

  /** A clause, such as {@code would change Deployment (pods roll), NetworkPolicy}. */
  String clause() {
    var created = new LinkedHashSet<String>();
    var changed = new LinkedHashSet<String>();
    for (var object : objects.desired()) {
      var actual = objects.actual(object);
      if (actual.isEmpty()) {
        created.add(object.getKind());
      } else if (!matches(actual.get(), object)) {
        changed.add(object.getKind() + (rolls(actual.get(), object) ? " (pods roll)" : ""));
      }
    }
    var clauses =
        Stream.of(
                clause("create", created), clause("change", changed), clause("delete", unwanted()))
            .flatMap(Optional::stream)
            .collect(Collectors.joining("; "));
    return "would " + (clauses.isEmpty() ? "change nothing" : clauses);
  }

  private static Optional<String> clause(String verb, Collection<String> kinds) {
    return kinds.isEmpty() ? Optional.empty() : Optional.of(verb + " " + String.join(", ", kinds));
  }

  private boolean matches(HasMetadata actual, HasMetadata desired) {
    return SSABasedGenericKubernetesResourceMatcher.getInstance()
        .matches(
            actual instanceof APIService service ? APIServiceDependent.complete(service) : actual,
            desired,
            context);
  }

  private boolean rolls(HasMetadata actual, HasMetadata desired) {
    return actual instanceof Deployment before
        && desired instanceof Deployment after
        && !matches(onlyTemplate(before), onlyTemplate(after));
  }

  /** What else is in the Deployment may differ; only the pods' form makes them roll. */
  private static Deployment onlyTemplate(Deployment deployment) {
    return new DeploymentBuilder()
        .withNewMetadata()
        .withName(deployment.getMetadata().getName())
        .withManagedFields(
            deployment.getMetadata().getManagedFields().stream()
                .map(Preview::onlyTemplate)
                .toList())
        .endMetadata()
        .withNewSpec()
        .withTemplate(deployment.getSpec().getTemplate())
        .endSpec()
        .build();
  }

  private static ManagedFieldsEntry onlyTemplate(ManagedFieldsEntry entry) {
    var fields = new FieldsV1();
    if (entry.getFieldsV1().getAdditionalProperties().get("f:spec") instanceof Map<?, ?> spec
        && spec.get("f:template") instanceof Map<?, ?> template) {
      fields.setAdditionalProperty("f:spec", Map.of("f:template", template));
    }
    return new ManagedFieldsEntryBuilder(entry).withFieldsV1(fields).build();
  }

  private Set<String> unwanted() {
    return Manifest.unwanted(plan).stream()
        .filter(object -> objects.watched(object.getClass()))
        .filter(object -> objects.actual(object).isPresent())
        .map(HasMetadata::getKind)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
