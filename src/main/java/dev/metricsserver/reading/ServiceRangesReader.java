package dev.metricsserver.reading;

import dev.metricsserver.model.ServiceRanges;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** Reads the address ranges of Services, again when they are old: an administrator may add one. */
public final class ServiceRangesReader {

  private static final Duration MAXIMUM_AGE = Duration.ofSeconds(30);

  private final KubernetesClient client;
  private final Cached<String, Ranges> cached;

  /**
   * Address ranges of Services.
   *
   * @param exact whether the API server reports them; else they are the largest possible ranges
   */
  public record Ranges(List<String> cidrs, boolean exact) {}

  /** A reader that has read nothing yet. */
  public ServiceRangesReader(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.cached = new Cached<>(MAXIMUM_AGE, clock);
  }

  /**
   * The ranges as they were at most half a minute ago, as CIDRs: those of the ServiceCIDR objects
   * where the API server has these (from Kubernetes 1.33 on), else the largest possible ones.
   *
   * @throws KubernetesClientException when they cannot be read
   */
  public Ranges read() {
    return cached.get(
        "",
        () -> {
          var ranges = serviceCIDRs();
          return ranges.isEmpty()
              ? new Ranges(aroundKubernetesService(), false)
              : new Ranges(ranges, true);
        });
  }

  private List<String> serviceCIDRs() {
    try {
      return client.resources(ServiceCIDR.class).list().getItems().stream()
          .flatMap(range -> range.getSpec().getCidrs().stream())
          .toList();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
  }

  private List<String> aroundKubernetesService() {
    return RequiredReader.apiServers(client).getSpec().getClusterIPs().stream()
        .map(ServiceRanges::around)
        .toList();
  }
}
