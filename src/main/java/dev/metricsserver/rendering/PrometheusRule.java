package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** What Prometheus Operator tells Prometheus to alert about, with what is used of it. */
@io.fabric8.kubernetes.model.annotation.Group("monitoring.coreos.com")
@Version("v1")
@Plural("prometheusrules")
public final class PrometheusRule extends ThirdPartyResource<PrometheusRule.Spec> {

  private static final long serialVersionUID = 1;

  /** Without anything, for whoever reads one. */
  public PrometheusRule() {}

  PrometheusRule(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** As in a file of rules. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(List<Group> groups) {}

  /** Rules that are looked at together. */
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
