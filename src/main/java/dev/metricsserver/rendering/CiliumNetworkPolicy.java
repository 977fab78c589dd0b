package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** Cilium's policy, with what is used of it. */
@Group("cilium.io")
@Version("v2")
@Plural("ciliumnetworkpolicies")
@JsonPropertyOrder({"apiVersion", "kind", "metadata", "spec"})
@JsonIgnoreProperties(ignoreUnknown = true)
public final class CiliumNetworkPolicy implements HasMetadata, Namespaced {

  private static final long serialVersionUID = 1;

  private String apiVersion = "cilium.io/v2";
  private ObjectMeta metadata;
  private Spec spec;

  /** Without anything, for whoever reads one. */
  public CiliumNetworkPolicy() {}

  CiliumNetworkPolicy(ObjectMeta metadata, Spec spec) {
    this.metadata = metadata;
    this.spec = spec;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  @Override
  public String getKind() {
    return "CiliumNetworkPolicy";
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    this.metadata = metadata;
  }

  /** What it lets through. */
  public Spec getSpec() {
    return spec;
  }

  /** For whoever reads one. */
  public void setSpec(Spec spec) {
    this.spec = spec;
  }

  /** Which pods, and what they may do. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(Selector endpointSelector, List<Rule> ingress, List<Rule> egress) {}

  /** Pods of the policy's own namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Selector(Map<String, String> matchLabels) {}

  /** A connection that is let through; those it says nothing of are not. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Rule(
      List<String> fromEntities,
      List<String> fromCIDR,
      List<String> toEntities,
      List<PortRule> toPorts) {}

  /** Ports that are let through. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PortRule(List<Port> ports) {}

  /** A port as Cilium writes it: a text. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Port(String port, String protocol) {}
}
