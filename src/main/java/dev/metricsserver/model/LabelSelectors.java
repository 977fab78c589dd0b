package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Service;
import java.util.List;
import java.util.Map;

/** Evaluates the label selectors of API objects. */
public final class LabelSelectors {

  private LabelSelectors() {}

  /** Reports whether a selector selects an object with these labels; an empty one selects all. */
  public static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return labels
            .entrySet()
            .containsAll(
                requireNonNullElse(selector.getMatchLabels(), Map.<String, String>of()).entrySet())
        && requireNonNullElse(selector.getMatchExpressions(), List.<LabelSelectorRequirement>of())
            .stream()
            .allMatch(expression -> meets(expression, labels));
  }

  /** Reports whether a Service leads to pods with these labels; one without selector to none. */
  public static boolean selects(Service service, Map<String, String> labels) {
    var selector = requireNonNullElse(service.getSpec().getSelector(), Map.<String, String>of());
    return !selector.isEmpty() && labels.entrySet().containsAll(selector.entrySet());
  }

  private static boolean meets(LabelSelectorRequirement expression, Map<String, String> labels) {
    var present = labels.containsKey(expression.getKey());
    var listed = present && expression.getValues().contains(labels.get(expression.getKey()));
    return switch (expression.getOperator()) {
      case "In" -> listed;
      case "NotIn" -> !listed;
      case "Exists" -> present;
      default -> !present;
    };
  }
}
