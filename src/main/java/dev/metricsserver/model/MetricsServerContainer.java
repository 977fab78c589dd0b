package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Finds metrics-server's container in a pod, which may have sidecars such as addon-resizer. */
public final class MetricsServerContainer {

  private static final String NAME = "metrics-server";

  /** The marks of metrics-server's container, the most reliable first. */
  private static final List<Predicate<Container>> MARKS =
      List.of(
          container -> isMetricsServer(ImageReference.of(image(container)).name()),
          container -> NAME.equals(container.getName()),
          container -> runsMetricsServer(container).orElse(false));

  private MetricsServerContainer() {}

  /** Returns metrics-server's container; a pod without any mark yields its first container. */
  public static Container of(PodSpec pod) {
    return find(pod).orElseGet(() -> pod.getContainers().getFirst());
  }

  /** Returns metrics-server's container; empty where no container has a mark of it. */
  public static Optional<Container> find(PodSpec pod) {
    return MARKS.stream().flatMap(mark -> pod.getContainers().stream().filter(mark)).findFirst();
  }

  /**
   * Reports whether the container's command starts metrics-server itself, not a shell or another
   * wrapper; empty where the image's entry point decides.
   */
  static Optional<Boolean> runsMetricsServer(Container container) {
    return requireNonNullElse(container.getCommand(), List.<String>of()).stream()
        .findFirst()
        .map(program -> isMetricsServer(fileName(program)));
  }

  private static String image(Container container) {
    return requireNonNullElse(container.getImage(), "");
  }

  private static boolean isMetricsServer(String name) {
    return name.contains(NAME);
  }

  private static String fileName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
