package dev.metricsserver.controller;

import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.reading.Backoff;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the API servers check an APIService again that they call unavailable although an endpoint
 * is ready. By themselves they check every 30 seconds, or after a back-off; a changed annotation
 * makes them check at once.
 */
final class AvailabilityRecheck {

  private static final Backoff PAUSE = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  private final KubernetesClient client;

  AvailabilityRecheck(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Sets the annotation when it is time.
   *
   * @return how long until the next call is due
   */
  Duration recheck(APIService service, Observations observations, Instant now) {
    var due = due(observations.registration().orElseThrow(), observations);
    if (now.isBefore(due)) {
      return Duration.between(now, due);
    }
    client
        .resource(service)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            client
                .getKubernetesSerialization()
                .asJson(
                    Map.of(
                        "metadata",
                        Map.of("annotations", Map.of(Annotations.RECHECK, now.toString())))));
    return PAUSE.first();
  }

  /** A second after an endpoint became ready; after that, half as long as it has been ready. */
  private static Instant due(Registration registration, Observations observations) {
    var ready =
        observations.pods().stream()
            .map(PodState::readySince)
            .flatMap(Optional::stream)
            .max(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    return registration
        .rechecked()
        .filter(last -> last.isAfter(ready))
        .map(last -> last.plus(PAUSE.bounded(Duration.between(ready, last).dividedBy(2))))
        .orElse(ready.plus(PAUSE.first()));
  }
}
