package dev.metricsserver.api;

import static java.util.Collections.unmodifiableMap;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A label selector, as in Kubernetes: an object must meet every requirement. */
public record LabelSelector(
    @JsonPropertyDescription(
            "Labels that a node must have, with these values. At most 16. Default: none.")
        @Size(max = 16)
        @ValidationRule(
            value = SchedulingSpec.ARE_LABELS,
            message =
                "matchLabels takes labels as nodes have them, such as topology.kubernetes.io/zone:"
                    + " eu-1a; letters, digits, '-', '_' and '.', with a letter or digit at both"
                    + " ends")
        Map<String, @Size(max = 63) String> matchLabels,
    @JsonPropertyDescription(
            "Further requirements for the labels of a node. At most 16. Default: none.")
        @Size(max = 16)
        List<Requirement> matchExpressions) {

  static final LabelSelector ALL = new LabelSelector(null, null);

  /** Applies the schema's defaults. Sorts the labels, so that equal ones are written alike. */
  public LabelSelector {
    matchLabels = unmodifiableMap(new TreeMap<>(requireNonNullElse(matchLabels, Map.of())));
    matchExpressions = List.copyOf(requireNonNullElse(matchExpressions, List.of()));
  }

  /** Whether the selector has no requirement, and therefore selects every node. */
  public boolean selectsAll() {
    return matchLabels.isEmpty() && matchExpressions.isEmpty();
  }

  /** A requirement for one label. */
  @ValidationRule(
      value = "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
      message =
          "values are required with operator In or NotIn, and not allowed with Exists or"
              + " DoesNotExist")
  public record Requirement(
      @JsonPropertyDescription("The name of the label.")
          @Required
          @Size(max = 316)
          @ValidationRule(
              value = "self." + SchedulingSpec.IS_NAME,
              message =
                  "key of a requirement must be a label's name, such as node.kubernetes.io/exclude")
          String key,
      @JsonPropertyDescription(
              "How the label and the values are compared."
                  + "\n- In: the label has one of the values."
                  + "\n- NotIn: the label has none of the values, or is absent."
                  + "\n- Exists: the label is present."
                  + "\n- DoesNotExist: the label is absent.")
          @Required
          Operator operator,
      @JsonPropertyDescription("The values, with operator In or NotIn. At most 16. Default: none.")
          @Size(max = 16)
          @ValidationRule(
              value = "self.all(v, v." + SchedulingSpec.IS_VALUE + ")",
              message =
                  "values of a requirement consist of letters, digits, '-', '_' and '.', with a"
                      + " letter or digit at both ends")
          List<@Size(max = 63) String> values) {

    /** Applies the schema's defaults. */
    public Requirement {
      values = List.copyOf(requireNonNullElse(values, List.of()));
    }
  }

  /** How a requirement compares a label with its values. */
  public enum Operator {
    /** One of the values. */
    In,
    /** None of the values, or absent. */
    NotIn,
    /** Present. */
    Exists,
    /** Absent. */
    DoesNotExist
  }
}
