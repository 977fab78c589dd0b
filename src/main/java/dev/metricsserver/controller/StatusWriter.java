package dev.metricsserver.controller;

import dev.metricsserver.api.ConditionReason;
import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.events.EventWriter;
import dev.metricsserver.model.Observations;
import dev.metricsserver.status.Outcome;
import dev.metricsserver.status.StatusRenderer;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the user: writes the status when it changed, and an Event when Ready did. */
final class StatusWriter {

  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager(MetricsServerReconciler.FIELD_MANAGER)
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final InstantSource clock;
  private final EventWriter events;
  private volatile MetricsServerConfig written;

  StatusWriter(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    this.events = new EventWriter(client, clock);
  }

  /**
   * The resource as the API server answered the last write, where the watch has nothing later: the
   * next reconcile may come before the watch tells of the write. And of the same version the watch
   * may know less: for a second after a new definition it still goes by the older one.
   */
  MetricsServerConfig latest(MetricsServerConfig seen) {
    return Optional.ofNullable(written)
        .filter(w -> w.getMetadata().getUid().equals(seen.getMetadata().getUid()))
        .filter(w -> version(w) >= version(seen))
        .orElse(seen);
  }

  private static long version(MetricsServerConfig config) {
    return Long.parseLong(config.getMetadata().getResourceVersion());
  }

  /**
   * Writes the status when it is another one.
   *
   * @return the status as it is now
   */
  MetricsServerConfigStatus report(
      MetricsServerConfig config,
      Outcome outcome,
      Observations observations,
      List<Finding> findings,
      List<String> apiServerNames) {
    var previous = Optional.ofNullable(config.getStatus());
    var rendered =
        StatusRenderer.render(
            previous,
            config.getMetadata().getGeneration(),
            outcome,
            observations,
            findings,
            clock.instant());
    var status = apiServerNames.isEmpty() ? rendered : rendered.withAPIServerNames(apiServerNames);
    if (previous.filter(status::equals).isPresent()) {
      return status;
    }
    announce(config, previous, status);
    written =
        client
            .resource(MetricsServerConfig.ofStatus(config.getMetadata().getName(), status))
            .subresource("status")
            .patch(APPLY);
    return written.getStatus();
  }

  private void announce(
      MetricsServerConfig config,
      Optional<MetricsServerConfigStatus> previous,
      MetricsServerConfigStatus status) {
    var ready = status.condition(ConditionType.Ready).orElseThrow();
    var before = previous.flatMap(p -> p.condition(ConditionType.Ready)).orElseGet(Condition::new);
    if (ready.getStatus().equals(before.getStatus())
        && ready.getReason().equals(before.getReason())) {
      return;
    }
    log.info("Ready={} {}: {}", ready.getStatus(), ready.getReason(), ready.getMessage());
    var warning =
        !"True".equals(ready.getStatus())
            && !ConditionReason.RolloutInProgress.name().equals(ready.getReason());
    events.write(
        Optional.empty(),
        new ObjectReferenceBuilder()
            .withApiVersion(config.getApiVersion())
            .withKind(config.getKind())
            .withName(config.getMetadata().getName())
            .withUid(config.getMetadata().getUid())
            .build(),
        warning ? EventWriter.Type.Warning : EventWriter.Type.Normal,
        ready.getReason(),
        ready.getMessage());
  }
}
