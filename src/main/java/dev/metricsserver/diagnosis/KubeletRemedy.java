package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.NodeConfiguration;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeFacts.Address;
import dev.metricsserver.model.Platform;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The way to kubelet certificates that are signed, for each platform.
 *
 * <p>Approval comes before every step that makes kubelets request a certificate: until the request
 * is approved such a kubelet rejects every connection, including {@code kubectl logs} and {@code
 * kubectl exec}.
 */
final class KubeletRemedy {

  /** The first Talos version with a configuration document for the kubelet. */
  private static final String KUBELET_DOCUMENT_SINCE = "1.14";

  private KubeletRemedy() {}

  /**
   * The way to serving certificates that are signed.
   *
   * @param nodes at least one; the platform of most of them decides
   * @param ours whether the operator installed metrics-server
   * @param approving whether the operator approves requests already
   */
  static Remedy of(List<NodeFacts> nodes, boolean ours, boolean approving) {
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
              ? remedy
                  .then(Step.run("to find the kubelets' requests", "kubectl get csr"))
                  .then("approve them, if they are valid")
              : approving ? remedy : CertificateFindings.byOperator().then(remedy);
      default -> remedy;
    };
  }

  private static Remedy of(Platform platform, List<NodeFacts> nodes, boolean ours) {
    return switch (platform) {
      case Talos -> talos(nodes);
      case Kubeadm ->
          Remedy.of(
              Step.run(
                  "and add serverTLSBootstrap: true",
                  "kubectl -n kube-system edit configmap kubelet-config"),
              Step.run(
                  "on each node",
                  "echo 'serverTLSBootstrap: true' | sudo tee -a /var/lib/kubelet/config.yaml"
                      + " && sudo systemctl restart kubelet"));
      case Kind ->
          Remedy.of(
              Step.run(
                  "for each node",
                  "docker exec %s sh -c \"echo 'serverTLSBootstrap: true' >>"
                      + " /var/lib/kubelet/config.yaml && systemctl restart kubelet\"",
                  nodes.getFirst().name()));
      case Minikube ->
          Remedy.of(
              Step.run(
                  "", "minikube start --extra-config=kubelet.rotate-server-certificates=true"));
      case K3s -> restart("k3s", "k3s", "k3s-agent");
      case RKE2 -> restart("RKE2", "rke2-server", "rke2-agent");
      case OpenShift -> openShift(ours);
      case EKS, Fargate ->
          Remedy.manual(
              "replace the node: EKS signs kubelets' certificates; start self-managed nodes without"
                  + " rotate-server-certificates=false");
      case GKE ->
          Remedy.manual("upgrade the node pool").or("use the metrics-server that GKE installs");
      case AKS ->
          Remedy.of(
              Step.run(
                  "without the tag aks-disable-kubelet-serving-certificate-rotation: current node"
                      + " images rotate the certificates",
                  "az aks nodepool upgrade --node-image-only"));
    };
  }

  /** The node has a certificate of an older CA. */
  private static Remedy restart(String distribution, String server, String agent) {
    return Remedy.manual(
        "restart %s on the node, which still has a certificate of an older CA: systemctl restart %s on servers, systemctl restart %s on agents"
            .formatted(distribution, server, agent));
  }

  private static Remedy openShift(boolean ours) {
    var copied =
        Remedy.of(
            Step.run(
                "to copy the CA of the kubelets",
                "kubectl -n openshift-config-managed get configmap kubelet-serving-ca -o"
                    + " jsonpath='{.data.ca-bundle\\.crt}' > kubelet-ca.crt && kubectl -n"
                    + " kube-system create configmap metrics-server-kubelet-ca"
                    + " --from-file=ca.crt=kubelet-ca.crt"));
    return ours
        ? copied.then(
            Step.set(
                "kubelet.tls.certificateAuthority.configMapRef.name", "metrics-server-kubelet-ca"))
        : copied.then("mount it and set --kubelet-certificate-authority to its file");
  }

  private static Remedy talos(List<NodeFacts> nodes) {
    var rotate = Map.of("rotate-server-certificates", "true");
    var documents =
        nodes.stream()
            .flatMap(n -> Platform.talosVersion(n).stream())
            .allMatch(v -> atLeast(v, KUBELET_DOCUMENT_SINCE));
    Map<String, Object> patch =
        documents
            ? Map.of("apiVersion", "v1alpha1", "kind", "KubeletConfig", "extraArgs", rotate)
            : Map.of("machine", Map.of("kubelet", Map.of("extraArgs", rotate)));
    var addresses =
        nodes.stream()
            .flatMap(n -> n.addresses().stream().filter(Address::isIP).limit(1))
            .map(Address::address)
            .collect(Collectors.joining(","));
    return Remedy.of(
        new NodeConfiguration(Command.of("talosctl -n %s patch mc --patch", addresses), patch));
  }

  /** Major and minor, as numbers. */
  private static boolean atLeast(String version, String other) {
    var one = version.split("[.-]", -1);
    var two = other.split("\\.", -1);
    return Integer.parseInt(one[0]) > Integer.parseInt(two[0])
        || (one[0].equals(two[0]) && Integer.parseInt(one[1]) >= Integer.parseInt(two[1]));
  }
}
