package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** A ServiceMonitor of Prometheus Operator, with the fields that the operator uses. */
@Group("monitoring.coreos.com")
@Version("v1")
@Plural("servicemonitors")
public final class ServiceMonitor extends ThirdPartyResource<ServiceMonitor.Spec> {

  private static final long serialVersionUID = 1;

  /** Creates an empty object, for deserialization. */
  public ServiceMonitor() {}

  ServiceMonitor(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** The Services of the monitor's namespace, and their endpoints to scrape. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(Selector selector, List<Endpoint> endpoints) {}

  /** Selects by labels. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Selector(Map<String, String> matchLabels) {}

  /** A named port to scrape. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Endpoint(String port, String scheme, String bearerTokenFile, TLS tlsConfig) {}

  /** How Prometheus verifies the server, or that it does not. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record TLS(String serverName, CA ca, Boolean insecureSkipVerify) {}

  /** The CA that verifies the server. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CA(Key secret) {}

  /** A key of a Secret in the monitor's namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Key(String name, String key) {}
}
