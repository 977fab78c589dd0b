package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Finds objects of other owners under the operator's names. */
final class UnmanagedObjects {

  private UnmanagedObjects() {}

  /** Those under the names of objects that every plan has. */
  static List<UnmanagedObject> ofEveryPlan(InstallationObjects objects) {
    return unmanaged(objects.named());
  }

  /** Those under the names of objects that this plan has, and not every plan. */
  static List<UnmanagedObject> of(MetricsServerPlan plan, InstallationObjects objects) {
    var optional =
        OptionalObject.all()
            .<HasMetadata>flatMap(object -> object.render().apply(plan).stream())
            .filter(objects::here)
            // Read with the objects of every plan.
            .filter(object -> !(object instanceof PodDisruptionBudget))
            .flatMap(object ->
                objects
                    .source()
                    .named(object.getClass(), plan.namespace(), object.getMetadata().getName()));
    var secrets =
        objects
            .here(Secret.class)
            .filter(s -> plan.serving().secrets().contains(s.getMetadata().getName()));
    return unmanaged(Stream.concat(optional.filter(objects::here), secrets));
  }

  private static List<UnmanagedObject> unmanaged(Stream<? extends HasMetadata> objects) {
    return objects
        .filter(object -> !managed(object))
        .map((HasMetadata object) -> UnmanagedObject.of(object))
        .toList();
  }

  /** Whether a label or the manager of a field says that the operator manages the object. */
  private static boolean managed(HasMetadata object) {
    var metadata = object.getMetadata();
    var labels = requireNonNullElse(metadata.getLabels(), Map.<String, String>of());
    return Names.MANAGED_BY.equals(labels.get(Names.MANAGED_BY_LABEL))
        || metadata.getManagedFields().stream()
            .anyMatch(m -> Names.MANAGED_BY.equals(m.getManager()));
  }
}
