package dev.metricsserver.model;

/** Where Services have their addresses. */
public final class ServiceRanges {

  /** No API server takes a larger IPv4 range, see its flag {@code --service-cluster-ip-range}. */
  private static final int LARGEST_IPV4 = 12;

  /** As large as an API server takes one from Kubernetes 1.33 on. */
  private static final int LARGEST_IPV6 = 64;

  private ServiceRanges() {}

  /**
   * The largest range in which an address of the {@code kubernetes} Service is the first, as it is
   * in every cluster. The true range is this or smaller, so an address outside belongs to no
   * Service.
   *
   * @param address the Service's address
   * @return a CIDR
   */
  public static String around(String address) {
    var ip = Prefix.parse(address).orElseThrow();
    var network = ip.start().clearBit(0);
    var zeros = network.signum() == 0 ? ip.bits() : network.getLowestSetBit();
    var length = Math.max(ip.bits() - zeros, ip.isIPv4() ? LARGEST_IPV4 : LARGEST_IPV6);
    return new Prefix(network, length, ip.bits()).toString();
  }
}
