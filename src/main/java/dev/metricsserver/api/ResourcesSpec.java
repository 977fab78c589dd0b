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
              value = Amounts.IS_CPU,
              message =
                  "cpu must be a quantity as in a Pod: cores such as 1 or '0.5', or millicores such"
                      + " as 500m")
          String cpu,
      @JsonPropertyDescription(
              "Memory in bytes, with or without a unit, such as 200Mi or 209715200. Default:"
                  + " depends on the number of nodes and pods.")
          @Size(max = 32)
          @SchemaFrom(type = IntOrString.class)
          @ValidationRule(
              value = Amounts.IS_MEMORY,
              message =
                  "memory must be a quantity as in a Pod: bytes with or without a unit, such as"
                      + " 200Mi, 1G, 1e9 or 209715200")
          String memory) {

    private static final String NUMBER = "([0-9]+([.][0-9]*)?|[.][0-9]+)";
    private static final String EXPONENT = "[eE][-+]?[0-9]{1,2}";

    /** A rule in CEL: an amount as the API server takes it, of cores or parts of one. */
    static final String IS_CPU = "string(self).matches('^" + NUMBER + "(m|k|" + EXPONENT + ")?$')";

    /** A rule in CEL: an amount as the API server takes it, of bytes. */
    static final String IS_MEMORY =
        "string(self).matches('^" + NUMBER + "([KMGTPE]i|[kMGTPE]|" + EXPONENT + ")?$')";
  }
}
