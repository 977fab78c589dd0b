package dev.metricsserver.diagnosis;

import static java.util.stream.Collectors.joining;

import dev.metricsserver.diagnosis.FindingCode.Place;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The generated part of docs/findings.md: a table for each part of the path, and each finding. */
final class FindingsPage {

  /** From the kubelets to the query, and what is beside that path. */
  static final List<Place> ORDER =
      List.of(
          Place.Configuration,
          Place.Kubelets,
          Place.Pods,
          Place.Access,
          Place.Network,
          Place.ServingCertificate,
          Place.APIService,
          Place.Consumers,
          Place.Hygiene,
          Place.Diagnosis);

  private static final String YOU = "you";

  /** Findings that quote the API server or name objects of the user: cause and fix. */
  private static final Map<FindingCode, String> QUOTING =
      new EnumMap<>(
          Map.of(
              FindingCode.ApplyFailed,
              "the API server rejected a request of the operator; the message quotes it\n"
                  + "  → none if it passes: the operator retries. Where a right is missing, the"
                  + " finding has the commands that grant it",
              FindingCode.CheckFailed,
              "one check of the diagnosis failed; the message names it. The other findings are"
                  + " complete\n  → report the message to the project",
              FindingCode.Conflict,
              "an existing metrics-server is not the operator's; the message names its owner and"
                  + " the evidence. Nothing was changed\n  → set spec.conflictPolicy: Adopt or"
                  + " Observe; or remove the existing one: [migration](migration.md)",
              FindingCode.Contested,
              "another field manager reverts the operator's changes; the operator has stopped\n"
                  + "  → stop that manager as the finding says; then change the spec",
              FindingCode.InvalidSpec,
              "a field of the spec does not fit this cluster or another field; the message names"
                  + " it\n  → correct the field as the finding says",
              FindingCode.NothingToObserve,
              "spec.conflictPolicy is Observe, and the cluster has no metrics API\n"
                  + "  → set spec.conflictPolicy: Refuse to install one"));

  private FindingsPage() {}

  /** Codes that are described here, because their findings have no evidence of their own. */
  static Set<FindingCode> quoting() {
    return QUOTING.keySet();
  }

  /** Returns the text for these examples. */
  static String markdown(Stream<Finding> examples) {
    var byCode = new TreeMap<String, Map<String, Finding>>();
    QUOTING.keySet().forEach(code -> byCode.put(code.name(), Map.of()));
    examples.forEach(f ->
        byCode
            .computeIfAbsent(f.code().name(), _ -> new TreeMap<>())
            .putIfAbsent(f.remedyText(), f));
    return ORDER.stream().map(place -> section(place, byCode)).collect(joining());
  }

  private static String section(Place place, Map<String, Map<String, Finding>> byCode) {
    var codes =
        byCode.keySet().stream()
            .map(FindingCode::valueOf)
            .filter(code -> code.place() == place)
            .toList();
    var table =
        codes.stream()
            .map(code ->
                "| [%s](#%s) | %s | %s |\n"
                    .formatted(
                        code,
                        code.anchor(),
                        code.severity(),
                        actors(byCode.get(code.name()).values())))
            .collect(joining());
    var details =
        codes.stream()
            .map(code -> "### %s\n\n%s\n\n".formatted(code, said(code, byCode.get(code.name()))))
            .collect(joining());
    return "## %s\n\n| finding | severity | who acts |\n|---|---|---|\n%s\n%s"
        .formatted(title(place), table, details);
  }

  private static String title(Place place) {
    return switch (place) {
      case Configuration -> "The configuration is rejected or not in force";
      case Kubelets -> "Kubelets give no metrics";
      case Pods -> "Pods are not created, not started or not ready";
      case Access -> "Rights are missing";
      case Network -> "Network policies";
      case ServingCertificate -> "The certificate of metrics-server";
      case APIService -> "The API server gets no answer";
      case Consumers -> "Metrics are there and not used";
      case Hygiene -> "Nothing fails, and something should change";
      case Diagnosis -> "The diagnosis itself";
    };
  }

  private static String actors(Collection<Finding> findings) {
    return findings.isEmpty()
        ? YOU
        : findings.stream()
            .map(FindingsPage::actor)
            .collect(Collectors.toCollection(TreeSet::new))
            .stream()
            .collect(joining(" or "));
  }

  private static String actor(Finding finding) {
    if (finding.remedy().steps().getFirst() instanceof Step.None) {
      return finding.remedyText().startsWith("none: the operator") ? "the operator" : "no action";
    }
    return fixable(finding) ? YOU + ", also by `--fix`" : YOU;
  }

  private static boolean fixable(Finding finding) {
    return !finding.remedy().executable().isEmpty()
        || finding.remedy().nodeConfiguration().isPresent();
  }

  private static String said(FindingCode code, Map<String, Finding> findings) {
    return findings.isEmpty()
        ? "- " + QUOTING.get(code)
        : findings.values().stream().map(FindingsPage::said).collect(joining("\n"));
  }

  private static String said(Finding finding) {
    return "- %s\n  → %s%s"
        .formatted(
            escaped(finding.message()),
            escaped(finding.remedyText()),
            fixable(finding) ? " **(--fix)**" : "");
  }

  private static String escaped(String text) {
    return text.replace("*", "\\*").replace("<", "\\<").replace("_", "\\_");
  }
}
