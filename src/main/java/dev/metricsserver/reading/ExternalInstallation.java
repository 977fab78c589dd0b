package dev.metricsserver.reading;

import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Rollout;
import java.util.List;
import java.util.Optional;

/**
 * A metrics-server of another owner, as far as it can be read. Two of these are equal when a
 * reconcile would find no difference.
 *
 * @param installation empty where neither a Deployment nor a pod was found
 * @param version by its image's tag, where that is one
 * @param kubelets whether it verifies the kubelets' certificates, by its flags
 * @param asked which nodes it asks, by its flags
 * @param endpointReady whether the Service that the metrics API is registered with leads to a ready
 *     pod, be it on no port
 * @param certificates by which the API servers verify it, where they do
 * @param rollout how far the Deployment is, where it may be read
 */
public record ExternalInstallation(
    Optional<Installation> installation,
    Optional<String> version,
    KubeletVerification kubelets,
    NodeSelector asked,
    List<PodState> pods,
    boolean endpointReady,
    List<Certificate> certificates,
    Optional<Rollout> rollout) {

  /** Not read yet. */
  public static final ExternalInstallation NONE =
      new ExternalInstallation(
          Optional.empty(),
          Optional.empty(),
          KubeletVerification.Unknown,
          NodeSelector.ALL,
          List.of(),
          false,
          List.of(),
          Optional.empty());
}
