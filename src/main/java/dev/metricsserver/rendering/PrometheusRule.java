package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** A PrometheusRule of Prometheus Operator, with the fields that the operator uses. */
@io.fabric8.kubernetes.model.annotation.Group("monitoring.coreos.com")
@Version("v1")
@Plural("prometheusrules")
public final class PrometheusRule extends ThirdPartyResource<PrometheusRule.Spec> {

  private static final long serialVersionUID = 1;

  /** Creates an empty object, for deserialization. */
  public PrometheusRule() {}

  PrometheusRule(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** The groups of rules. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(List<Group> groups) {}

  /** Rules that Prometheus evaluates together. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Group(String name, List<Rule> rules) {}

  /** An alert. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Rule(
      String alert,
      String expr,
      @JsonProperty("for") String lasting,
      Map<String, String> labels,
      Map<String, String> annotations) {}
}
