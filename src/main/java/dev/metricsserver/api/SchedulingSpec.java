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

/** The nodes on which the metrics-server pods may run. */
public record SchedulingSpec(
    @JsonPropertyDescription(
            "Labels that a node must have to run metrics-server, in addition to kubernetes.io/os:"
                + " linux. At most 16. Default: none.")
        @Size(max = 16)
        @ValidationRule(
            value = ARE_LABELS,
            message =
                "scheduling.nodeSelector takes labels as nodes have them, such as"
                    + " node-role.kubernetes.io/infra: ''; letters, digits, '-', '_' and '.', with"
                    + " a letter or digit at both ends")
        Map<String, @Size(max = 63) String> nodeSelector,
    @JsonPropertyDescription("Tolerations of the pods. At most 16. Default: none.") @Size(max = 16)
        List<Toleration> tolerations,
    @JsonPropertyDescription(
            "How the pods are spread over zones or other topology domains, in addition to one pod"
                + " per node. At most 4. Default: none.")
        @Size(max = 4)
        @OpenAPI(
            list = OpenAPI.ListType.map,
            keys = {"topologyKey", "whenUnsatisfiable"})
        List<TopologySpreadConstraint> topologySpreadConstraints,
    @JsonPropertyDescription(
            "The pods' priority class; empty for none, for example if a quota forbids it. Default:"
                + " system-cluster-critical.")
        @Default("system-cluster-critical")
        @Size(max = 253)
        @ValidationRule(
            value = "self.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$')",
            message =
                "scheduling.priorityClassName must be a PriorityClass' name, such as"
                    + " system-cluster-critical, or ''")
        String priorityClassName) {

  /** A test in CEL for a label's name, with or without a prefix. */
  static final String IS_NAME =
      "matches('^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')";

  /** A test in CEL for a label's value. */
  static final String IS_VALUE = "matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$')";

  /** A rule in CEL: what the API server requires of a Pod's nodeSelector. */
  static final String ARE_LABELS = "self.all(k, k." + IS_NAME + " && self[k]." + IS_VALUE + ")";

  static final SchedulingSpec DEFAULT = new SchedulingSpec(null, null, null, null);

  /**
   * Applies the schema's defaults. Sorts the labels, so that equal labels are always written alike.
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
      @JsonPropertyDescription(
              "How the taint is compared. Default: Equal."
                  + "\n- Equal: the value must match."
                  + "\n- Exists: any value.")
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
      @JsonPropertyDescription(
              "The taint's effect. Default: every effect."
                  + "\n- NoSchedule: keeps pods from being scheduled."
                  + "\n- PreferNoSchedule: avoids the node if another one is available."
                  + "\n- NoExecute: also evicts running pods.")
          Effect effect,
      @JsonPropertyDescription(
              "The time in seconds for which a pod stays on a node with a NoExecute taint. Default:"
                  + " without limit.")
          @Min(0)
          @Max(2147483647)
          Long tolerationSeconds) {

    /** Applies the schema's defaults. */
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

  /** The effect of a taint on pods that do not tolerate it. */
  public enum Effect {
    /** They are not scheduled there. */
    NoSchedule,
    /** They are scheduled there only if no other node is available. */
    PreferNoSchedule,
    /** They are not scheduled there, and evicted. */
    NoExecute
  }

  /** How evenly the pods are spread, as in a Pod. Only metrics-server's pods are counted. */
  public record TopologySpreadConstraint(
      @JsonPropertyDescription(
              "The maximum difference between the numbers of pods in two topology domains. Default:"
                  + " 1.")
          @Default("1")
          @Min(1)
          @Max(10)
          Integer maxSkew,
      @Required
          @JsonPropertyDescription(
              "The node label that identifies the topology domain, such as"
                  + " topology.kubernetes.io/zone.")
          @Size(min = 1, max = 316)
          @ValidationRule(
              value = "self." + IS_NAME,
              message = "topologyKey must be a label's name, such as topology.kubernetes.io/zone")
          String topologyKey,
      @JsonPropertyDescription(
              "The behavior for a pod that would violate the constraint. Default: ScheduleAnyway."
                  + "\n- DoNotSchedule: the pod stays pending."
                  + "\n- ScheduleAnyway: the pod is scheduled nevertheless.")
          @Default("ScheduleAnyway")
          WhenUnsatisfiable whenUnsatisfiable) {

    /** Applies the schema's defaults. */
    public TopologySpreadConstraint {
      maxSkew = requireNonNullElse(maxSkew, 1);
      whenUnsatisfiable = requireNonNullElse(whenUnsatisfiable, WhenUnsatisfiable.ScheduleAnyway);
    }
  }

  /** The behavior for a pod that would violate the constraint. */
  public enum WhenUnsatisfiable {
    /** The pod stays pending. */
    DoNotSchedule,
    /** The pod is scheduled nevertheless. */
    ScheduleAnyway
  }
}
