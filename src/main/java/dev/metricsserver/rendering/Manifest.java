package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.stream.Stream;

/** All objects of an installation. */
public final class Manifest {

  private Manifest() {}

  /**
   * The objects in the order in which they are installed: policies and what the pods need before
   * the pods, and the APIService, which sends requests to them, last.
   *
   * @param deployment as {@link Workload} renders it from the same plan; part of it is what the
   *     cluster has, not the plan
   */
  public static List<HasMetadata> objects(MetricsServerPlan plan, Deployment deployment) {
    return Stream.of(
            rendered(OptionalObject.POLICIES, plan),
            Stream.of(
                Access.serviceAccount(plan),
                Access.clusterRole(),
                Access.readerRole(),
                Access.clusterRoleBinding(plan),
                Access.authDelegator(plan),
                Access.authReader(plan),
                Serving.service(plan)),
            rendered(OptionalObject.OTHERS, plan),
            Stream.of(deployment, Serving.apiService(plan)))
        .<HasMetadata>flatMap(objects -> objects)
        .toList();
  }

  private static Stream<HasMetadata> rendered(
      List<OptionalObject<?>> objects, MetricsServerPlan plan) {
    return objects.stream().flatMap(object -> object.render().apply(plan).stream());
  }

  /** Objects that only some plans have and this one has not: kinds and names without content. */
  public static List<HasMetadata> unwanted(MetricsServerPlan plan) {
    return OptionalObject.all()
        .filter(object -> object.render().apply(plan).isEmpty())
        .<HasMetadata>map(object -> object.reference(plan))
        .toList();
  }
}
