package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Who may connect to metrics-server, and where it may connect to. */
public record NetworkPolicySpec(
    @JsonPropertyDescription(
            "Auto: a CiliumNetworkPolicy where Cilium runs the nodes' network, because an address"
                + " rule of a NetworkPolicy never matches a node there; else a NetworkPolicy."
                + " Kubernetes: a NetworkPolicy. Cilium: a CiliumNetworkPolicy. Disabled: none."
                + " Default: Auto.")
        @Default("Auto")
        Mode mode,
    @JsonPropertyDescription(
            "Where the API servers connect from, as CIDRs, for a control plane whose machines are"
                + " not nodes of the cluster. At most 16. Default: the API servers' own addresses"
                + " where these are nodes, else everywhere.")
        @Size(max = 16)
        @ValidationRule(
            value = "self.all(c, c.matches('^[0-9a-fA-F.:]+/[0-9]{1,3}$'))",
            message =
                "networkPolicy.controlPlaneCIDRs takes CIDRs, such as 10.0.0.0/28 or 10.0.0.5/32")
        List<@Size(max = 43) String> controlPlaneCIDRs) {

  static final NetworkPolicySpec DEFAULT = new NetworkPolicySpec(null, null);

  /** Fills in the schema's defaults. */
  public NetworkPolicySpec {
    mode = requireNonNullElse(mode, Mode.Auto);
    controlPlaneCIDRs = List.copyOf(requireNonNullElse(controlPlaneCIDRs, List.of()));
  }

  /** Which kind of policy is written. */
  public enum Mode {
    /** What fits the cluster's network. */
    Auto,
    /** A NetworkPolicy. */
    Kubernetes,
    /** A CiliumNetworkPolicy. */
    Cilium,
    /** None. */
    Disabled
  }
}
