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
        Map<String, @Size(max = 63) String> nodeSelector,
    @JsonPropertyDescription(
            "Enabled: the operator approves the kubelets' own requests for serving certificates"
                + " (serverTLSBootstrap: true), when every name and address is the node's own and"
                + " nobody else's; its rights for that are in deploy/csr-approval, with Helm"
                + " servingCertificateApproval.enabled. Disabled: it approves none. Default:"
                + " Disabled.")
        @Default("Disabled")
        Approval servingCertificateApproval) {

  static final KubeletSpec DEFAULT = new KubeletSpec(null, null, null, null, null, null);

  /**
   * Fills in the schema's defaults; labels are sorted, so that they are always written the same.
   */
  public KubeletSpec {
    tls = requireNonNullElse(tls, new TLS(null, null, null));
    addressTypes = List.copyOf(requireNonNullElse(addressTypes, List.of()));
    nodeSelector = unmodifiableMap(new TreeMap<>(requireNonNullElse(nodeSelector, Map.of())));
    servingCertificateApproval = requireNonNullElse(servingCertificateApproval, Approval.Disabled);
  }

  /** How the kubelets' serving certificates are checked. */
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
              "Auto: Verify where the certificates of all kubelets allow it, else Insecure until"
                  + " they do, and never back. Verify: against the cluster's CA or"
                  + " certificateAuthority. Insecure: not at all, so that whoever answers on a"
                  + " node's address receives metrics-server's token. Plaintext: unencrypted, from"
                  + " the kubelets' read-only port 10255, where it is open. Default: Auto.")
          @Default("Auto")
          TLSMode mode,
      @JsonPropertyDescription(
              "The CA that signed the kubelets' serving certificates, as PEM in a ConfigMap or a"
                  + " Secret in metrics-server's namespace. Default: the cluster's CA.")
          CertificateAuthority certificateAuthority,
      @JsonPropertyDescription(
              "A client certificate for kubelets that do not accept ServiceAccount tokens. Default:"
                  + " metrics-server shows the token of its ServiceAccount.")
          ClientCertificate clientCertificate) {

    /** Fills in the schema's defaults. */
    public TLS {
      mode = requireNonNullElse(mode, TLSMode.Auto);
    }
  }

  /** Where a CA's certificates are kept: in a ConfigMap or in a Secret. */
  @ValidationRule(
      value = "has(self.configMap) != has(self.secret)",
      message =
          "kubelet.tls.certificateAuthority takes either configMap or secret, each with a name and"
              + " a key")
  public record CertificateAuthority(
      @JsonPropertyDescription("A key of a ConfigMap.") KeyReference configMap,
      @JsonPropertyDescription("A key of a Secret. The operator must be allowed to read it.")
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

    /** Fills in the schema's defaults. */
    public KeyReference {
      key = requireNonNullElse(key, "ca.crt");
    }
  }

  /** A client certificate with its key. */
  public record ClientCertificate(
      @JsonPropertyDescription(
              "A Secret of type kubernetes.io/tls in metrics-server's namespace. Its CN is the user"
                  + " that kubelets let read nodes/metrics.")
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
    /** Verified as soon as all of them can be, and from then on. */
    Auto,
    /** Verified by the cluster's CA, or the one that was given. */
    Verify,
    /** Accepted as they are. */
    Insecure,
    /** There are none: the read-only port, unencrypted. */
    Plaintext
  }

  /** Whether the operator approves requests for kubelets' serving certificates. */
  public enum Approval {
    /** It approves none. */
    Disabled,
    /** It approves those that are right. */
    Enabled
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
