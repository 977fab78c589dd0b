package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.ImageReference;
import dev.metricsserver.model.KubeletVerification;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.TakeoverPlanner;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads what the running Deployment records of earlier decisions. Pure. */
final class InstalledReader {

  private InstalledReader() {}

  /**
   * Reads a Deployment.
   *
   * @param pods its pods that are not being deleted
   */
  static Installed read(Deployment deployment, Stream<Pod> pods) {
    var annotations = annotations(deployment);
    var flags = MetricsServerFlags.of(deployment.getSpec().getTemplate().getSpec());
    return new Installed(
        version(deployment).orElse(""),
        Optional.ofNullable(annotations.get(Annotations.KUBELET_TLS))
            .map(InstalledReader::verification)
            .orElseGet(flags::kubeletVerification),
        flags.addressTypes(),
        number(annotations.get(Annotations.PLANNED_REPLICAS)),
        number(annotations.get(Annotations.SIZED_FOR)),
        Timestamps.parse(annotations.get(Annotations.FEWER_SINCE)),
        Timestamps.parse(annotations.get(Annotations.SMALLER_SINCE)),
        requireNonNullElse(deployment.getSpec().getSelector().getMatchLabels(), Map.of()),
        TakeoverPlanner.of(deployment, Observer.rollout(deployment).complete()),
        Owner.parse(annotations.get(Annotations.TAKEN_FROM)),
        pods.anyMatch(pod -> hasOwnLabels(pod) && Observer.pod(pod).ready()));
  }

  private static KubeletVerification verification(String annotation) {
    if (annotation.equals(Annotations.NEVER_SEEN)) {
      return KubeletVerification.Unknown;
    }
    return annotation.equals(TLSMode.Verify.name())
        ? KubeletVerification.Verified
        : KubeletVerification.Unverified;
  }

  /** Whether the Deployment was applied from this plan. */
  static boolean runs(Deployment deployment, MetricsServerPlan plan) {
    return plan.deploymentAnnotations()
        .get(Annotations.CONFIGURATION)
        .equals(annotations(deployment).get(Annotations.CONFIGURATION));
  }

  private static Map<String, String> annotations(Deployment deployment) {
    return requireNonNullElse(deployment.getMetadata().getAnnotations(), Map.<String, String>of());
  }

  /**
   * The operator's own label has the version, whatever the tag of a mirrored image is. The same
   * label of a chart may have the chart's version, so there the image's tag comes first.
   */
  private static Optional<String> version(Deployment deployment) {
    var label =
        Optional.ofNullable(deployment.getMetadata().getLabels())
            .map(labels -> labels.get(Names.VERSION_LABEL));
    var tag = ImageReference.of(image(deployment)).version();
    return annotations(deployment).containsKey(Annotations.CONFIGURATION)
        ? label.or(() -> tag)
        : tag.or(() -> label);
  }

  private static String image(Deployment deployment) {
    return requireNonNullElse(
        MetricsServerContainer.of(deployment.getSpec().getTemplate().getSpec()).getImage(), "");
  }

  private static boolean hasOwnLabels(Pod pod) {
    return pod.getMetadata().getLabels().entrySet().containsAll(Names.PODS.entrySet());
  }

  /** Zero for an annotation that was changed to something else; the next apply restores it. */
  private static int number(String text) {
    return text != null && text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
  }
}
