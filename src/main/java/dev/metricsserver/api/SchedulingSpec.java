package dev.metricsserver.api;

import static java.util.Collections.unmodifiableMap;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where the metrics-server pods may run. */
public record SchedulingSpec(
    @JsonPropertyDescription(
            "Labels a node must have to run metrics-server, beside kubernetes.io/os: linux. At most"
                + " 16. Default: none.")
        @Size(max = 16)
        @ValidationRule(
            value = ARE_LABELS,
            message =
                "scheduling.nodeSelector takes labels as nodes have them, such as"
                    + " node-role.kubernetes.io/infra: ''; letters, digits, '-', '_' and '.', with"
                    + " a letter or digit at both ends")
        Map<String, @Size(max = 63) String> nodeSelector,
    @JsonPropertyDescription("Taints that the pods tolerate. At most 16. Default: none.")
        @Size(max = 16)
        List<Toleration> tolerations,
    @JsonPropertyDescription(
            "How the pods spread over zones or other parts of the cluster, beside one pod a node."
                + " At most 4. Default: none.")
        @Size(max = 4)
        @ValidationRule(
            value =
                "self.all(a, self.exists_one(b, b.topologyKey == a.topologyKey &&"
                    + " b.whenUnsatisfiable == a.whenUnsatisfiable))",
            message =
                "scheduling.topologySpreadConstraints has two entries with the same topologyKey and"
                    + " whenUnsatisfiable: leave one out")
        List<TopologySpreadConstraint> topologySpreadConstraints,
    @JsonPropertyDescription(
            "The pods' priority class; empty for none, where a quota forbids it. Default:"
                + " system-cluster-critical.")
        @Default("system-cluster-critical")
        @Size(max = 253)
        @ValidationRule(
            value = "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$')",
            message =
                "scheduling.priorityClassName must be a PriorityClass' name, such as"
                    + " system-cluster-critical, or ''")
        String priorityClassName) {

  /** A test in CEL: a label's name, with a prefix or without. */
  private static final String IS_NAME =
      "matches('^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')";

  /** A test in CEL: a label's value. */
  private static final String IS_VALUE = "matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')";

  /** A rule in CEL: what the API server demands of a Pod's nodeSelector. */
  static final String ARE_LABELS = "self.all(k, k." + IS_NAME + " && self[k]." + IS_VALUE + ")";

  static final SchedulingSpec DEFAULT = new SchedulingSpec(null, null, null, null);

  /**
   * Fills in the schema's defaults; labels are sorted, so that they are always written the same.
   */
  public SchedulingSpec {
    nodeSelector = unmodifiableMap(new TreeMap<>(requireNonNullElse(nodeSelector, Map.of())));
    tolerations = List.copyOf(requireNonNullElse(tolerations, List.of()));
    topologySpreadConstraints =
        List.copyOf(requireNonNullElse(topologySpreadConstraints, List.of()));
    priorityClassName = requireNonNullElse(priorityClassName, "system-cluster-critical");
  }

  /** A taint that the pods tolerate, as in a Pod. */
  @ValidationRule(
      value = "self.operator != 'Exists' || !has(self.value)",
      message =
          "a toleration with operator Exists matches every value: leave value out, or use operator"
              + " Equal")
  @ValidationRule(
      value = "self.operator == 'Exists' || has(self.key)",
      message =
          "a toleration with operator Equal needs a key; operator Exists without a key tolerates"
              + " every taint")
  @ValidationRule(
      value = "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message =
          "tolerationSeconds of a toleration needs effect NoExecute: set it, or leave"
              + " tolerationSeconds out")
  public record Toleration(
      @JsonPropertyDescription("The taint's key. Default: every key, with operator Exists.")
          @Size(min = 1, max = 316)
          @ValidationRule(
              value = "self." + IS_NAME,
              message =
                  "key of a toleration must be a taint's key, such as"
                      + " node-role.kubernetes.io/control-plane")
          String key,
      @JsonPropertyDescription("Equal: the value must match. Exists: any value. Default: Equal.")
          @Default("Equal")
          Operator operator,
      @JsonPropertyDescription("The taint's value, with operator Equal. Default: empty.")
          @Size(max = 63)
          @ValidationRule(
              value = "self." + IS_VALUE,
              message =
                  "value of a toleration must consist of letters, digits, '-', '_' and '.', with a"
                      + " letter or digit at both ends")
          String value,
      @JsonPropertyDescription("The taint's effect. Default: every effect.") Effect effect,
      @JsonPropertyDescription(
              "How long a pod stays on a node with a NoExecute taint, in seconds. Default: for"
                  + " ever.")
          @Min(0)
          @Max(2147483647)
          Long tolerationSeconds) {

    /** Fills in the schema's defaults. */
    public Toleration {
      operator = requireNonNullElse(operator, Operator.Equal);
    }
  }

  /** How a toleration compares values. */
  public enum Operator {
    /** The values must be the same. */
    Equal,
    /** Any value. */
    Exists
  }

  /** What a taint does to pods that do not tolerate it. */
  public enum Effect {
    /** Not scheduled there. */
    NoSchedule,
    /** Scheduled there only when nothing else is free. */
    PreferNoSchedule,
    /** Not scheduled there, and evicted. */
    NoExecute
  }

  /** How evenly the pods spread, as in a Pod; it counts metrics-server's own pods. */
  public record TopologySpreadConstraint(
      @JsonPropertyDescription("How many more pods one part may have than another. Default: 1.")
          @Default("1")
          @Min(1)
          @Max(10)
          Integer maxSkew,
      @Required
          @JsonPropertyDescription(
              "The node label that names the parts, such as topology.kubernetes.io/zone.")
          @Size(min = 1, max = 316)
          @ValidationRule(
              value = "self." + IS_NAME,
              message = "topologyKey must be a label's name, such as topology.kubernetes.io/zone")
          String topologyKey,
      @JsonPropertyDescription(
              "What happens to a pod that would break the rule: DoNotSchedule or ScheduleAnyway."
                  + " Default: ScheduleAnyway.")
          @Default("ScheduleAnyway")
          WhenUnsatisfiable whenUnsatisfiable) {

    /** Fills in the schema's defaults. */
    public TopologySpreadConstraint {
      maxSkew = requireNonNullElse(maxSkew, 1);
      whenUnsatisfiable = requireNonNullElse(whenUnsatisfiable, WhenUnsatisfiable.ScheduleAnyway);
    }
  }

  /** What happens to a pod that cannot be placed evenly. */
  public enum WhenUnsatisfiable {
    /** It waits. */
    DoNotSchedule,
    /** It runs all the same. */
    ScheduleAnyway
  }
}
