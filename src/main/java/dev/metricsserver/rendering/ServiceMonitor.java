package dev.metricsserver.rendering;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;
import java.util.Map;

/** What Prometheus Operator tells Prometheus to read, with what is used of it. */
@Group("monitoring.coreos.com")
@Version("v1")
@Plural("servicemonitors")
public final class ServiceMonitor extends ThirdPartyResource<ServiceMonitor.Spec> {

  private static final long serialVersionUID = 1;

  /** Without anything, for whoever reads one. */
  public ServiceMonitor() {}

  ServiceMonitor(ObjectMeta metadata, Spec spec) {
    super(metadata, spec);
  }

  /** Services of the monitor's own namespace, and what to read of them. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(Selector selector, List<Endpoint> endpoints) {}

  /** By labels. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Selector(Map<String, String> matchLabels) {}

  /** A port, by its name. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Endpoint(String port, String scheme, String bearerTokenFile, TLS tlsConfig) {}

  /** How the server is verified, or that it is not. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record TLS(String serverName, CA ca, Boolean insecureSkipVerify) {}

  /** By whom. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CA(Key secret) {}

  /** A key of a Secret in the monitor's namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Key(String name, String key) {}
}
