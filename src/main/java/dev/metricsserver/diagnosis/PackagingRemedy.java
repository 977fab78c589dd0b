package dev.metricsserver.diagnosis;

import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.Owner;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Packaging;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How somebody else's metrics-server is changed, in the words of whoever installed it. */
final class PackagingRemedy {

  /** {@code {flags --a=1 --b=2}} sets flags, {@code {without --a}} takes one away. */
  private static final Pattern FLAGS = Pattern.compile("\\{(flags|without) ([^}]*)}");

  private static final Pattern CHANGES =
      Pattern.compile("kubectl -n \\S+ (?:patch|edit|scale|set \\w+) deployment.*", Pattern.DOTALL);

  /** Upstream's; others of that name have other values. */
  private static final Pattern CHART = Pattern.compile("metrics-server-(3\\.\\d+\\.\\d+)");

  private static final String REPOSITORY = "https://kubernetes-sigs.github.io/metrics-server";

  private PackagingRemedy() {}

  /**
   * Upgrades a Helm release to other values, without another version.
   *
   * @param values as options of {@code helm upgrade}
   * @return empty where it is no release of upstream's chart, whose values these are
   */
  static Optional<String> upgraded(Installation installation, String values) {
    return installation
        .packaging()
        .filter(p -> p.owner().kind() == Owner.Kind.Helm && !values.isEmpty())
        .flatMap(p -> {
          var chart = CHART.matcher(p.chart());
          return chart.matches()
              ? Optional.of(
                  "helm -n %s upgrade %s metrics-server --repo %s --version %s --reuse-values %s"
                      .formatted(
                          p.owner().namespace(),
                          p.owner().name(),
                          REPOSITORY,
                          chart.group(1),
                          values))
              : Optional.empty();
        });
  }

  /** Flags in place of their placeholders. */
  static String filled(String text, Installation installation) {
    return FLAGS
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                flags(found.group(1).equals("flags"), found.group(2), installation)));
  }

  private static String flags(boolean set, String flags, Installation installation) {
    var list = List.of(flags.split(" ", -1));
    return installation
        .packaging()
        .map(Packaging::flags)
        .filter(now -> !now.isEmpty() && now.stream().noneMatch(flag -> flag.contains("'")))
        .map(now -> changed(now, set, list))
        .flatMap(then ->
            upgraded(
                    installation,
                    "--set-json 'defaultArgs=%s' --set-json 'args=[]'"
                        .formatted(json(MetricsServerFlags.without(then, List.of("secure-port")))))
                .or(() -> Optional.of(patched(then, installation))))
        .orElseGet(() ->
            "kubectl -n %s edit deployment %s: %s %s %s args"
                .formatted(
                    installation.namespace(),
                    installation.deployment(),
                    set ? "set" : "remove",
                    String.join(" and ", list),
                    set ? "in" : "from"));
  }

  private static String patched(List<String> flags, Installation installation) {
    return "kubectl -n %s patch deployment %s --type json -p '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/%d/args\",\"value\":%s}]'"
        .formatted(
            installation.namespace(),
            installation.deployment(),
            installation.packaging().map(Packaging::container).orElse(0),
            json(flags));
  }

  private static List<String> changed(List<String> now, boolean set, List<String> flags) {
    var kept = MetricsServerFlags.without(now, flags.stream().map(PackagingRemedy::name).toList());
    return set ? Stream.concat(kept.stream(), flags.stream()).toList() : kept;
  }

  private static String name(String flag) {
    return flag.substring(2).split("=", 2)[0];
  }

  private static String json(List<String> flags) {
    return flags.stream()
        .map(flag -> "\"" + flag.replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
        .collect(Collectors.joining(",", "[", "]"));
  }

  /** A change of the Deployment does not last where somebody writes it again. */
  static Finding kept(Finding finding, Installation installation) {
    return installation
        .packaging()
        .filter(_ -> CHANGES.matcher(finding.remedy()).matches())
        .flatMap(p -> OwnerText.reverted(p.owner()))
        .map(undone ->
            new Finding(
                finding.code(),
                finding.severity(),
                finding.message(),
                finding.remedy() + "; " + undone,
                finding.object(),
                finding.stalled()))
        .orElse(finding);
  }
}
