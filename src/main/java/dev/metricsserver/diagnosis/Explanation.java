package dev.metricsserver.diagnosis;

import dev.metricsserver.plan.Decided;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Reason;
import dev.metricsserver.plan.SizePlan.Resources;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The decisions of a plan, each with its reason, for a user who reads them before an install. */
public final class Explanation {

  private Explanation() {}

  /**
   * One decision.
   *
   * @param subject what is decided, in one or two words
   * @param choice what was chosen
   * @param reason why, as a clause
   */
  public record Line(String subject, String choice, String reason) {}

  /** Every decision of a plan. */
  public static List<Line> of(MetricsServerPlan plan) {
    return List.of(
        line("version", plan.version().chosen(), Function.identity()),
        line("image", plan.pod().image().chosen(), Function.identity()),
        line("replicas", plan.size().replicaCount(), Object::toString),
        line("resources", plan.size().podResources(), Explanation::amounts),
        line("port", plan.pod().servingPort(), Object::toString),
        line("kubelet TLS", plan.kubelets().tls().decided(), Enum::name),
        line(
            "kubelet addresses",
            plan.kubelets().addressTypes(),
            types -> types.stream().map(Enum::name).collect(Collectors.joining(","))),
        new Line("serving TLS", plan.serving().mode(), ReasonText.of(plan.serving().reason())),
        new Line(
            "network policy",
            plan.network().reason().name(),
            ReasonText.of(plan.network().reason())));
  }

  private static <T> Line line(
      String subject, Decided<T, ? extends Reason> decided, Function<T, String> choice) {
    return new Line(subject, choice.apply(decided.value()), ReasonText.of(decided.reason()));
  }

  private static String amounts(Resources resources) {
    return "%s CPU and %s memory, at most %s and %s"
        .formatted(
            resources.cpuRequest(),
            resources.memoryRequest(),
            resources.cpuLimit(),
            resources.memoryLimit());
  }
}
