package dev.metricsserver.plan;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.ClusterFacts.Takeover;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** How the pods of an adopted Deployment are replaced. */
public final class TakeoverPlanner {

  private TakeoverPlanner() {}

  /**
   * Empty when no pod of the previous owner is left. A Deployment whose fields the operator owns
   * may still have the previous owner's pod template, because the operator adopts the fields first.
   *
   * @param complete whether every pod is of the Deployment's newest template
   */
  public static Optional<Takeover> of(Deployment deployment, boolean complete) {
    var annotations =
        requireNonNullElse(deployment.getMetadata().getAnnotations(), Map.<String, String>of());
    if (!annotations.containsKey(Annotations.CONFIGURATION)) {
      return Optional.of(
          excludesOtherPods(deployment.getSpec().getTemplate().getSpec())
              ? Takeover.Replace
              : Takeover.Surge);
    }
    return Arrays.stream(Takeover.values())
        .filter(t -> t.name().equals(annotations.get(Annotations.TAKEOVER)) && !complete)
        .findFirst();
  }

  private static boolean excludesOtherPods(PodSpec pod) {
    return Boolean.TRUE.equals(pod.getHostNetwork())
        || Optional.ofNullable(pod.getAffinity())
            .map(Affinity::getPodAntiAffinity)
            .filter(a -> !a.getRequiredDuringSchedulingIgnoredDuringExecution().isEmpty())
            .isPresent();
  }
}
