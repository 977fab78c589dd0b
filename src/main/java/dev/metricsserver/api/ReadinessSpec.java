package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/** When metrics count as available. */
public record ReadinessSpec(
    @JsonPropertyDescription(
            "The percentage of nodes that must have metrics for the condition Ready, 1 to 100. In"
                + " clusters of up to ten nodes one node may be without metrics, unless 100 is set."
                + " Default: 90.")
        @Default("90")
        @Min(1)
        @Max(100)
        Integer minimumNodesPercent) {

  static final ReadinessSpec DEFAULT = new ReadinessSpec(null);

  /** Applies the schema's defaults. */
  public ReadinessSpec {
    minimumNodesPercent = requireNonNullElse(minimumNodesPercent, 90);
  }
}
