package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Command.Json;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.PatchType;
import dev.metricsserver.diagnosis.Step.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns remedies into text: the only place where a step becomes a sentence or a command. */
public final class RemedyRenderer {

  /** The chart repository of metrics-server's own project. */
  private static final String CHARTS = "https://kubernetes-sigs.github.io/metrics-server";

  private RemedyRenderer() {}

  /**
   * One step as text and data.
   *
   * @param alternative 0 for the recommended way, 1 for the first alternative, and so on
   * @param action the kind of step, such as {@code SetField}
   * @param text the step as a sentence
   * @param command what to type; empty where it is not one command
   * @param field of the MetricsServerConfig, from {@code spec}; empty where none changes
   * @param value of the field as JSON; empty where it is removed or only the user knows it
   * @param object that changes, as kind/namespace/name; empty where none does
   */
  public record RenderedStep(
      int alternative,
      String action,
      String text,
      String command,
      String field,
      String value,
      String object) {}

  /** A remedy in one line. */
  public static String line(Remedy remedy) {
    return ways(remedy)
        .map(way ->
            way.steps().stream().map(RemedyRenderer::text).collect(Collectors.joining("; then ")))
        .collect(Collectors.joining("; or "));
  }

  /** Each step of each way. */
  public static List<RenderedStep> steps(Remedy remedy) {
    var steps = new ArrayList<RenderedStep>();
    var way = 0;
    for (var one : ways(remedy).toList()) {
      for (var step : one.steps()) {
        steps.add(rendered(way, step));
      }
      way++;
    }
    return List.copyOf(steps);
  }

  private static Stream<Remedy> ways(Remedy remedy) {
    return Stream.concat(Stream.of(remedy), remedy.alternatives().stream());
  }

  private static RenderedStep rendered(int way, Step step) {
    return new RenderedStep(
        way,
        step.getClass().getSimpleName(),
        text(step),
        command(step).map(Command::text).orElse(""),
        switch (step) {
          case Step.SetField(var path, _, _) -> "spec." + path;
          case Step.RemoveField(var path) -> "spec." + path;
          case Step.ChooseField(var path, _) -> "spec." + path;
          default -> "";
        },
        step instanceof Step.SetField(_, var value, _) ? Command.json(value) : "",
        step.changes().map(RemedyRenderer::name).map(Words::printable).orElse(""));
  }

  private static String name(Target target) {
    return Stream.of(Optional.of(target.kind()), target.namespace(), Optional.of(target.name()))
        .flatMap(Optional::stream)
        .collect(Collectors.joining("/"));
  }

  /** A step as a sentence without a full stop. */
  public static String text(Step step) {
    return Words.printable(
        switch (step) {
          case Step.SetField(var path, var value, var note) ->
              "set spec.%s: %s".formatted(path, yaml(value)) + note(note);
          case Step.RemoveField(var path) -> "remove spec." + path;
          case Step.ChooseField(var path, var value) -> "set spec.%s %s".formatted(path, value);
          case Step.Edit(_, var change) -> commandText(step) + ": " + change;
          case Step.FillIn(_, _, var note) -> commandText(step) + note(note);
          case Step.Run(_, var purpose) ->
              purpose.isEmpty() ? commandText(step) : "run " + commandText(step) + " " + purpose;
          case Step.Manual(var text) -> text;
          case Step.None(var text) -> text;
          default -> commandText(step);
        });
  }

  /** The command of a change of nodes' configuration, without the patch. */
  public static String command(Step.NodeConfiguration configuration) {
    return Words.printable(configuration.command().text());
  }

  /** The patch of a change of nodes' configuration, as JSON. */
  public static String patch(Step.NodeConfiguration configuration) {
    return Command.json(configuration.patch());
  }

  private static String note(String note) {
    return note.isEmpty() ? "" : " (" + note + ")";
  }

  private static String commandText(Step step) {
    var command = command(step).orElseThrow();
    return command.text() + note(command.notes());
  }

