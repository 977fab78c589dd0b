package dev.metricsserver.plan;

import dev.metricsserver.api.AuditSpec;
import dev.metricsserver.api.ImageSpec.PullPolicy;
import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.api.ResourcesSpec.Amounts;
import dev.metricsserver.api.SchedulingSpec;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.model.Owner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that was decided, with reasons where a user may ask for one.
 *
 * @param versionAdvice what there is to say about the version, if another one would be better
 * @param configuration what a rollback could bring back of this plan
 * @param rolledBackFrom why the last configuration that was Ready is in force instead of the one
 *     that is wanted, if it is
 * @param args metrics-server's arguments, complete
 * @param approving whether the operator approves the kubelets' requests for serving certificates
 * @param requiredAntiAffinity whether two replicas never share a node
 * @param sleepBeforeStop seconds a pod waits before it is told to stop, where metrics-server itself
 *     cannot wait
 * @param readinessDelay seconds before a pod is asked whether it is ready, where metrics-server
 *     itself says so too early
 * @param disruptionBudget whether a PodDisruptionBudget protects something
 * @param networkRules who may connect; empty for no NetworkPolicy
 * @param networkReason why the NetworkPolicy is as it is, or why there is none
 * @param unhealthyEviction whether the cluster knows {@code unhealthyPodEvictionPolicy} (Kubernetes
 *     1.27)
 * @param audit what is recorded of each request
 * @param monitoring what Prometheus is told
 * @param mounts what the pod reads from ConfigMaps and Secrets
 * @param rollOn annotations of the pod template: when one changes, the pods are replaced
 * @param memory annotations of the Deployment that later decisions read
 * @param selector the labels by which an existing Deployment knows its pods
 * @param takeover how the pods are replaced that are still those of somebody else
 * @param oldPodsServe whether requests go to those too, because none of the new ones is ready
 * @param takenFrom whose it was, for as long as conflictPolicy says Adopt
 * @param scrapeInterval how often each kubelet is asked
 */
public record MetricsServerPlan(
    String namespace,
    String version,
    Optional<VersionAdvice> versionAdvice,
    Configuration configuration,
    Optional<Failure> rolledBackFrom,
    String image,
    PullPolicy pullPolicy,
    List<String> pullSecrets,
    List<String> args,
    KubeletTLS kubeletTLS,
    boolean approving,
    ServingTLS servingTLS,
    int replicas,
    boolean requiredAntiAffinity,
    Optional<Integer> sleepBeforeStop,
    Optional<Integer> readinessDelay,
    boolean disruptionBudget,
    boolean unhealthyEviction,
    Resources resources,
    SchedulingSpec scheduling,
    boolean hostNetwork,
    int port,
    Optional<NetworkRules> networkRules,
    CiliumPlan cilium,
    Reason networkReason,
    AuditSpec.Profile audit,
    MonitoringPlan monitoring,
    List<Mount> mounts,
    Map<String, String> rollOn,
    Map<String, String> memory,
    Optional<Map<String, String>> selector,
    Optional<Takeover> takeover,
    boolean oldPodsServe,
    Optional<Owner> takenFrom,
    Duration scrapeInterval) {

  /**
   * Keys of a ConfigMap or a Secret as files.
   *
   * @param name of the volume
   * @param object the name of the ConfigMap or Secret
   * @param keys the keys, which are the files' names
   * @param path the directory
   */
  public record Mount(String name, boolean secret, String object, List<String> keys, String path) {}

  /** Why something is as it is: a stable word for it, and a sentence. */
  public record Reason(String code, String message) {}

  /** Requests and limits in canonical notation. */
  public record Resources(
      String cpuRequest, String memoryRequest, String cpuLimit, String memoryLimit) {

    /** As a spec that leaves nothing to choose. */
    public ResourcesSpec asSpec() {
      return new ResourcesSpec(
          new Amounts(cpuRequest, memoryRequest), new Amounts(cpuLimit, memoryLimit));
    }
  }

  /**
   * What a NetworkPolicy lets through.
   *
   * @param clients who may connect to the metrics port, as CIDRs; empty for everybody
   * @param clientNamespace whose pods may, beside them
   * @param kubelets the nodes' addresses, as CIDRs
   * @param kubeletPorts the kubelets' TCP ports
   * @param apiServers the API servers, one rule each, as CIDR and port
   * @param dns whether names are looked up
   */
  public record NetworkRules(
      List<String> clients,
      Optional<String> clientNamespace,
      List<String> kubelets,
      List<Integer> kubeletPorts,
      List<Destination> apiServers,
      boolean dns) {

    /** Whether an address may connect to the metrics port. */
    public boolean admits(String address) {
      return clients.isEmpty() || CoveringPrefixes.contain(clients, address);
    }
  }

  /**
   * What there is to do about CiliumNetworkPolicies.
   *
   * @param known whether the cluster has the kind, so that one that is not wanted is looked for
   * @param rules what it lets through; empty for none
   */
  public record CiliumPlan(boolean known, Optional<CiliumRules> rules) {}

  /**
   * What a CiliumNetworkPolicy lets through.
   *
   * @param open whether everybody may connect to the metrics port
   * @param controlPlaneCIDRs who may, beside the nodes and the API servers that Cilium knows
   * @param clientNamespace whose pods may
   * @param kubeletPorts the kubelets' TCP ports
   * @param apiServerPorts the API servers' TCP ports, of their Service and of their own
   * @param dns whether names are looked up
   */
  public record CiliumRules(
      boolean open,
      List<String> controlPlaneCIDRs,
      Optional<String> clientNamespace,
      List<Integer> kubeletPorts,
      List<Integer> apiServerPorts,
      boolean dns) {}

  /**
   * What Prometheus is told.
   *
   * @param kinds what there is in the cluster, so that objects that are not wanted are looked for
   * @param serviceMonitor whether there is a ServiceMonitor
   * @param shutOut whether there is none because no Prometheus could connect
   * @param rule whether there is a PrometheusRule
   * @param labels of both
   * @param reader the ServiceAccount that gets the right to read the metrics
   */
  public record MonitoringPlan(
      PrometheusKinds kinds,
      boolean serviceMonitor,
      boolean shutOut,
      boolean rule,
      Map<String, String> labels,
      Optional<ServiceAccountName> reader) {}

  /** A ServiceAccount. */
  public record ServiceAccountName(String namespace, String name) {}

  /** CIDRs and a TCP port. */
  public record Destination(List<String> cidrs, int port) {}
}
