package dev.metricsserver.model;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What brought a node into the cluster, recognised by the marks that it leaves on the Node object.
 * A cloud's {@code providerID} is no mark: self-made clusters on its machines have it too.
 */
public enum Platform {
  /** By {@code nodeInfo.osImage}, such as {@code Talos (v1.13.2)}: talos, machined's os-release. */
  Talos,
  /** By the suffix {@code +k3s1} of the kubelet's version: k3s-io/k3s, its version script. */
  K3s,
  /** By the suffix {@code +rke2r1} of the kubelet's version: rancher/rke2, its version script. */
  RKE2,
  /**
   * By {@code eks.amazonaws.com/nodegroup}, which a managed node group sets, or {@code -eks-} in
   * the kubelet's version, as Amazon builds it: Amazon EKS user guide.
   */
  EKS,
  /** By {@code eks.amazonaws.com/compute-type: fargate}: Amazon EKS user guide. */
  Fargate,
  /**
   * By {@code cloud.google.com/gke-nodepool}, or {@code -gke.} in the kubelet's version: Google
   * Kubernetes Engine's documentation.
   */
  GKE,
  /** By {@code kubernetes.azure.com/cluster}: Azure/AgentBaker, the kubelet's node labels. */
  AKS,
  /**
   * By {@code node.openshift.io/os_id}, or an {@code osImage} of Red Hat Enterprise Linux CoreOS:
   * openshift/machine-config-operator, the kubelet's unit.
   */
  OpenShift,
  /** By {@code minikube.k8s.io/name}: kubernetes/minikube, which labels its nodes. */
  Minikube,
  /** By a {@code providerID} of {@code kind://}: kubernetes-sigs/kind, its kubeadm config. */
  Kind,
  /** Whatever leaves no mark: kubeadm, kOps, Kubespray, by hand. */
  Kubeadm;

  private static final Pattern TALOS = Pattern.compile("Talos \\(v([0-9][^)]*)\\)");

  /** The platform of a node. */
  public static Platform of(NodeFacts node) {
    var labels = node.labels();
    var version = node.software().kubeletVersion();
    if (node.software().osImage().startsWith("Talos ")) {
      return Talos;
    }
    if (version.contains("+k3s")) {
      return K3s;
    }
    if (version.contains("+rke2")) {
      return RKE2;
    }
    if ("fargate".equals(labels.get("eks.amazonaws.com/compute-type"))) {
      return Fargate;
    }
    if (labels.containsKey("eks.amazonaws.com/nodegroup") || version.contains("-eks-")) {
      return EKS;
    }
    if (labels.containsKey("cloud.google.com/gke-nodepool") || version.contains("-gke.")) {
      return GKE;
    }
    if (labels.containsKey("kubernetes.azure.com/cluster")) {
      return AKS;
    }
    if (labels.containsKey("node.openshift.io/os_id")
        || node.software().osImage().startsWith("Red Hat Enterprise Linux CoreOS")) {
      return OpenShift;
    }
    if (labels.containsKey("minikube.k8s.io/name")) {
      return Minikube;
    }
    return node.providerID().startsWith("kind://") ? Kind : Kubeadm;
  }

  /** The version of Talos that a node runs, such as 1.13.2; none when it runs something else. */
  public static Optional<String> talosVersion(NodeFacts node) {
    var matcher = TALOS.matcher(node.software().osImage());
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
