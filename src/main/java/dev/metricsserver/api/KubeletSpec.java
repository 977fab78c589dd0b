package dev.metricsserver.api;

import static java.util.Collections.unmodifiableMap;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How metrics-server reaches the kubelets. */
public record KubeletSpec(
    @JsonPropertyDescription("How the kubelets' serving certificates are checked.") TLS tls,
    @JsonPropertyDescription(
            "The kinds of node address to dial, the first that a node has wins. Default:"
                + " InternalIP, ExternalIP, Hostname.")
        @Size(max = 5)
        List<AddressType> addressTypes,
    @JsonPropertyDescription(
            "The kubelets' TCP port, 1 to 65535. Default: the one that each node reports, which is"
                + " 10250 nearly everywhere.")
        @Min(1)
        @Max(65535)
        Integer port,
    @JsonPropertyDescription(
            "How long one kubelet may take to answer, as a duration with a unit (ms, s, m): at most"
                + " 0.9 times metricResolution. Default: 10s, or 0.9 times metricResolution where"
                + " that is less.")
        @Size(max = 32)
        @ValidationRule(
            value =
                "self."
                    + MetricsServerConfigSpec.IS_DURATION
                    + " && duration(self).getMilliseconds() >= 1000",
            message = "kubelet.requestTimeout must be a duration of 1s or more, such as 10s")
        String requestTimeout,
    @JsonPropertyDescription(
            "Only nodes with all of these labels are asked for metrics; the others have none. At"
                + " most 16. Default: all nodes.")
        @Size(max = 16)
        @ValidationRule(
            value = SchedulingSpec.ARE_LABELS,
            message =
                "kubelet.nodeSelector takes labels as nodes have them, such as"
                    + " topology.kubernetes.io/zone: eu-1a; letters, digits, '-', '_' and '.', with"
                    + " a letter or digit at both ends")
        Map<String, @Size(max = 63) String> nodeSelector) {

  static final KubeletSpec DEFAULT = new KubeletSpec(null, null, null, null, null);

  /**
   * Fills in the schema's defaults; labels are sorted, so that they are always written the same.
   */
  public KubeletSpec {
    tls = requireNonNullElse(tls, new TLS(null));
    addressTypes = List.copyOf(requireNonNullElse(addressTypes, List.of()));
    nodeSelector = unmodifiableMap(new TreeMap<>(requireNonNullElse(nodeSelector, Map.of())));
  }

  /** How the kubelets' serving certificates are checked. */
  public record TLS(
      @JsonPropertyDescription(
              "Verify: against the cluster's CA. Insecure: not at all, so that whoever answers on a"
                  + " node's address receives metrics-server's token. Default: Verify.")
          @Default("Verify")
          TLSMode mode) {

    /** Fills in the schema's defaults. */
    public TLS {
      mode = requireNonNullElse(mode, TLSMode.Verify);
    }
  }

  /** Whether the kubelets' serving certificates are verified. */
  public enum TLSMode {
    /** Verified by the cluster's CA. */
    Verify,
    /** Accepted as they are. */
    Insecure
  }

  /** The kinds of address a node reports. */
  public enum AddressType {
    /** The node's name for itself. */
    Hostname,
    /** A DNS name inside the cluster. */
    InternalDNS,
    /** An address inside the cluster. */
    InternalIP,
    /** A DNS name seen from outside. */
    ExternalDNS,
    /** An address seen from outside. */
    ExternalIP
  }
}
