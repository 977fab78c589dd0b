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

/** How Prometheus watches over metrics-server. */
public record MonitoringSpec(
    @JsonPropertyDescription(
            "Auto: a ServiceMonitor for metrics-server's own metrics where the cluster has"
                + " ServiceMonitors, and Prometheus can connect: the NetworkPolicy lets everybody"
                + " in, or monitoring.prometheus says whom. Disabled: none. Default: Auto.")
        @Default("Auto")
        Mode serviceMonitor,
    @JsonPropertyDescription(
            "Auto: a PrometheusRule with alerts where the cluster has PrometheusRules. Disabled:"
                + " none. Default: Auto.")
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
    @JsonPropertyDescription("The Prometheus that reads metrics-server's own metrics.")
        Prometheus prometheus) {

  static final MonitoringSpec DEFAULT = new MonitoringSpec(null, null, null, null);

  /**
   * Fills in the schema's defaults; labels are sorted, so that they are always written the same.
   */
  public MonitoringSpec {
    serviceMonitor = requireNonNullElse(serviceMonitor, Mode.Auto);
    prometheusRule = requireNonNullElse(prometheusRule, Mode.Auto);
    labels = unmodifiableMap(new TreeMap<>(requireNonNullElse(labels, Map.of())));
  }

  /** Where Prometheus runs, and as whom. */
  public record Prometheus(
      @JsonPropertyDescription(
              "The namespace whose pods may connect to metrics-server's port, by the"
                  + " NetworkPolicy.")
          @Required
          @Size(max = 63)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
              message =
                  "monitoring.prometheus.namespace must be a namespace's name: lower-case letters,"
                      + " digits and '-', such as monitoring")
          String namespace,
      @JsonPropertyDescription(
              "The ServiceAccount in that namespace that gets the ClusterRole"
                  + " metrics-server-operator-metrics-reader, which is the right to get /metrics."
                  + " Default: none, since Prometheus' own role often has that right.")
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "monitoring.prometheus.serviceAccount must be a ServiceAccount's name: lower-case"
                      + " letters, digits, '-' and '.', such as prometheus-k8s")
          String serviceAccount) {}

  /** Whether an object is made. */
  public enum Mode {
    /** Where the cluster has its kind. */
    Auto,
    /** Never. */
    Disabled
  }
}
