package dev.metricsserver.controller;

import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.reading.Observer;
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
 * Makes the API servers look again at a registration they call unavailable although an endpoint is
 * ready. They look by themselves only every 30 seconds, or after a back-off; a changed annotation
 * makes them look at once.
 */
final class AvailabilityRecheck {

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration RARELY = Duration.ofSeconds(30);

  private final KubernetesClient client;

  AvailabilityRecheck(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Sets the annotation when it is time.
   *
   * @return when to come back
   */
  Duration lookAgain(APIService service, Observations observations, Instant now) {
    var registration = observations.registration().orElseThrow();
    var due = due(registration, observations);
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
                        Map.of("annotations", Map.of(Observer.LOOK_AGAIN, now.toString())))));
    return PATIENCE;
  }

  /** A second after an endpoint became ready; after that ever more rarely, the longer it lasts. */
  private static Instant due(Registration registration, Observations observations) {
    var ready =
        observations.pods().stream()
            .map(PodState::readySince)
            .flatMap(Optional::stream)
            .max(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    return registration
        .lookedAgain()
        .filter(last -> last.isAfter(ready))
        .map(last -> last.plus(pause(Duration.between(ready, last))))
        .orElse(ready.plus(PATIENCE));
  }

  private static Duration pause(Duration lasting) {
    var half = lasting.dividedBy(2);
    return half.compareTo(PATIENCE) < 0 ? PATIENCE : half.compareTo(RARELY) > 0 ? RARELY : half;
  }
}
