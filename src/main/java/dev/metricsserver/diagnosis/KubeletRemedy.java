package dev.metricsserver.diagnosis;

import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.Platform;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How to get serving certificates that verify, in the words of the platform that the nodes are of.
 *
 * <p>Approval comes before anything that makes kubelets ask for a certificate: until somebody
 * approves, such a kubelet answers nobody, {@code kubectl logs} and {@code kubectl exec} included.
 */
final class KubeletRemedy {

  /** The first Talos whose machine configuration has the kubelet in a document of its own. */
  private static final String KUBELET_DOCUMENT_SINCE = "1.14";

  private static final String APPROVE =
      Grant.APPROVAL
          + ", then kubectl patch msc cluster --type merge -p"
          + " '{\"spec\":{\"kubelet\":{\"servingCertificateApproval\":\"Enabled\"}}}'";

  private static final String SOMEBODY_APPROVES =
      "have somebody approve the kubelets' requests (kubectl get csr, kubectl certificate approve)";

  private KubeletRemedy() {}

  /**
   * What to do about nodes whose certificates are not signed.
   *
   * @param nodes at least one; the platform that the most of them are of is spoken to
   * @param ours whether the operator installed metrics-server
   * @param approving whether the operator approves requests already
   */
  static String of(List<NodeFacts> nodes, boolean ours, boolean approving) {
    var byPlatform =
        nodes.stream()
            .collect(Collectors.groupingBy(Platform::of, TreeMap::new, Collectors.toList()));
    var platform =
        byPlatform.entrySet().stream()
            .max(Comparator.comparingInt(e -> e.getValue().size()))
            .orElseThrow();
    var remedy = of(platform.getKey(), platform.getValue(), ours);
    return switch (platform.getKey()) {
      case Talos, Kubeadm, Kind, Minikube ->
          !ours
              ? remedy + "; then " + SOMEBODY_APPROVES
              : approving
                  ? remedy
                  : "first let the operator approve requests: " + APPROVE + "; then " + remedy;
      default -> remedy;
    };
  }

  private static String of(Platform platform, List<NodeFacts> nodes, boolean ours) {
    return switch (platform) {
      case Talos -> talos(nodes);
      case Kubeadm ->
          "add serverTLSBootstrap: true with kubectl -n kube-system edit configmap"
              + " kubelet-config, and on each node: echo 'serverTLSBootstrap: true' |"
              + " sudo tee -a /var/lib/kubelet/config.yaml && sudo systemctl restart kubelet";
      case Kind ->
          "for each node: docker exec %s sh -c".formatted(nodes.getFirst().name())
              + " \"echo 'serverTLSBootstrap: true' >> /var/lib/kubelet/config.yaml &&"
              + " systemctl restart kubelet\"";
      case Minikube -> "minikube start --extra-config=kubelet.rotate-server-certificates=true";
      case K3s ->
          "the node still has a certificate of an older CA: restart k3s there, systemctl restart"
              + " k3s on servers and systemctl restart k3s-agent on agents";
      case RKE2 ->
          "the node still has a certificate of an older CA: restart RKE2 there, systemctl restart"
              + " rke2-server on servers and systemctl restart rke2-agent on agents";
      case OpenShift ->
          "kubectl -n openshift-config-managed get configmap kubelet-serving-ca -o"
              + " jsonpath='{.data.ca-bundle\\.crt}' > kubelet-ca.crt && kubectl -n kube-system"
              + " create configmap metrics-server-kubelet-ca --from-file=ca.crt=kubelet-ca.crt,"
              + (ours
                  ? " then set spec.kubelet.tls.certificateAuthority.configMap.name:"
                      + " metrics-server-kubelet-ca"
                  : " then mount it and name it by --kubelet-certificate-authority");
      case EKS, Fargate ->
          "EKS signs kubelets' certificates by itself: replace the node, and start self-managed"
              + " ones without rotate-server-certificates=false";
      case GKE ->
          "GKE decides this: upgrade the node pool, or use the metrics-server that GKE brings";
      case AKS ->
          "AKS rotates kubelets' certificates on current node images: az aks nodepool upgrade"
              + " --node-image-only, without the tag"
              + " aks-disable-kubelet-serving-certificate-rotation";
    };
  }

  private static String talos(List<NodeFacts> nodes) {
    var documents =
        nodes.stream()
            .flatMap(n -> Platform.talosVersion(n).stream())
            .allMatch(v -> atLeast(v, KUBELET_DOCUMENT_SINCE));
    var patch =
        documents
            ? "{\"apiVersion\":\"v1alpha1\",\"kind\":\"KubeletConfig\",\"extraArgs\":{\"rotate-server-certificates\":\"true\"}}"
            : "{\"machine\":{\"kubelet\":{\"extraArgs\":{\"rotate-server-certificates\":\"true\"}}}}";
    var addresses =
        nodes.stream()
            .flatMap(n -> n.addresses().stream().filter(Address::isIP).limit(1))
            .map(Address::address)
            .collect(Collectors.joining(","));
    return "talosctl -n %s patch mc --patch '%s'".formatted(addresses, patch);
  }

  /** Major and minor, as numbers. */
  private static boolean atLeast(String version, String other) {
    var one = version.split("[.-]", -1);
    var two = other.split("\\.", -1);
    return Integer.parseInt(one[0]) > Integer.parseInt(two[0])
        || (one[0].equals(two[0]) && Integer.parseInt(one[1]) >= Integer.parseInt(two[1]));
  }
}
