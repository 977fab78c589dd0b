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
 * Requests and limits by the number of nodes, in steps, so that one more node does not replace the
 * pods. The numbers are upstream's advice: 100m CPU and 200Mi memory up to 100 nodes, and 1m and
 * 2Mi for each further node. The limits leave headroom: throttling fails the liveness probe, and
 * too little memory kills the pod during a scrape.
 */
final class Sizing {

  private static final List<Integer> STEPS = List.of(100, 250, 500, 1_000, 2_500, 5_000, 10_000);

  private Sizing() {}

  /** The smallest step for a number of nodes. */
  static int step(int nodes) {
    return STEPS.stream().filter(s -> s >= nodes).findFirst().orElse(STEPS.getLast());
  }

  /** The next smaller step; 0 below the smallest. */
  static int stepBelow(int step) {
    return STEPS.stream().filter(s -> s < step).reduce(0, (one, other) -> other);
  }

  /** Requests and limits for a step, except those that the spec sets. */
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

  /** Finds requests above their limits, which the API server would reject. */
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

  /** The amount as the API server writes it: 1000m is 1, 1024Mi is 1Gi, fractions round up. */
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
