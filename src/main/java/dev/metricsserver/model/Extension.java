package dev.metricsserver.model;

/** Kinds of other projects of which the operator writes objects where the cluster has them. */
public enum Extension {
  /** Cilium's network policies. */
  CILIUM_NETWORK_POLICY("cilium.io", "v2", "ciliumnetworkpolicies"),
  /** Which endpoints Prometheus scrapes, by Prometheus Operator. */
  SERVICE_MONITOR("monitoring.coreos.com", "v1", "servicemonitors"),
  /** Prometheus' alerting rules, by Prometheus Operator. */
  PROMETHEUS_RULE("monitoring.coreos.com", "v1", "prometheusrules"),
  /** A certificate that cert-manager keeps in a Secret. */
  CERTIFICATE("cert-manager.io", "v1", "certificates"),
  /** What signs certificates for cert-manager. */
  ISSUER("cert-manager.io", "v1", "issuers");

  private final String group;
  private final String version;
  private final String resource;

  Extension(String group, String version, String resource) {
    this.group = group;
    this.version = version;
    this.resource = resource;
  }

  /**
   * The name of the APIService that the API server creates with the group's first
   * CustomResourceDefinition and deletes with its last. It is small, and its changes raise events.
   */
  public String apiService() {
    return version + "." + group;
  }

  /** As discovery names it, such as {@code cilium.io/v2}. */
  public String groupVersion() {
    return group + "/" + version;
  }

  /** The plural of the kind, in lower case. */
  public String resource() {
    return resource;
  }
}
