package dev.metricsserver.api;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** How metrics-server serves its API. */
public record ServingSpec(
    @JsonPropertyDescription("metrics-server's serving certificate.") TLS tls) {

  static final ServingSpec DEFAULT = new ServingSpec(null);

  /** Fills in the schema's defaults. */
  public ServingSpec {
    tls = requireNonNullElse(tls, new TLS(null, null, null, null, null));
  }

  /** Metrics-server's serving certificate, and how it is spoken to. */
  @ValidationRule(
      value = "has(self.secret) == (has(self.source) && self.source == 'Secret')",
      message =
          "serving.tls.secret names your Secret where serving.tls.source is Secret, and only there:"
              + " set both or none")
  @ValidationRule(
      value =
          "!has(self.cipherSuites) || size(self.cipherSuites) == 0 || !has(self.minVersion) ||"
              + " self.minVersion != 'VersionTLS13'",
      message =
          "serving.tls.cipherSuites are those of TLS 1.2, which serving.tls.minVersion:"
              + " VersionTLS13 rules out: leave one of the two out")
  @ValidationRule(
      value = "!has(self.certManager) || (has(self.source) && self.source == 'CertManager')",
      message =
          "serving.tls.certManager says who issues where serving.tls.source is CertManager: set"
              + " that too, or leave certManager out")
  public record TLS(
      @JsonPropertyDescription(
              "Where the certificate comes from. Operator: from a CA of the operator's own, in two"
                  + " Secrets in metrics-server's namespace; renewed after 60 of its 90 days, and"
                  + " verified by the API servers. SelfSigned: each pod makes its own, which the"
                  + " API servers cannot verify, so that whoever answers at metrics-server's"
                  + " address is believed. Secret: from"
                  + " secret, which you renew. CertManager: cert-manager issues and renews it, and"
                  + " the API servers verify it by the CA that it gives beside it (ca.crt)."
                  + " Default: Operator.")
          @Default("Operator")
          Source source,
      @JsonPropertyDescription(
              "Your certificate, where source is Secret. The operator must be allowed to read it,"
                  + " and looks every half minute. The pods serve a copy, as soon as the API"
                  + " servers trust its CA, so certificate and CA may change at once. Default:"
                  + " none.")
          SecretReference secret,
      @JsonPropertyDescription(
              "Who issues, where source is CertManager. Default: a CA that cert-manager keeps for"
                  + " metrics-server alone.")
          CertManager certManager,
      @JsonPropertyDescription(
              "The oldest version of TLS that metrics-server speaks. Default: VersionTLS12.")
          @Default("VersionTLS12")
          Version minVersion,
      @JsonPropertyDescription(
              "The cipher suites that metrics-server takes part in with TLS 1.2; of TLS 1.3 there"
                  + " are none to choose. At most 6. Default: all that it knows and that are"
                  + " considered safe.")
          @Size(max = 6)
          @ValidationRule(
              value = "size(self) == 0 || self.exists(s, s.endsWith('_AES_128_GCM_SHA256'))",
              message =
                  "serving.tls.cipherSuites must have one that HTTP/2 requires, or metrics-server"
                      + " does not start: add TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
          List<CipherSuite> cipherSuites) {

    /** Fills in the schema's defaults. */
    public TLS {
      source = requireNonNullElse(source, Source.Operator);
      minVersion = requireNonNullElse(minVersion, Version.VersionTLS12);
      cipherSuites = List.copyOf(requireNonNullElse(cipherSuites, List.of()));
    }
  }

  /** A certificate with its key and its CA. */
  public record SecretReference(
      @JsonPropertyDescription(
              "A Secret in metrics-server's namespace with tls.crt, for the DNS name"
                  + " metrics-server.NAMESPACE.svc; tls.key; and ca.crt, the CA that signed it.")
          @Required
          @Size(max = 253)
          @ValidationRule(
              value =
                  "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$') && !(self in"
                      + " ['metrics-server-serving-cert', 'metrics-server-serving-ca'])",
              message =
                  "serving.tls.secret.name must be the name of a Secret of yours, in lower-case"
                      + " letters, digits, '-' and '.'; metrics-server-serving-cert and"
                      + " metrics-server-serving-ca are the operator's own")
          String name) {}

  /** How cert-manager issues the certificate. */
  public record CertManager(
      @JsonPropertyDescription("The issuer.") @Required IssuerReference issuerRef) {}

  /** An issuer of cert-manager. */
  public record IssuerReference(
      @JsonPropertyDescription("Its name; an Issuer is in metrics-server's namespace.")
          @Required
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "serving.tls.certManager.issuerRef.name must be an issuer's name: lower-case"
                      + " letters, digits, '-' and '.'")
          String name,
      @JsonPropertyDescription(
              "Issuer, ClusterIssuer, or a kind of another group. Default: Issuer.")
          @Default("Issuer")
          @Size(max = 63)
          @ValidationRule(
              value = "self.matches('^[A-Z][A-Za-z0-9]*$')",
              message =
                  "serving.tls.certManager.issuerRef.kind must be a kind, such as ClusterIssuer")
          String kind,
      @JsonPropertyDescription("The kind's API group. Default: cert-manager.io.")
          @Default("cert-manager.io")
          @Size(max = 253)
          @ValidationRule(
              value = "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
              message =
                  "serving.tls.certManager.issuerRef.group must be an API group, such as"
                      + " cert-manager.io")
          String group) {

    /** Fills in the schema's defaults. */
    public IssuerReference {
      kind = requireNonNullElse(kind, "Issuer");
      group = requireNonNullElse(group, "cert-manager.io");
    }
  }

  /** Where the serving certificate comes from. */
  public enum Source {
    /** From the operator's own CA. */
    Operator,
    /** From cert-manager. */
    CertManager,
    /** From a Secret of the user. */
    Secret,
    /** From metrics-server itself, unverified. */
    SelfSigned
  }

  /** A version of TLS, by metrics-server's name for it. */
  public enum Version {
    /** TLS 1.2. */
    VersionTLS12,
    /** TLS 1.3. */
    VersionTLS13
  }

  /**
   * A cipher suite of TLS 1.2 with forward secrecy and authenticated encryption, by IANA's name.
   */
  public enum CipherSuite {
    /** For elliptic-curve certificates, as the operator's are. */
    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    /** For elliptic-curve certificates. */
    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    /** For elliptic-curve certificates. */
    TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    /** For RSA certificates. */
    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    /** For RSA certificates. */
    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    /** For RSA certificates. */
    TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
  }
}
