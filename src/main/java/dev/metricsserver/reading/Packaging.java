package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.Owner;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;
import java.util.Map;

/**
 * How another owner installed metrics-server, and so how it is changed.
 *
 * @param chart the Helm chart with its version, such as {@code metrics-server-3.13.0}; empty where
 *     there is none
 * @param container metrics-server's among those of a pod, from 0
 * @param name that container's
 * @param flags the container's arguments; empty where flags are in its command
 */
public record Packaging(Owner owner, String chart, int container, String name, List<String> flags) {

  /** Read off what was installed. */
  public static Packaging of(HasMetadata installed, PodSpec pod) {
    var container = MetricsServerContainer.of(pod);
    return new Packaging(
        Owner.of(installed),
        requireNonNullElse(installed.getMetadata().getLabels(), Map.<String, String>of())
            .getOrDefault("helm.sh/chart", ""),
        pod.getContainers().indexOf(container),
        container.getName(),
        MetricsServerFlags.inArguments(container));
  }
}
