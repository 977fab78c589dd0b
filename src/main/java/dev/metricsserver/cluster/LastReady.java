package dev.metricsserver.cluster;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.metricsserver.facts.Configuration;
import dev.metricsserver.facts.History.Failure;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.util.Map;
import java.util.Optional;

/**
 * What the ControllerRevision says that is the memory of rollbacks: its data is the configuration
 * that was last Ready, its annotations name the one that was last gone back from.
 */
public final class LastReady {

  private static final String FAILED = "metricsserver.dev/failed-configuration";
  private static final String FAILED_REASON = "metricsserver.dev/failed-reason";
  private static final String FAILED_MESSAGE = "metricsserver.dev/failed-message";
  private static final int LONGEST_MESSAGE = 500;
  private static final ObjectMapper JSON = new ObjectMapper();

  private LastReady() {}

  /** The configuration; none where the data is somebody else's, or of another operator's time. */
  public static Optional<Configuration> configuration(ControllerRevision revision) {
    try {
      return Optional.ofNullable(JSON.convertValue(revision.getData(), Configuration.class));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The revision's data for a configuration. */
  public static JsonNode data(Configuration configuration) {
    return JSON.valueToTree(configuration);
  }

  /** What was last gone back from. */
  public static Optional<Failure> failure(ControllerRevision revision) {
    var annotations =
        requireNonNullElse(revision.getMetadata().getAnnotations(), Map.<String, String>of());
    return Optional.ofNullable(annotations.get(FAILED))
        .map(configuration ->
            new Failure(
                configuration,
                annotations.getOrDefault(FAILED_REASON, ""),
                annotations.getOrDefault(FAILED_MESSAGE, "")));
  }

  /** The revision's annotations for what is gone back from. */
  public static Map<String, String> annotations(Failure failure) {
    return Map.of(
        FAILED,
        failure.configuration(),
        FAILED_REASON,
        failure.reason(),
        FAILED_MESSAGE,
        shortened(failure.message()));
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + "...";
  }
}
