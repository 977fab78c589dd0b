package dev.metricsserver.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * The configuration of metrics-server in this cluster. Cluster-scoped. A cluster has one metrics
 * API, so there is one resource, named {@value #NAME}.
 */
@JsonClassDescription(
    "The configuration of metrics-server in this cluster. A cluster has one metrics API, so there"
        + " is one such resource, named cluster. spec: {} is a complete configuration.")
@Group(MetricsServerConfig.GROUP)
@Version("v1beta1")
@ShortNames("msc")
@ValidationRule(
    value = "self.metadata.name == 'cluster'",
    message =
        "a cluster has one metrics API and therefore one MetricsServerConfig: set metadata.name to"
            + " 'cluster'")
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(name = "Version", jsonPath = ".status.version")
@AdditionalPrinterColumn(name = "Nodes", jsonPath = ".status.nodes.coverage")
@AdditionalPrinterColumn(name = "Kubelet TLS", jsonPath = ".status.kubeletTLS.mode")
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "Message",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].message",
    priority = 1)
@AdditionalPrinterColumn(
    name = "Findings",
    jsonPath = ".status.findingCount",
    type = AdditionalPrinterColumn.Type.INTEGER,
    priority = 1)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public class MetricsServerConfig
    extends CustomResource<MetricsServerConfigSpec, MetricsServerConfigStatus> {

  /** The API group. */
  public static final String GROUP = "metricsserver.dev";

  /** The only name a MetricsServerConfig can have. */
  public static final String NAME = "cluster";

  private static final long serialVersionUID = 1L;

  private boolean statusAlone;

  /** An empty resource, for deserialization: spec and status stay null. */
  public MetricsServerConfig() {}

  /**
   * A resource with a name and a status only. An older CustomResourceDefinition would reject a
   * spec, even the default one, because it may not know one of the fields.
   */
  public static MetricsServerConfig ofStatus(String name, MetricsServerConfigStatus status) {
    var config = new MetricsServerConfig();
    config.setMetadata(new ObjectMetaBuilder().withName(name).build());
    config.setStatus(status);
    config.statusAlone = true;
    return config;
  }

  /** The spec; the default configuration if it is missing. */
  @Override
  public MetricsServerConfigSpec getSpec() {
    return spec == null && !statusAlone ? MetricsServerConfigSpec.DEFAULT : spec;
  }

  @Override
  protected MetricsServerConfigSpec initSpec() {
    return null;
  }

  @Override
  protected MetricsServerConfigStatus initStatus() {
    return null;
  }
}
