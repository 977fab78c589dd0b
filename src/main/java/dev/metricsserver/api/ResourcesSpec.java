package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.IntOrString;

/** Requests and limits of the metrics-server container. */
public record ResourcesSpec(
    @JsonPropertyDescription("The amounts that the scheduler reserves.") Amounts requests,
    @JsonPropertyDescription("The maximum amounts that the container can use.") Amounts limits) {

  static final ResourcesSpec DEFAULT = new ResourcesSpec(null, null);

  /** Applies the schema's defaults. */
  public ResourcesSpec {
    requests = requireNonNullElse(requests, new Amounts(null, null));
    limits = requireNonNullElse(limits, new Amounts(null, null));
  }

  /**
   * Amounts of CPU and memory. The operator chooses an amount that is not set by the number of
   * nodes and pods. The schema accepts numbers too, because users write {@code cpu: 1} in a Pod.
   */
  public record Amounts(
      @JsonPropertyDescription(
              "CPU in cores or millicores, such as 1 or 100m. Default: depends on the number of"
                  + " nodes.")
          @Size(max = 32)
          @SchemaFrom(type = IntOrString.class)
          @ValidationRule(
              value = "string(self).matches('^[0-9]+([.][0-9]+)?m?$')",
              message =
                  "cpu must be a number of cores, such as 1 or '0.5', or of millicores, such as"
                      + " 500m")
          String cpu,
      @JsonPropertyDescription(
              "Memory in bytes with a unit, such as 200Mi. Default: depends on the number of nodes"
                  + " and pods.")
          @Size(max = 32)
          @SchemaFrom(type = IntOrString.class)
          @ValidationRule(
              value = "string(self).matches('^[0-9]+([.][0-9]+)?(Ki|Mi|Gi|k|M|G)$')",
              message = "memory must be a number with a unit (Ki, Mi, Gi, k, M, G), such as 200Mi")
          String memory) {}
}
