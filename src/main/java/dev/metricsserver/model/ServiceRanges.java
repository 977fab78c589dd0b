package dev.metricsserver.model;

import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/** Where Services have their addresses. */
public final class ServiceRanges {

  /** No API server takes a larger IPv4 range, see its flag {@code --service-cluster-ip-range}. */
  private static final int LARGEST_IPV4 = 12;

  /** As large as an API server takes one from Kubernetes 1.33 on. */
  private static final int LARGEST_IPV6 = 64;

  private ServiceRanges() {}

  /**
   * The largest range in which an address of the {@code kubernetes} Service is the first, as it is
   * in every cluster. The true one is this or smaller: whoever must not meet an address of a
   * Service is on the safe side with it.
   *
   * @param address the Service's address
   * @return a CIDR
   */
  static String around(String address) {
    var ip = Prefix.parse(address).orElseThrow();
    var network = ip.start().clearBit(0);
    var zeros = network.signum() == 0 ? ip.bits() : network.getLowestSetBit();
    var length = Math.max(ip.bits() - zeros, ip.isIPv4() ? LARGEST_IPV4 : LARGEST_IPV6);
    return new Prefix(network, length, ip.bits()).toString();
  }

  /** Reads them, and again when what was read is old: an administrator may add one. */
  public static final class Reader {

    private static final Duration OLD = Duration.ofSeconds(30);

    private final KubernetesClient client;
    private final InstantSource clock;
    private List<String> last = List.of();
    private Instant lastRead = Instant.MIN;

    /** A reader that has read nothing yet. */
    public Reader(KubernetesClient client, InstantSource clock) {
      this.client = client;
      this.clock = clock;
    }

    /**
     * The ranges as they were at most half a minute ago, as CIDRs: those of the ServiceCIDR objects
     * where the API server has these (from Kubernetes 1.33 on), else the largest that there can be.
     *
     * @throws KubernetesClientException when they cannot be read
     */
    public synchronized List<String> read() {
      var now = clock.instant();
      if (lastRead.isBefore(now.minus(OLD))) {
        var ranges = serviceCIDRs();
        last = ranges.isEmpty() ? aroundKubernetesService() : ranges;
        lastRead = now;
      }
      return last;
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
      return client
          .services()
          .inNamespace("default")
          .withName("kubernetes")
          .require()
          .getSpec()
          .getClusterIPs()
          .stream()
          .map(ServiceRanges::around)
          .toList();
    }
  }
}
