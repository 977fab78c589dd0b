package dev.metricsserver.api;

import static java.util.Collections.unmodifiableMap;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How metrics-server reaches the kubelets. */
public record KubeletSpec(
    @JsonPropertyDescription("How the kubelets' serving certificates are verified.") TLS tls,
    @JsonPropertyDescription(
            "The types of node address to connect to; the first type that a node has is used."
                + " Default: InternalIP, ExternalIP, Hostname.")
        @Size(max = 5)
        List<AddressType> addressTypes,
    @JsonPropertyDescription(
            "The kubelets' TCP port, 1 to 65535. Default: the port that each node reports, usually"
                + " 10250.")
        @Min(1)
        @Max(65535)
        Integer port,
    @JsonPropertyDescription(
            "The time within which a kubelet must answer, as a duration with a unit (ms, s, m): at"
                + " most 0.9 times metricResolution. Default: the smaller of 10s and 0.9 times"
                + " metricResolution.")
        @Size(max = 32)
        @ValidationRule(
            value =
                "self."
                    + MetricsServerConfigSpec.IS_DURATION
                    + " && duration(self).getMilliseconds() >= 1000",
            message = "kubelet.requestTimeout must be a duration of 1s or more, such as 10s")
        String requestTimeout,
    @JsonPropertyDescription(
            "metrics-server collects metrics only from nodes with all of these labels; the other"
                + " nodes have no metrics. At most 16. Default: all nodes.")
        @Size(max = 16)
        @ValidationRule(
            value = SchedulingSpec.ARE_LABELS,
            message =
                "kubelet.nodeSelector takes labels as nodes have them, such as"
                    + " topology.kubernetes.io/zone: eu-1a; letters, digits, '-', '_' and '.', with"
                    + " a letter or digit at both ends")
        Map<String, @Size(max = 63) String> nodeSelector,
    @JsonPropertyDescription(
            "Enabled: the operator approves certificate requests of kubelets (serverTLSBootstrap:"
                + " true) if every name and address in the request belongs to that node and to no"
                + " other Node, Service or API server. This needs the rights in deploy/csr-approval"
                + " (with Helm: servingCertificateApproval.enabled=true). Disabled: the operator"
                + " approves no requests. Default: Disabled.")
        @Default("Disabled")
        Approval servingCertificateApproval) {

  static final KubeletSpec DEFAULT = new KubeletSpec(null, null, null, null, null, null);

  /**
   * Applies the schema's defaults. Sorts the labels, so that equal labels are always written alike.
   */
  public KubeletSpec {
    tls = requireNonNullElse(tls, new TLS(null, null, null));
    addressTypes = List.copyOf(requireNonNullElse(addressTypes, List.of()));
    nodeSelector = unmodifiableMap(new TreeMap<>(requireNonNullElse(nodeSelector, Map.of())));
    servingCertificateApproval = requireNonNullElse(servingCertificateApproval, Approval.Disabled);
  }

  /** How the kubelets' serving certificates are verified. */
  @ValidationRule(
      value =
          "!has(self.certificateAuthority) || !has(self.mode) || self.mode in ['Auto', 'Verify']",
      message =
          "kubelet.tls.certificateAuthority verifies, so kubelet.tls.mode must be Auto or Verify:"
              + " leave one of the two out")
  @ValidationRule(
      value = "!has(self.clientCertificate) || !has(self.mode) || self.mode != 'Plaintext'",
      message =
          "kubelet.tls.clientCertificate needs TLS, so kubelet.tls.mode cannot be Plaintext: leave"
              + " one of the two out")
  public record TLS(
      @JsonPropertyDescription(
              "Auto: kubelets are verified as soon as every kubelet certificate that the operator"
                  + " has seen is valid, and stay verified from then on; until then the mode is"
                  + " Insecure. Verify: verified with the cluster's CA or certificateAuthority."
                  + " Insecure: not verified, so an attacker who takes over a node's address"
                  + " receives metrics-server's token. Plaintext: unencrypted, from the kubelets'"
                  + " read-only port 10255 where it is open. Default: Auto.")
          @Default("Auto")
          TLSMode mode,
      @JsonPropertyDescription(
              "The CA that verifies the kubelets' serving certificates, as PEM in a ConfigMap or a"
                  + " Secret in metrics-server's namespace. Default: the cluster's CA.")
          CertificateAuthority certificateAuthority,
      @JsonPropertyDescription(
              "A client certificate for kubelets that do not accept ServiceAccount tokens. Default:"
                  + " metrics-server presents the token of its ServiceAccount.")
          ClientCertificate clientCertificate) {

    /** Applies the schema's defaults. */
    public TLS {
      mode = requireNonNullElse(mode, TLSMode.Auto);
    }
  }

  /** A key with a CA's certificates, in a ConfigMap or in a Secret. */
  @ValidationRule(
      value = "has(self.configMap) != has(self.secret)",
      message =
          "kubelet.tls.certificateAuthority takes either configMap or secret, each with a name and"
              + " a key")
  public record CertificateAuthority(
      @JsonPropertyDescription("A key of a ConfigMap.") KeyReference configMap,
      @JsonPropertyDescription("A key of a Secret. The operator needs the right to read it.")
          KeyReference secret) {}

  /** A key of an object in metrics-server's namespace. */
  public record KeyReference(
      @JsonPropertyDescription("The object's name.")
          @Required
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "name must be an object's name: lower-case letters, digits, '-' and '.', such as"
                      + " kubelet-serving-ca")
          String name,
      @JsonPropertyDescription("The key. Default: ca.crt.")
          @Default("ca.crt")
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[-._a-zA-Z0-9]+$')",
              message = "key must consist of letters, digits, '-', '_' and '.', such as ca.crt")
          String key) {

    /** Applies the schema's defaults. */
    public KeyReference {
      key = requireNonNullElse(key, "ca.crt");
    }
  }

  /** A client certificate with its key. */
  public record ClientCertificate(
      @JsonPropertyDescription(
              "A Secret of type kubernetes.io/tls in metrics-server's namespace. Its CN is the"
                  + " user, which must be authorized to read nodes/metrics.")
          @Required
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "kubelet.tls.clientCertificate.secretName must be a Secret's name: lower-case"
                      + " letters, digits, '-' and '.'")
          String secretName) {}

  /** Whether the kubelets' serving certificates are verified. */
  public enum TLSMode {
    /** Verified as soon as all of them are valid, and from then on. */
    Auto,
    /** Verified with the cluster's CA or the configured CA. */
    Verify,
    /** Not verified. */
    Insecure,
    /** The read-only port, unencrypted, without certificates. */
    Plaintext
  }

  /** Whether the operator approves requests for kubelets' serving certificates. */
  public enum Approval {
    /** It approves no requests. */
    Disabled,
    /** It approves requests that satisfy the approval policy. */
    Enabled
  }

  /** The types of address that a node reports. */
  public enum AddressType {
    /** The node's host name. */
    Hostname,
    /** A DNS name inside the cluster. */
    InternalDNS,
    /** An address inside the cluster. */
    InternalIP,
    /** A DNS name outside the cluster. */
    ExternalDNS,
    /** An address outside the cluster. */
    ExternalIP
  }
}
