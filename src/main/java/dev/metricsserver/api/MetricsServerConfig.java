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
 * How metrics-server runs in this cluster. Cluster-scoped, and one of a kind: there is one metrics
 * API in a cluster, so there is one resource, named {@value #NAME}.
 */
@JsonClassDescription(
    "How metrics-server runs in this cluster. There is one metrics API in a cluster, so there is"
        + " one such resource, named cluster; spec: {} is a complete configuration.")
@Group(MetricsServerConfig.GROUP)
@Version("v1alpha1")
@ShortNames("msc")
@ValidationRule(
    value = "self.metadata.name == 'cluster'",
    message =
        "a cluster has one metrics API, so there is one MetricsServerConfig: set metadata.name to"
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

  /** An empty resource, for deserialization: neither spec nor status is made up. */
  public MetricsServerConfig() {}

  /**
   * With nothing but a name and a status. A spec, even that of the defaults, would be refused by a
   * definition that is older than this program and does not know one of its fields.
   */
  public static MetricsServerConfig ofStatus(String name, MetricsServerConfigStatus status) {
    var config = new MetricsServerConfig();
    config.setMetadata(new ObjectMetaBuilder().withName(name).build());
    config.setStatus(status);
    config.statusAlone = true;
    return config;
  }

  /** The spec; one that is missing is the default configuration. */
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
