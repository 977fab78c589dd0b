package dev.metricsserver.controller;

import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.reading.LastReady;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;

/** Stores the last configuration that was Ready, for rollbacks, in one ControllerRevision. */
final class LastReadyStore {

  private final KubernetesClient client;

  LastReadyStore(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Records the configuration that failed before it is rolled back, so that an operator that
   * continues after a crash decides the same.
   *
   * @return whether the failure was not recorded yet
   */
  boolean recordFailure(Failure failed, ControllerRevision revision) {
    if (LastReady.failure(revision)
        .filter(known -> known.configuration().equals(failed.configuration()))
        .isPresent()) {
      return false;
    }
    client
        .resource(revision)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            client
                .getKubernetesSerialization()
                .asJson(Map.of("metadata", Map.of("annotations", LastReady.annotations(failed)))));
    return true;
  }

  /** Records the plan's configuration when the resource is Ready with it and it is a new one. */
  void record(
      MetricsServerConfig config,
      MetricsServerPlan plan,
      Optional<ControllerRevision> revision,
      MetricsServerConfigStatus status) {
    var ready =
        status.condition(ConditionType.Ready).filter(c -> "True".equals(c.getStatus())).isPresent();
    if (!ready
        || revision
            .map(ControllerRevision::getData)
            .flatMap(Configuration::of)
            .filter(plan.rollback().configuration()::equals)
            .isPresent()) {
      return;
    }
    // A revision's data is immutable. If the operator ends after the deletion, the next one finds
    // the resource Ready and writes the revision.
    revision.ifPresent(this::delete);
    var next =
        new ControllerRevisionBuilder()
            .withNewMetadata()
            .withName(Names.LAST_READY)
            .withNamespace(plan.namespace())
            .addToLabels("app.kubernetes.io/name", Names.METRICS_SERVER)
            .addToLabels(Names.MANAGED_BY_LABEL, Names.MANAGED_BY)
            .endMetadata()
            .withRevision(config.getMetadata().getGeneration())
            .withData(plan.rollback().configuration().json())
            .build();
    next.addOwnerReference(config);
    client.resource(next).fieldManager(MetricsServerReconciler.FIELD_MANAGER).serverSideApply();
  }

  /** Only this version of the revision: another one may be newer. */
  private void delete(ControllerRevision revision) {
    try {
      client.resource(revision).lockResourceVersion().delete();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }
}
