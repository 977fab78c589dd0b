package dev.metricsserver.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.metricsserver.api.ImageSpec;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.api.SchedulingSpec;
import java.util.List;
import java.util.Optional;

/**
 * The part of a configuration that a rollback may change, with what was chosen for it: nothing that
 * says whom to trust, and no policy.
 */
public record Configuration(
    String version,
    ImageSpec image,
    ResourcesSpec resources,
    SchedulingSpec scheduling,
    List<String> extraArgs) {

  /** What is not said is left out, so that a field which a later operator knows changes nothing. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(JsonInclude.Value.construct(Include.NON_NULL, Include.NON_NULL))
          .build();

  /** Reads what {@link #json} wrote; empty where the JSON has another form. */
  public static Optional<Configuration> of(Object json) {
    try {
      return Optional.ofNullable(JSON.convertValue(json, Configuration.class));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The same text for the same configuration. */
  public JsonNode json() {
    return JSON.valueToTree(this);
  }

  /** The spec with this part instead of its own. */
  public MetricsServerConfigSpec in(MetricsServerConfigSpec spec) {
    return spec.with(version, image, resources, scheduling, extraArgs);
  }
}
