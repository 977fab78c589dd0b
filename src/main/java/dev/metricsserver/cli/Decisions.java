package dev.metricsserver.cli;

import dev.metricsserver.cli.Program.Failure;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.Planner;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What was decided, in words. */
final class Decisions {

  private Decisions() {}

  /** Why a file that the schema admits cannot be carried out. */
  static Failure refused(String file, List<Violation> violations) {
    return new Failure(
        "%s cannot be carried out:\n%s"
            .formatted(
                file,
                violations.stream().map(Decisions::sentence).collect(Collectors.joining("\n"))));
  }

  /** Without what names a state of a resource that nobody applied, and when that was. */
  static Deployment ofNoResource(Deployment deployment) {
    deployment
        .getMetadata()
        .getAnnotations()
        .keySet()
        .removeAll(Set.of(Planner.CONFIGURATION, Planner.CONFIGURED_AT));
    return deployment;
  }

  private static String sentence(Violation violation) {
    return "  %s%s; %s"
        .formatted(
            violation.field().isEmpty() ? "" : "spec." + violation.field() + ": ",
            violation.message(),
            violation.remedy());
  }
}
