package dev.metricsserver.api;

import static java.util.Collections.unmodifiableMap;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Map;
import java.util.TreeMap;

/** How Prometheus monitors metrics-server. */
public record MonitoringSpec(
    @JsonPropertyDescription(
            "Whether a ServiceMonitor for metrics-server's own metrics is created. Default: Auto."
                + "\n- Auto: if the cluster has the kind ServiceMonitor and Prometheus can connect,"
                + " because the NetworkPolicy allows every source or monitoring.prometheus is set."
                + "\n- Disabled: never.")
        @Default("Auto")
        Mode serviceMonitor,
    @JsonPropertyDescription(
            "Whether a PrometheusRule with alerts is created. Default: Auto."
                + "\n- Auto: if the cluster has the kind PrometheusRule."
                + "\n- Disabled: never.")
        @Default("Auto")
        Mode prometheusRule,
    @JsonPropertyDescription(
            "Labels of the ServiceMonitor and the PrometheusRule, by which Prometheus selects them."
                + " At most 16. Default: none.")
        @Size(max = 16)
        @ValidationRule(
            value = SchedulingSpec.ARE_LABELS,
            message =
                "monitoring.labels takes labels, such as release: prometheus; letters, digits, '-',"
                    + " '_' and '.', with a letter or digit at both ends")
        Map<String, @Size(max = 63) String> labels,
    @JsonPropertyDescription("The Prometheus that scrapes metrics-server's own metrics.")
        Prometheus prometheus) {

  static final MonitoringSpec DEFAULT = new MonitoringSpec(null, null, null, null);

  /**
   * Applies the schema's defaults. Sorts the labels, so that equal labels are always written alike.
   */
  public MonitoringSpec {
    serviceMonitor = requireNonNullElse(serviceMonitor, Mode.Auto);
    prometheusRule = requireNonNullElse(prometheusRule, Mode.Auto);
    labels = unmodifiableMap(new TreeMap<>(requireNonNullElse(labels, Map.of())));
  }

  /** The namespace and the ServiceAccount of Prometheus. */
  public record Prometheus(
      @JsonPropertyDescription(
              "The namespace whose pods the NetworkPolicy allows to connect to metrics-server's"
                  + " port.")
          @Required
          @Size(max = 63)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
              message =
                  "monitoring.prometheus.namespace must be a namespace's name: lower-case letters,"
                      + " digits and '-', such as monitoring")
          String namespace,
      @JsonPropertyDescription(
              "The ServiceAccount in that namespace to which the ClusterRole"
                  + " metrics-server-operator-metrics-reader is bound, which grants get on"
                  + " /metrics. Default: none, because Prometheus' own role often grants that.")
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "monitoring.prometheus.serviceAccountName must be a ServiceAccount's name:"
                      + " lower-case letters, digits, '-' and '.', such as prometheus-k8s")
          String serviceAccountName) {}

  /** Whether an object is created. */
  public enum Mode {
    /** If the cluster has its kind. */
    Auto,
    /** Never. */
    Disabled
  }
}
