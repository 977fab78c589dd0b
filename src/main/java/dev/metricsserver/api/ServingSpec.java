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

  /** Applies the schema's defaults. */
  public ServingSpec {
    tls = requireNonNullElse(tls, new TLS(null, null, null, null, null));
  }

  /** Metrics-server's serving certificate and TLS settings. */
  @ValidationRule(
      value = "has(self.secretRef) == (has(self.source) && self.source == 'Secret')",
      message =
          "serving.tls.secretRef is required if serving.tls.source is Secret, and allowed only"
              + " then: set both or none")
  @ValidationRule(
      value =
          "!has(self.cipherSuites) || size(self.cipherSuites) == 0 || !has(self.minVersion) ||"
              + " self.minVersion != 'VersionTLS13'",
      message =
          "serving.tls.cipherSuites apply to TLS 1.2, which serving.tls.minVersion: VersionTLS13"
              + " disables: leave one of the two out")
  @ValidationRule(
      value = "!has(self.certManager) || (has(self.source) && self.source == 'CertManager')",
      message =
          "serving.tls.certManager requires serving.tls.source: CertManager: set that too, or leave"
              + " certManager out")
  public record TLS(
      @JsonPropertyDescription(
              "The source of the certificate. Default: Operator.\n"
                  + "- Operator: the operator issues it from its own CA, stores both in two Secrets"
                  + " in metrics-server's namespace, and renews it after 60 of its 90 days; the API"
                  + " servers verify it.\n"
                  + "- CertManager: cert-manager issues and renews it, and the API servers verify"
                  + " it with the CA in ca.crt.\n"
                  + "- Secret: your certificate in a Secret, which you renew.\n"
                  + "- SelfSigned: each pod generates its own, which the API servers cannot verify:"
                  + " an attacker who takes over metrics-server's address can answer instead.")
          @Default("Operator")
          Source source,
      @JsonPropertyDescription(
              "Your certificate, if source is Secret. The operator needs the right to read it, and"
                  + " reads it every 30 seconds. The pods serve a copy as soon as the API servers"
                  + " trust its CA, so you can replace certificate and CA together. Default: none.")
          SecretReference secretRef,
      @JsonPropertyDescription(
              "The issuer, if source is CertManager. Default: a CA that cert-manager maintains for"
                  + " metrics-server only.")
          CertManager certManager,
      @JsonPropertyDescription(
              "The minimum TLS version of metrics-server's API. Default: VersionTLS12."
                  + "\n- VersionTLS12: TLS 1.2."
                  + "\n- VersionTLS13: TLS 1.3.")
          @Default("VersionTLS12")
          Version minVersion,
      @JsonPropertyDescription(
              "The cipher suites that metrics-server accepts for TLS 1.2. TLS 1.3 cipher suites"
                  + " cannot be configured. At most 6. Default: all secure cipher suites that"
                  + " metrics-server supports."
                  + "\n- TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: for elliptic-curve certificates,"
                  + " such as the operator's."
                  + "\n- TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: for elliptic-curve certificates."
                  + "\n- TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: for elliptic-curve"
                  + " certificates."
                  + "\n- TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: for RSA certificates."
                  + "\n- TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: for RSA certificates."
                  + "\n- TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: for RSA certificates.")
          @Size(max = 6)
          @OpenAPI(list = OpenAPI.ListType.set)
          @ValidationRule(
              value = "size(self) == 0 || self.exists(s, s.endsWith('_AES_128_GCM_SHA256'))",
              message =
                  "serving.tls.cipherSuites must include a cipher suite that HTTP/2 requires, or"
                      + " metrics-server does not start: add"
                      + " TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
          List<CipherSuite> cipherSuites) {

    /** Applies the schema's defaults. */
    public TLS {
      source = requireNonNullElse(source, Source.Operator);
      minVersion = requireNonNullElse(minVersion, Version.VersionTLS12);
      cipherSuites = List.copyOf(requireNonNullElse(cipherSuites, List.of()));
    }
  }

  /** A certificate with its key and its CA. */
  public record SecretReference(
      @JsonPropertyDescription(
              "A Secret in metrics-server's namespace with the keys tls.crt (a certificate for the"
                  + " DNS name metrics-server.NAMESPACE.svc), tls.key, and ca.crt (the CA that"
                  + " signed it).")
          @Required
          @Size(max = 253)
          @ValidationRule(
              value =
                  "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$') && !(self in"
                      + " ['metrics-server-serving-cert', 'metrics-server-serving-ca'])",
              message =
                  "serving.tls.secretRef.name must be the name of your Secret, in lower-case"
                      + " letters, digits, '-' and '.'; metrics-server-serving-cert and"
                      + " metrics-server-serving-ca are reserved for the operator")
          String name) {}

  /** How cert-manager issues the certificate. */
  public record CertManager(
      @JsonPropertyDescription("The issuer.") @Required IssuerReference issuerRef) {}

  /** An issuer of cert-manager. */
  public record IssuerReference(
      @JsonPropertyDescription(
              "The issuer's name. An Issuer must be in metrics-server's namespace.")
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

    /** Applies the schema's defaults. */
    public IssuerReference {
      kind = requireNonNullElse(kind, "Issuer");
      group = requireNonNullElse(group, "cert-manager.io");
    }
  }

  /** The source of the serving certificate. */
  public enum Source {
    /** From the operator's own CA. */
    Operator,
    /** From cert-manager. */
    CertManager,
    /** From a Secret of the user. */
    Secret,
    /** From metrics-server itself, not verified. */
    SelfSigned
  }

  /** A TLS version, by the name that metrics-server uses. */
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
    /** For elliptic-curve certificates, such as those of the operator. */
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
