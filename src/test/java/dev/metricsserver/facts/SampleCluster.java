package dev.metricsserver.facts;

import dev.metricsserver.facts.ClusterFacts.Endpoint;
import dev.metricsserver.facts.ClusterFacts.Installed;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A cluster for tests: Kubernetes 1.35, no metrics-server yet, an API server on the first node, and
 * its Service at 10.96.0.1.
 */
public final class SampleCluster {

  private KubernetesVersion kubernetes = new KubernetesVersion(1, 35);
  private final List<NodeFacts> nodes;
  private List<Endpoint> apiServers = List.of(new Endpoint("10.0.0.1", 6443));
  private List<Endpoint> service = List.of(new Endpoint("10.96.0.1", 443));
  private boolean cilium;
  private boolean namespaceExists = true;
  private Optional<Installed> installed = Optional.empty();
  private List<String> foreign = List.of();

  private SampleCluster(NodeFacts... nodes) {
    this.nodes = List.of(nodes);
  }

  /** With these nodes. */
  public static SampleCluster of(NodeFacts... nodes) {
    return new SampleCluster(nodes);
  }

  /** With node-1 to node-{@code count}. */
  public static SampleCluster ofNodes(int count) {
    return new SampleCluster(SampleNode.many(count));
  }

  /** Of another Kubernetes version. */
  public SampleCluster kubernetes(String version) {
    kubernetes = KubernetesVersion.parse(version);
    return this;
  }

  /** With API servers elsewhere. */
  public SampleCluster apiServers(Endpoint... endpoints) {
    apiServers = List.of(endpoints);
    return this;
  }

  /** With other addresses of the Service of the API servers. */
  public SampleCluster service(Endpoint... endpoints) {
    service = List.of(endpoints);
    return this;
  }

  /** With Cilium. */
  public SampleCluster cilium() {
    cilium = true;
    return this;
  }

  /** Without the namespace that metrics-server is to run in. */
  public SampleCluster withoutNamespace() {
    namespaceExists = false;
    return this;
  }

  /** With a metrics-server of ours. */
  public SampleCluster installed(String version) {
    return installed(version, 2, 100, null, null);
  }

  /**
   * With a metrics-server of ours.
   *
   * @param fewerSince since when fewer replicas would do, or null
   * @param smallerSince since when smaller requests would do, or null
   */
  public SampleCluster installed(
      String version, int replicas, int sizedFor, Instant fewerSince, Instant smallerSince) {
    installed =
        Optional.of(
            new Installed(
                version,
                replicas,
                sizedFor,
                Optional.ofNullable(fewerSince),
                Optional.ofNullable(smallerSince)));
    return this;
  }

  /** With objects under our names that somebody else made. */
  public SampleCluster foreign(String... objects) {
    foreign = List.of(objects);
    return this;
  }

  /** What it is. */
  public ClusterFacts facts() {
    return new ClusterFacts(
        kubernetes, nodes, apiServers, service, cilium, namespaceExists, installed, foreign);
  }
}
