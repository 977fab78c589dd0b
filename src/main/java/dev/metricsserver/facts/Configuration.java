package dev.metricsserver.facts;

import dev.metricsserver.api.ImageSpec;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.api.SchedulingSpec;
import java.util.List;

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

  /** The spec with this part instead of its own. */
  public MetricsServerConfigSpec in(MetricsServerConfigSpec spec) {
    return spec.with(version, image, resources, scheduling, extraArgs);
  }
}
