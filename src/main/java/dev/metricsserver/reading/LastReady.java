package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.History.Failure;
import dev.metricsserver.plan.Annotations;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.util.Map;
import java.util.Optional;

/**
 * What the annotations of the ControllerRevision that is the memory of rollbacks say: which
 * configuration was last gone back from. Its data is the one that was last Ready.
 */
public final class LastReady {

  private static final int LONGEST_MESSAGE = 500;

  private LastReady() {}

  /** What was last gone back from. */
  public static Optional<Failure> failure(ControllerRevision revision) {
    var annotations =
        requireNonNullElse(revision.getMetadata().getAnnotations(), Map.<String, String>of());
    return Optional.ofNullable(annotations.get(Annotations.FAILED_CONFIGURATION))
        .map(configuration ->
            new Failure(
                configuration,
                annotations.getOrDefault(Annotations.FAILED_REASON, ""),
                annotations.getOrDefault(Annotations.FAILED_MESSAGE, "")));
  }

  /** The revision's annotations for what is gone back from. */
  public static Map<String, String> annotations(Failure failure) {
    return Map.of(
        Annotations.FAILED_CONFIGURATION,
        failure.configuration(),
        Annotations.FAILED_REASON,
        failure.reason(),
        Annotations.FAILED_MESSAGE,
        shortened(failure.message()));
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + "...";
  }
}
