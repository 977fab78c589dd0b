package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** The connections to and from metrics-server that are allowed. */
public record NetworkPolicySpec(
    @JsonPropertyDescription(
            "The kind of policy that the operator creates. Default: Auto."
                + "\n- Auto: a CiliumNetworkPolicy if Cilium is the network plugin of the nodes,"
                + " because there an address rule of a NetworkPolicy never matches a node; else a"
                + " NetworkPolicy."
                + "\n- Kubernetes: a NetworkPolicy."
                + "\n- Cilium: a CiliumNetworkPolicy."
                + "\n- Disabled: none.")
        @Default("Auto")
        Mode mode,
    @JsonPropertyDescription(
            "The addresses from which the API servers connect, as CIDRs, for a control plane whose"
                + " machines are not nodes of the cluster. At most 16. Default: the addresses of"
                + " the API servers if these are nodes, else every address.")
        @Size(max = 16)
        @OpenAPI(list = OpenAPI.ListType.set)
        @ValidationRule(
            value = "self.all(c, c.matches('^[0-9a-fA-F.:]+/[0-9]{1,3}$'))",
            message =
                "networkPolicy.controlPlaneCIDRs takes CIDRs, such as 10.0.0.0/28 or 10.0.0.5/32")
        List<@Size(max = 43) String> controlPlaneCIDRs) {

  static final NetworkPolicySpec DEFAULT = new NetworkPolicySpec(null, null);

  /** Applies the schema's defaults. */
  public NetworkPolicySpec {
    mode = requireNonNullElse(mode, Mode.Auto);
    controlPlaneCIDRs = List.copyOf(requireNonNullElse(controlPlaneCIDRs, List.of()));
  }

  /** The kind of policy that the operator creates. */
  public enum Mode {
    /** The kind that works with the cluster's network plugin. */
    Auto,
    /** A NetworkPolicy. */
    Kubernetes,
    /** A CiliumNetworkPolicy. */
    Cilium,
    /** None. */
    Disabled
  }
}
