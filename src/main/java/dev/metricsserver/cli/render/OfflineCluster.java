package dev.metricsserver.cli.render;

import dev.metricsserver.model.Cilium;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.APIServers;
import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.History;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.Platform;
import dev.metricsserver.model.ServingFacts;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** A cluster that is known by the command line's options alone. */
public final class OfflineCluster {

  private OfflineCluster() {}

  /**
   * Its facts: alike nodes that are ready and can take metrics-server, of which neither addresses
   * nor certificates are known.
   *
   * @param apiServers where the API servers listen, as far as it was said
   */
  public static ClusterFacts facts(
      KubernetesVersion kubernetes,
      int nodes,
      Platform platform,
      List<Endpoint> apiServers,
      boolean prometheus) {
    return new ClusterFacts(
        kubernetes,
        IntStream.rangeClosed(1, nodes).mapToObj(i -> node("node-" + i, platform)).toList(),
        new APIServers(apiServers, List.of()),
        // A CiliumNetworkPolicy, when it is asked for by name.
        new Cilium(false, true),
        // The same for Prometheus Operator: it is asked for by naming a Prometheus.
        new PrometheusKinds(prometheus, prometheus),
        true,
        new KubeletFacts(Map.of(), true, Optional.empty(), Set.of(), false),
        ServingFacts.NONE,
        Optional.empty(),
        History.NONE,
        List.of(),
        List.of());
  }

  /** A node with the marks by which its platform is recognised. */
  public static NodeFacts node(String name, Platform platform) {
    var labels = new HashMap<>(Map.of("kubernetes.io/os", "linux", "kubernetes.io/hostname", name));
    switch (platform) {
      case EKS -> labels.put("eks.amazonaws.com/nodegroup", "default");
      case Fargate -> labels.put("eks.amazonaws.com/compute-type", "fargate");
      case GKE -> labels.put("cloud.google.com/gke-nodepool", "default");
      case AKS -> labels.put("kubernetes.azure.com/cluster", "default");
      case OpenShift -> labels.put("node.openshift.io/os_id", "rhcos");
      case Minikube -> labels.put("minikube.k8s.io/name", "minikube");
      default -> {}
    }
    return new NodeFacts(
        name,
        labels,
        List.of(new Address("Hostname", name)),
        List.of(),
        List.of(),
        List.of(),
        true,
        Instant.EPOCH,
        10250,
        Instant.EPOCH,
        new NodeFacts.Software(
            platform == Platform.Talos ? "Talos (unknown)" : "Linux",
            switch (platform) {
              case K3s -> "+k3s1";
              case RKE2 -> "+rke2r1";
              default -> "";
            }),
        platform == Platform.Kind ? "kind://" : "");
  }
}
