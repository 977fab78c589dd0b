package dev.metricsserver.facts;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the cluster is, as far as decisions depend on it.
 *
 * @param apiServers where the API servers listen, from the {@code kubernetes} EndpointSlices
 * @param apiServerService the addresses and ports of the {@code kubernetes} Service
 * @param cilium whether Cilium runs the nodes' network
 * @param installed the running Deployment of ours: the memory of earlier decisions
 * @param foreign objects under our names that this operator did not make, as kind/namespace/name
 */
public record ClusterFacts(
    KubernetesVersion kubernetes,
    List<NodeFacts> nodes,
    List<Endpoint> apiServers,
    List<Endpoint> apiServerService,
    boolean cilium,
    boolean namespaceExists,
    Optional<Installed> installed,
    List<String> foreign) {

  /** An address and a TCP port. */
  public record Endpoint(String address, int port) {}

  /**
   * What the running Deployment remembers.
   *
   * @param replicas how many replicas were planned, 0 when unknown
   * @param sizedFor the number of nodes its requests were chosen for, 0 when unknown
   * @param fewerSince since when fewer replicas would do, as the Deployment's annotation has it
   * @param smallerSince since when smaller requests would do, as the Deployment's annotation has it
   */
  public record Installed(
      String version,
      int replicas,
      int sizedFor,
      Optional<Instant> fewerSince,
      Optional<Instant> smallerSince) {}
}
