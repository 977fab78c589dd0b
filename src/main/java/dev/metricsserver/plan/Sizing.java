package dev.metricsserver.plan;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.MetricsServerPlan.Resources;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Requests and limits by the number of nodes, in steps, so that a node more does not roll the pods.
 * The figures are metrics-server's own advice: 100m CPU and 200Mi up to 100 nodes, 1m and 2Mi more
 * for each further node. The limits leave room: a throttled metrics-server fails its liveness
 * probe, one without memory is killed in the middle of a scrape.
 */
final class Sizing {

  private static final List<Integer> STEPS = List.of(100, 250, 500, 1_000, 2_500, 5_000, 10_000);

  private Sizing() {}

  /** The smallest step that holds so many nodes. */
  static int step(int nodes) {
    return STEPS.stream().filter(s -> s >= nodes).findFirst().orElse(STEPS.getLast());
  }

  /** How many nodes the next smaller step holds, 0 below the smallest. */
  static int stepBelow(int step) {
    return STEPS.stream().filter(s -> s < step).reduce(0, (one, other) -> other);
  }

  /** Requests and limits for a step, where the user does not say otherwise. */
  static Resources resources(int step, ResourcesSpec spec) {
    var further = Math.max(0, step - 100);
    var cpu = 100 + further;
    var memory = 200 + 2 * further;
    var cpuRequest = requireNonNullElse(spec.requests().cpu(), cpu + "m");
    var memoryRequest = requireNonNullElse(spec.requests().memory(), memory + "Mi");
    return new Resources(
        cpuRequest,
        memoryRequest,
        requireNonNullElse(spec.limits().cpu(), larger(Math.max(1000, 2 * cpu) + "m", cpuRequest)),
        requireNonNullElse(spec.limits().memory(), larger(2 * memory + "Mi", memoryRequest)));
  }

  /** A request above its limit, which the API server would refuse in the pod. */
  static Optional<Violation> check(Resources resources) {
    return Stream.of(
            check("cpu", resources.cpuRequest(), resources.cpuLimit()),
            check("memory", resources.memoryRequest(), resources.memoryLimit()))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static Optional<Violation> check(String what, String request, String limit) {
    return compare(request, limit) <= 0
        ? Optional.empty()
        : Optional.of(
            new Violation(
                "resources.limits." + what,
                "the limit %s is below the request %s".formatted(limit, request),
                "raise resources.limits.%s or lower resources.requests.%s".formatted(what, what)));
  }

  private static String larger(String one, String other) {
    return compare(one, other) >= 0 ? one : other;
  }

  private static int compare(String one, String other) {
    return Quantity.parse(one)
        .getNumericalAmount()
        .compareTo(Quantity.parse(other).getNumericalAmount());
  }
}
