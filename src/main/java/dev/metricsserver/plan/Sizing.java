package dev.metricsserver.plan;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.ResourcesSpec;
import dev.metricsserver.plan.SizePlan.Resources;
import dev.metricsserver.plan.Violation.LimitBelowRequest;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
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
    var cpuLimit =
        requireNonNullElse(spec.limits().cpu(), larger(Math.max(1000, 2 * cpu) + "m", cpuRequest));
    var memoryLimit =
        requireNonNullElse(spec.limits().memory(), larger(2 * memory + "Mi", memoryRequest));
    return new Resources(
        canonical(cpuRequest),
        canonical(memoryRequest),
        canonical(cpuLimit),
        canonical(memoryLimit));
  }

  /** Requests above their limits, which the API server would refuse in the pod. */
  static List<Violation> check(Resources resources) {
    return Stream.concat(
            check("cpu", resources.cpuRequest(), resources.cpuLimit()),
            check("memory", resources.memoryRequest(), resources.memoryLimit()))
        .toList();
  }

  private static Stream<Violation> check(String resource, String request, String limit) {
    return compare(request, limit) <= 0
        ? Stream.empty()
        : Stream.of(new LimitBelowRequest(resource, limit, request));
  }

  private static String larger(String one, String other) {
    return compare(one, other) >= 0 ? one : other;
  }

  private static int compare(String one, String other) {
    return Quantity.parse(one)
        .getNumericalAmount()
        .compareTo(Quantity.parse(other).getNumericalAmount());
  }

  /** As the API server writes it: 1000m is 1, 1024Mi is 1Gi, and parts of a thousandth count up. */
  private static String canonical(String amount) {
    var number = Quantity.parse(amount).getNumericalAmount();
    return amount.endsWith("i")
        ? inLargestUnit(number, 1024, List.of("", "Ki", "Mi", "Gi", "Ti"))
        : inLargestUnit(number.movePointRight(3), 1000, List.of("m", "", "k", "M", "G", "T"));
  }

  private static String inLargestUnit(BigDecimal amount, int factor, List<String> units) {
    var number = amount.setScale(0, RoundingMode.CEILING).toBigInteger();
    var unit = 0;
    var divided = number.divideAndRemainder(BigInteger.valueOf(factor));
    while (divided[1].signum() == 0 && number.signum() != 0 && unit + 1 < units.size()) {
      number = divided[0];
      unit++;
      divided = number.divideAndRemainder(BigInteger.valueOf(factor));
    }
    return number.signum() == 0 ? "0" : number + units.get(unit);
  }
}
