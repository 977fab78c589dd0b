package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** How metrics-server reaches the kubelets. */
public record KubeletSpec(
    @JsonPropertyDescription("How the kubelets' serving certificates are verified.") TLS tls,
    @JsonPropertyDescription(
            "The types of node address to connect to; the first type that a node has is used."
                + " Default: the order that the kubelets' certificates cover, usually InternalIP,"
                + " ExternalIP, Hostname."
                + "\n- Hostname: the node's host name."
                + "\n- InternalDNS: a DNS name inside the cluster."
                + "\n- InternalIP: an address inside the cluster."
                + "\n- ExternalDNS: a DNS name outside the cluster."
                + "\n- ExternalIP: an address outside the cluster.")
        @Size(max = 5)
        @OpenAPI(list = OpenAPI.ListType.set)
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
            "The nodes from which metrics-server collects metrics, by their labels; the other nodes"
                + " have no metrics. Default: all nodes.")
        LabelSelector nodeSelector,
    @JsonPropertyDescription(
            "The approval of the kubelets' requests for serving certificates (serverTLSBootstrap:"
                + " true).")
        Approval servingCertificateApproval) {

  static final KubeletSpec DEFAULT = new KubeletSpec(null, null, null, null, null, null);

  /** Applies the schema's defaults. */
  public KubeletSpec {
    tls = requireNonNullElse(tls, new TLS(null, null, null));
    addressTypes = List.copyOf(requireNonNullElse(addressTypes, List.of()));
    nodeSelector = requireNonNullElse(nodeSelector, LabelSelector.ALL);
    servingCertificateApproval = requireNonNullElse(servingCertificateApproval, Approval.DEFAULT);
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
              "Whether the kubelets' certificates are verified. Default: Auto.\n"
                  + "- Auto: kubelets are verified as soon as every kubelet certificate that the"
                  + " operator has seen is valid, and stay verified from then on; until then the"
                  + " mode is Insecure.\n"
                  + "- Verify: verified with the cluster's CA or certificateAuthority.\n"
                  + "- Insecure: not verified, so an attacker who takes over a node's address"
                  + " receives metrics-server's token.\n"
                  + "- Plaintext: unencrypted, from the kubelets' read-only port 10255 where it is"
                  + " open.")
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
      value = "has(self.configMapRef) != has(self.secretRef)",
      message =
          "kubelet.tls.certificateAuthority takes either configMapRef or secretRef, each with a"
              + " name and a key")
  public record CertificateAuthority(
      @JsonPropertyDescription("A key of a ConfigMap.") KeyReference configMapRef,
      @JsonPropertyDescription("A key of a Secret. The operator needs the right to read it.")
          KeyReference secretRef) {}

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
          LocalReference secretRef) {}

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

  /** The approval of requests for kubelets' serving certificates. */
  public record Approval(
      @JsonPropertyDescription(
              "Whether the operator approves requests. Default: Disabled."
                  + "\n- Disabled: it approves no requests."
                  + "\n- Enabled: it approves a request if every name and address in it belongs to"
                  + " that node and to no other Node, Service or API server. This needs the rights"
                  + " in deploy/csr-approval (with Helm: servingCertificateApproval.enabled=true).")
          @Default("Disabled")
          ApprovalPolicy policy,
      @JsonPropertyDescription(
              "The networks of the nodes, as CIDRs: requests with an address outside of them are"
                  + " not approved. At most 64. Default: every network.")
          @Size(max = 64)
          @OpenAPI(list = OpenAPI.ListType.set)
          @ValidationRule(
              value = ARE_CIDRS,
              message =
                  "kubelet.servingCertificateApproval.allowedCIDRs takes CIDRs, such as"
                      + " 192.168.0.0/24")
          List<@Size(max = 43) String> allowedCIDRs,
      @JsonPropertyDescription(
              "The DNS domains of the nodes: requests with a name that has a dot and is in none of"
                  + " them are not approved. At most 16. Default: every domain.")
          @Size(max = 16)
          @OpenAPI(list = OpenAPI.ListType.set)
          @ValidationRule(
              value =
                  "self.all(d,"
                      + " d.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))",
              message =
                  "kubelet.servingCertificateApproval.allowedDomains takes domains of lower-case"
                      + " letters, digits, '-' and '.', such as nodes.example.com")
          List<@Size(max = 253) String> allowedDomains,
      @JsonPropertyDescription(
              "The address ranges of Services, as CIDRs; no node gets a certificate for one of"
                  + " their addresses. At most 16. Default: the ranges that the API server reports"
                  + " (from Kubernetes 1.33 on), else the largest possible ranges; these may"
                  + " contain addresses of nodes, whose requests then wait.")
          @Size(max = 16)
          @OpenAPI(list = OpenAPI.ListType.set)
          @ValidationRule(
              value = ARE_CIDRS,
              message =
                  "kubelet.servingCertificateApproval.serviceCIDRs takes CIDRs, such as"
                      + " 10.96.0.0/12")
          List<@Size(max = 43) String> serviceCIDRs) {

    /** As far as CEL can say it; {@code plan} checks the rest. */
    private static final String ARE_CIDRS = "self.all(c, c.matches('^[0-9a-fA-F.:]+/[0-9]{1,3}$'))";

    static final Approval DEFAULT = new Approval(null, null, null, null);

    /** Applies the schema's defaults. */
    public Approval {
      policy = requireNonNullElse(policy, ApprovalPolicy.Disabled);
      allowedCIDRs = List.copyOf(requireNonNullElse(allowedCIDRs, List.of()));
      allowedDomains = List.copyOf(requireNonNullElse(allowedDomains, List.of()));
      serviceCIDRs = List.copyOf(requireNonNullElse(serviceCIDRs, List.of()));
    }
  }

  /** Whether the operator approves requests for kubelets' serving certificates. */
  public enum ApprovalPolicy {
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
