package dev.metricsserver.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the cluster is, as far as decisions depend on it.
 *
 * @param prometheus the kinds of Prometheus Operator that there are
 * @param kubelets what the kubelets show, and what is known to verify it by
 * @param serving what there is of metrics-server's own certificate
 * @param history what is remembered of earlier configurations
 * @param installed the running Deployment of ours: the memory of earlier decisions
 * @param foreign objects under the operator's names that others created, but for those that are
 *     looked for when there is a plan
 * @param conflictingWrites changes by others of what was taken over, in order of time
 */
public record ClusterFacts(
    KubernetesVersion kubernetes,
    List<NodeFacts> nodes,
    APIServers apiServers,
    Cilium cilium,
    PrometheusKinds prometheus,
    boolean namespaceExists,
    KubeletFacts kubelets,
    ServingFacts serving,
    Optional<Installed> installed,
    History history,
    List<UnmanagedObject> foreign,
    List<ConflictingWrite> conflictingWrites) {

  /** Which kinds of Prometheus Operator the cluster has. */
  public record PrometheusKinds(boolean serviceMonitors, boolean rules) {}

  /** Returns the same facts with the kubelets' probes taken as complete. */
  public ClusterFacts withKubeletsLookedAt() {
    return new ClusterFacts(
        kubernetes,
        nodes,
        apiServers,
        cilium,
        prometheus,
        namespaceExists,
        new KubeletFacts(
            kubelets.seen(),
            true,
            kubelets.authority(),
            kubelets.requested(),
            kubelets.everVerified()),
        serving,
        installed,
        history,
        foreign,
        conflictingWrites);
  }

  /**
   * The ways to the API servers.
   *
   * @param endpoints where they listen, from the {@code kubernetes} EndpointSlices
   * @param service the addresses and ports of the {@code kubernetes} Service
   */
  public record APIServers(List<Endpoint> endpoints, List<Endpoint> service) {}

  /** An address and a TCP port. */
  public record Endpoint(String address, int port) {}

  /**
   * What the kubelets show on the wire, and what is remembered of it.
   *
   * @param seen by node; nothing of a node that was not looked at yet
   * @param complete whether the first look at all of them is over
   * @param authority the CA that the user gave, or why it cannot be had; empty when none was given
   * @param requested nodes whose request for a serving certificate is pending
   * @param everVerified whether all certificates that were seen were valid once, while the operator
   *     verified them
   */
  public record KubeletFacts(
      Map<String, Kubelet> seen,
      boolean complete,
      Optional<TrustBundle> authority,
      Set<String> requested,
      boolean everVerified) {}

  /**
   * What the running Deployment remembers.
   *
   * @param kubelets whether it verifies the kubelets' certificates
   * @param addressTypes the kinds of node address that it dials, best first
   * @param replicas how many replicas were planned, 0 when unknown
   * @param sizedFor the number of nodes its requests were chosen for, 0 when unknown
   * @param fewerSince since when fewer replicas would do, as the Deployment's annotation has it
   * @param smallerSince since when smaller requests would do, as the Deployment's annotation has it
   * @param selector the labels by which it knows its pods, which cannot be changed
   * @param takeover how its pods are replaced, while some are still those of its former owner
   * @param takenFrom who that was, as the Deployment's annotation has it
   * @param ownPodReady whether a pod of the operator's own form is ready
   */
  public record Installed(
      String version,
      KubeletVerification kubelets,
      List<String> addressTypes,
      int replicas,
      int sizedFor,
      Optional<Instant> fewerSince,
      Optional<Instant> smallerSince,
      Map<String, String> selector,
      Optional<Takeover> takeover,
      Optional<Owner> takenFrom,
      boolean ownPodReady) {}

  /** How the pods of an adopted Deployment are replaced. */
  public enum Takeover {
    /** New ones come before old ones go. */
    Surge,
    /** Old ones keep new ones away from their nodes, so one goes first. */
    Replace
  }
}