  private static Optional<Command> command(Step step) {
    return Optional.ofNullable(
        switch (step) {
          case Step.SetField(var path, var value, _) -> spec(path, value);
          case Step.RemoveField(var path) -> spec(path, null);
          case Step.Patch(var target, var type, var patch) -> patch(target, type, patch);
          case Step.Label(var target, var labels) -> label(target, labels);
          case Step.Apply apply -> apply.command().orElseGet(() -> apply(apply));
          case Step.Delete(var target) -> kubectl(target, "delete", "");
          case Step.Scale(var target, var replicas) ->
              kubectl(target, "scale", " --replicas=" + replicas);
          case Step.RolloutRestart(var target) -> kubectl(target, "rollout restart", "");
          case Step.Edit(var target, _) -> kubectl(target, "edit", "");
          case Step.FillIn(_, var command, _) -> command;
          case Step.HelmUpgrade upgrade -> helm(upgrade);
          case Step.NodeConfiguration(var command, var patch) -> patched(command, patch);
          case Step.Run(var command, _) -> command;
          case Step.ChooseField _, Step.Manual _, Step.None _ -> null;
        });
  }

  private static Command spec(String path, Object value) {
    return Command.of(
        "kubectl patch msc cluster --type merge -p %s",
        new Json(Map.of("spec", nested(path, value))));
  }

  /** A field's path as nested maps. */
  static Map<String, Object> nested(String path, Object value) {
    var dot = path.indexOf('.');
    var map = new TreeMap<String, Object>();
    map.put(
        dot < 0 ? path : path.substring(0, dot),
        dot < 0 ? value : nested(path.substring(dot + 1), value));
    return map;
  }

  /** For example {@code kubectl -n a scale deployment/b}. */
  private static Command kubectl(Target target, String verb, String options) {
    var kind = target.kind().toLowerCase(Locale.ROOT);
    return target
        .namespace()
        .map(namespace ->
            Command.of(
                "kubectl -n %s " + verb + " " + kind + "/%s" + options, namespace, target.name()))
        .orElseGet(
            () -> Command.of("kubectl " + verb + " " + kind + "/%s" + options, target.name()));
  }

  private static Command patch(Target target, PatchType type, Object patch) {
    var command = kubectl(target, "patch", " --type " + type + " -p %s");
    return with(command, new Json(patch));
  }

  private static Command patched(Command command, Map<String, Object> patch) {
    return with(new Command(command.template() + " %s", command.arguments()), new Json(patch));
  }

  private static Command with(Command command, Object more) {
    return new Command(
        command.template(), Stream.concat(command.arguments().stream(), Stream.of(more)).toList());
  }

  private static Command label(Target target, Map<String, String> labels) {
    var command = kubectl(target, "label", " %s".repeat(labels.size()) + " --overwrite");
    var arguments = new ArrayList<>(command.arguments());
    new TreeMap<>(labels).forEach((key, value) -> arguments.add(key + "=" + value));
    return new Command(command.template(), arguments);
  }

  private static Command apply(Step.Apply apply) {
    var object = new TreeMap<String, Object>(apply.fields());
    var metadata = new TreeMap<String, Object>(Map.of("name", apply.target().name()));
    apply.target().namespace().ifPresent(namespace -> metadata.put("namespace", namespace));
    object.put("apiVersion", apply.target().apiVersion());
    object.put("kind", apply.target().kind());
    object.put("metadata", metadata);
    return Command.of("echo %s | kubectl apply -f -", new Json(object));
  }

  private static Command helm(Step.HelmUpgrade upgrade) {
    var values = upgrade.values().stream().map(RemedyRenderer::helmValue).toList();
    return new Command(
        "helm -n %s upgrade %s metrics-server --repo "
            + CHARTS
            + " --version %s --reuse-values "
            + values.stream().map(Command::template).collect(Collectors.joining(" ")),
        Stream.concat(
                Stream.of(upgrade.namespace(), upgrade.release(), upgrade.version()),
                values.stream().flatMap(value -> value.arguments().stream()))
            .toList());
  }

  private static Command helmValue(HelmValue value) {
    return switch (value.value()) {
      case String text when text.isEmpty() -> Command.of("--set " + value.key() + "=");
      case String text ->
          Command.of(
              value.key().contains("[")
                  ? "--set '" + value.key() + "=%s'"
                  : "--set " + value.key() + "=%s",
              text);
      default -> Command.of("--set-json '" + value.key() + "=%s'", new Json(value.value(), false));
    };
  }

  private static String yaml(Object value) {
    return switch (value) {
      case String text when text.isEmpty() -> "\"\"";
      case String text -> text;
      case List<?> list ->
          list.stream().map(RemedyRenderer::yaml).collect(Collectors.joining(", ", "[", "]"));
      case Map<?, ?> map ->
          map.entrySet().stream()
              .map(e -> e.getKey() + ": " + yaml(e.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      default -> value.toString();
    };
  }
}
