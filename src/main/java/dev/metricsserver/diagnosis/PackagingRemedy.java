package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.HelmUpgrade;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.Manual;
import dev.metricsserver.diagnosis.Step.RolloutRestart;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.Owner;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Packaging;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Changes of an existing metrics-server, made the way it was installed. */
final class PackagingRemedy {

  /** The version of upstream's chart, in the label that Helm sets; other charts differ. */
  private static final Pattern CHART = Pattern.compile("metrics-server-(3\\.\\d+\\.\\d+)");

  private PackagingRemedy() {}

  /**
   * Upgrades a Helm release to other values, without another version.
   *
   * @return empty where it is no release of upstream's chart, whose values these are
   */
  static Optional<HelmUpgrade> upgraded(Installation installation, List<HelmValue> values) {
    return installation
        .packaging()
        .filter(p -> p.owner().kind() == Owner.Kind.Helm)
        .flatMap(p -> {
          var chart = CHART.matcher(p.chart());
          return chart.matches()
              ? Optional.of(
                  new HelmUpgrade(p.owner().namespace(), p.owner().name(), chart.group(1), values))
              : Optional.empty();
        });
  }

  /**
   * Changes flags. Flags in the container's command cannot be told from the program, so they are
   * edited by hand.
   *
   * @param added set to these values
   * @param removed names of flags
   */
  static Remedy flags(Context context, List<String> added, List<String> removed) {
    return context
        .installation()
        .packaging()
        .map(Packaging::flags)
        .filter(now -> !now.isEmpty())
        .map(now -> changed(now, added, removed))
        .map(then ->
            context.helm(values(then)).orElseGet(() -> context.patchContainer("args", then)))
        .orElseGet(() ->
            context.edit(
                added.isEmpty()
                    ? "remove %s from args".formatted(String.join(" and ", removed))
                    : "set %s in args".formatted(String.join(" and ", added))));
  }

  /** The chart sets the port by another value. */
  private static List<HelmValue> values(List<String> flags) {
    return List.of(
        new HelmValue("defaultArgs", MetricsServerFlags.without(flags, List.of("secure-port"))),
        new HelmValue("args", List.of()));
  }

  private static List<String> changed(List<String> now, List<String> added, List<String> removed) {
    var names = Stream.concat(added.stream(), removed.stream()).map(PackagingRemedy::name).toList();
    return MetricsServerFlags.with(MetricsServerFlags.without(now, names), added);
  }

  private static String name(String flag) {
    return flag.substring(2).split("=", 2)[0];
  }

  private static boolean changesDeployment(Step step) {
    return !(step instanceof RolloutRestart)
        && step.changes().filter(target -> target.kind().equals("Deployment")).isPresent();
  }

  /** Adds that a change of the Deployment does not last where its owner reverts it. */
  static Remedy lasting(Remedy remedy, Installation installation) {
    return installation
        .packaging()
        .filter(_ -> changesDeployment(remedy.steps().getFirst()))
        .flatMap(p -> OwnerText.reverted(Owners.safe(p.owner())))
        .map(undone -> remedy.then(new Manual(undone)))
        .orElse(remedy);
  }
}
