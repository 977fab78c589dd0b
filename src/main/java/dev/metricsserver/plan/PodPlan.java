package dev.metricsserver.plan;

import dev.metricsserver.api.ImageSpec.PullPolicy;
import dev.metricsserver.api.SchedulingSpec;
import dev.metricsserver.plan.Reason.ImageReason;
import dev.metricsserver.plan.Reason.PortReason;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A metrics-server pod, apart from its size.
 *
 * @param args metrics-server's arguments, complete
 * @param mounts the keys of ConfigMaps and Secrets that the pod reads
 * @param servingPort the TCP port on which metrics-server serves
 * @param preStopSleep seconds between the deletion of a pod and SIGTERM; empty if metrics-server
 *     itself delays its shutdown, or the cluster has no sleep action
 * @param readinessDelay seconds before the first readiness probe; empty if metrics-server reports
 *     readiness correctly by itself
 * @param annotations annotations of the pod template; a change of one replaces the pods
 */
public record PodPlan(
    ImagePlan image,
    List<String> args,
    List<Mount> mounts,
    SchedulingSpec scheduling,
    boolean hostNetwork,
    Decided<Integer, PortReason> servingPort,
    Optional<Integer> preStopSleep,
    Optional<Integer> readinessDelay,
    Map<String, String> annotations) {

  /** The TCP port on which metrics-server serves. */
  public int port() {
    return servingPort.value();
  }

  /**
   * The container image.
   *
   * @param chosen registry, repository, tag and digest
   * @param pullSecrets names of Secrets in the pod's namespace
   */
  public record ImagePlan(
      Decided<String, ImageReason> chosen, PullPolicy pullPolicy, List<String> pullSecrets) {

    /** The image as a container names it. */
    public String reference() {
      return chosen.value();
    }
  }

  /**
   * Keys of a ConfigMap or a Secret as files.
   *
   * @param name of the volume
   * @param secret whether the keys are a Secret's, not a ConfigMap's
   * @param object the name of the ConfigMap or Secret
   * @param keys the keys, which are also the names of the files
   * @param path the directory
   */
  public record Mount(String name, boolean secret, String object, List<String> keys, String path) {}
}
