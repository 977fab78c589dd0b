package dev.metricsserver.cli.cluster;

import dev.metricsserver.cli.common.ApiErrors;
import dev.metricsserver.controller.MetricsServerReconciler;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Manifest;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Lets the API server say what would become of objects if the operator applied them. It takes the
 * rights that applying them takes, and nothing is written.
 */
public final class DryRun {

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(MetricsServerReconciler.FIELD_MANAGER)
          .withForce(true)
          .withDryRun(List.of("All"))
          .build();

  private final KubernetesClient client;

  public DryRun(KubernetesClient client) {
    this.client = client;
  }

  /**
   * What becomes of the objects of a plan, and of those that it no longer has.
   *
   * @param desired all objects that it has
   */
  public List<Change> changes(MetricsServerPlan plan, List<HasMetadata> desired) {
    return Stream.concat(
            desired.stream().map(this::applied),
            Manifest.unwanted(plan).stream().flatMap(object -> deleted(object).stream()))
        .toList();
  }

  private Change applied(HasMetadata desired) {
    try {
      var before = current(desired);
      var after = client.resource(desired).patch(APPLY);
      return before == null
          ? Change.created(
              after, desired instanceof APIService ? "once the first pod is ready" : "")
          : Change.of(before, after, MetricsServerReconciler.FIELD_MANAGER);
    } catch (KubernetesClientException e) {
      return Change.unknown(desired, ApiErrors.sentence(e));
    }
  }

  /** Returns the object that the cluster has; null where it has none. */
  private HasMetadata current(HasMetadata object) {
    try {
      return client.resource(object).get();
    } catch (ClassCastException e) {
      // The client takes an answer without a kind, such as a proxy's page, for another class.
      throw new KubernetesClientException("the answer is not a Kubernetes object", e);
    }
  }

  private Optional<Change> deleted(HasMetadata unwanted) {
    try {
      return Optional.ofNullable(current(unwanted)).map(Change::deleted);
    } catch (KubernetesClientException e) {
      return Optional.of(Change.unknown(unwanted, ApiErrors.sentence(e)));
    }
  }
}
