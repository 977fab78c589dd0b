package dev.metricsserver.model;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.reading.SampleKubelet;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A cluster for tests: Kubernetes 1.35, no metrics-server yet, an API server on the first node, and
 * its Service at 10.96.0.1.
 */
public final class SampleCluster {

  /** The operator's CA, as far as plans look at it. */
  public static final String TRUSTED =
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

  private KubernetesVersion kubernetes = new KubernetesVersion(1, 35);
  private final List<NodeFacts> nodes;
  private List<Endpoint> apiServers = List.of(new Endpoint("10.0.0.1", 6443));
  private List<Endpoint> service = List.of(new Endpoint("10.96.0.1", 443));
  private Cilium cilium = Cilium.NONE;
  private PrometheusKinds prometheus = new PrometheusKinds(false, false);
  private boolean namespaceExists = true;
  private ServingFacts serving =
      new ServingFacts(Optional.empty(), TRUSTED, false, Optional.empty(), false);
  private Optional<Installed> installed = Optional.empty();
  private History history = History.NONE;
  private List<UnmanagedObject> foreign = List.of();
  private List<ConflictingWrite> conflictingWrites = List.of();
  private final Map<String, Optional<Kubelet>> kubelets = new HashMap<>();
  private boolean complete = true;
  private Optional<TrustBundle> authority = Optional.empty();
  private Set<String> requested = Set.of();
  private boolean everVerified;
  private KubeletVerification kubeletVerification = KubeletVerification.Unverified;
  private List<String> addressTypes = List.of();

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

  /** With so much of Cilium. */
  public SampleCluster cilium(boolean runs, boolean policies) {
    cilium = new Cilium(runs, policies);
    return this;
  }

  /** With the kinds of Prometheus Operator. */
  public SampleCluster prometheusOperator() {
    prometheus = new PrometheusKinds(true, true);
    return this;
  }

  /** With the kinds of cert-manager. */
  public SampleCluster certManager() {
    serving =
        new ServingFacts(
            serving.registration(), serving.trusted(), serving.everywhere(), serving.given(), true);
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
                kubeletVerification,
                addressTypes,
                replicas,
                sizedFor,
                Optional.ofNullable(fewerSince),
                Optional.ofNullable(smallerSince),
                Map.of("k8s-app", "metrics-server"),
                Optional.empty(),
                Optional.empty(),
                true));
    return this;
  }

  /** With an external Deployment, adopted or not. */
  public SampleCluster takeover(
      Map<String, String> selector, Takeover takeover, Owner from, boolean ownPodReady) {
    installed =
        Optional.of(
            new Installed(
                "0.8.1",
                kubeletVerification,
                addressTypes,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                selector,
                Optional.ofNullable(takeover),
                Optional.ofNullable(from),
                ownPodReady));
    return this;
  }

  /** With changes by others of what was taken over. */
  public SampleCluster conflictingWrites(ConflictingWrite... changes) {
    conflictingWrites = List.of(changes);
    return this;
  }

  /** With this of metrics-server's own certificate. */
  public SampleCluster serving(ServingFacts facts) {
    serving = facts;
    return this;
  }

  /** With a past. */
  public SampleCluster history(History past) {
    history = past;
    return this;
  }

  /** With unmanaged objects under our names. */
  public SampleCluster foreign(UnmanagedObject... objects) {
    foreign = List.of(objects);
    return this;
  }

  /** With this kubelet on the node instead of one that the cluster signed. */
  public SampleCluster kubelet(String node, Kubelet kubelet) {
    kubelets.put(node, Optional.of(kubelet));
    return this;
  }

  /** With a node whose kubelet was not looked at yet. */
  public SampleCluster unseen(String node) {
    kubelets.put(node, Optional.empty());
    return this;
  }

  /** Before the first look at the kubelets is over. */
  public SampleCluster beforeTheFirstLook() {
    complete = false;
    return this;
  }

  /** With what there is of the CA that the user gave. */
  public SampleCluster authority(TrustBundle bundle) {
    authority = Optional.of(bundle);
    return this;
  }

  /** With nodes that asked for a serving certificate. */
  public SampleCluster everVerified() {
    everVerified = true;
    return this;
  }

  public SampleCluster requested(String... names) {
    requested = Set.of(names);
    return this;
  }

  /** With a metrics-server of ours that verifies kubelets. */
  public SampleCluster installedVerifying(String... types) {
    return installed(KubeletVerification.Verified, types);
  }

  /** With a metrics-server that verifies kubelets, or not, or of which that is unknown. */
  public SampleCluster installed(KubeletVerification verification, String... types) {
    kubeletVerification = verification;
    addressTypes = List.of(types);
    return installed("0.9.0");
  }

  /** Kubelets whose certificates the cluster signed, but for those that are said to be others. */
  public static Map<String, Kubelet> signed(List<NodeFacts> nodes) {
    return nodes.stream()
        .collect(Collectors.toMap(NodeFacts::name, SampleKubelet::signed, (one, other) -> one));
  }

  private Map<String, Kubelet> seen() {
    var seen = new HashMap<>(signed(nodes));
    kubelets.forEach((node, kubelet) ->
        kubelet.ifPresentOrElse(k -> seen.put(node, k), () -> seen.remove(node)));
    return Map.copyOf(seen);
  }

  /** What it is. */
  public ClusterFacts facts() {
    return new ClusterFacts(
        kubernetes,
        nodes,
        new ClusterFacts.APIServers(apiServers, service),
        cilium,
        prometheus,
        namespaceExists,
        new KubeletFacts(seen(), complete, authority, requested, everVerified),
        serving,
        installed,
        history,
        foreign,
        conflictingWrites);
  }
}
