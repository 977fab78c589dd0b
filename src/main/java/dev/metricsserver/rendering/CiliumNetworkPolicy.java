package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** A CiliumNetworkPolicy, with the fields that the operator uses. */
@Group("cilium.io")
@Version("v2")
@Plural("ciliumnetworkpolicies")
public final class CiliumNetworkPolicy extends ThirdPartyResource<CiliumNetworkPolicy.Spec> {

  private static final long serialVersionUID = 1;

  /** Creates an empty object, for deserialization. */
  public CiliumNetworkPolicy() {}

  CiliumNetworkPolicy(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** The selected pods, and their allowed connections. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(Selector endpointSelector, List<Rule> ingress, List<Rule> egress) {}

  /** Pods of the policy's own namespace, or of the one that it names. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Selector(Map<String, String> matchLabels) {}

  /** Allowed connections; all others are blocked. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Rule(
      List<Selector> fromEndpoints,
      List<String> fromEntities,
      List<String> fromCIDR,
      List<String> toEntities,
      List<PortRule> toPorts) {}

  /** Allowed ports. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record PortRule(List<Port> ports) {}

  /** A port as Cilium writes it: a string. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Port(String port, String protocol) {}
}
