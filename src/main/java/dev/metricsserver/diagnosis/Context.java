package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Step.Apply;
import dev.metricsserver.diagnosis.Step.ChooseField;
import dev.metricsserver.diagnosis.Step.Delete;
import dev.metricsserver.diagnosis.Step.Edit;
import dev.metricsserver.diagnosis.Step.FillIn;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.Label;
import dev.metricsserver.diagnosis.Step.Patch;
import dev.metricsserver.diagnosis.Step.PatchType;
import dev.metricsserver.diagnosis.Step.RemoveField;
import dev.metricsserver.diagnosis.Step.RolloutRestart;
import dev.metricsserver.diagnosis.Step.Scale;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.reading.Packaging;
import dev.metricsserver.rendering.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Builds messages and remedies for one installation.
 *
 * @param groups what a rule's pattern matched, from the first group on
 */
record Context(Installation installation, List<String> groups) {

  /** The registration of the metrics API. */
  static final ObjectName API_SERVICE = ObjectName.cluster("APIService", Names.API_SERVICE);

  /** A placeholder in a template of this package. */
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$([1-9])|\\{([a-z]+)}");

  Context(Installation installation) {
    this(installation, List.of());
  }

  /** What a group matched; empty where it matched nothing. */
  String group(int number) {
    return groups.get(number - 1);
  }

  /**
   * A message with {@code $1} for a group and {@code {namespace}}, {@code {deployment}}, {@code
   * {service}}, {@code {account}}, {@code {image}}, {@code {limit}} and {@code {port}} for the
   * installation's. Inserted text is never read as a template.
   */
  String fill(String template) {
    return PLACEHOLDER
        .matcher(template)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                found.group(1) != null
                    ? group(Integer.parseInt(found.group(1)))
                    : named(found.group(2))))
        .strip();
  }

  private String named(String name) {
    return switch (name) {
      case "namespace" -> installation.namespace();
      case "deployment" -> installation.deployment();
      case "service" -> installation.service();
      case "account" -> installation.serviceAccount();
      case "image" -> installation.image();
      case "limit" -> installation.memoryLimit();
      case "port" -> Integer.toString(installation.port());
      default -> throw new IllegalArgumentException("no placeholder: " + name);
    };
  }

  /** A finding whose message is a template. */
  Finding finding(
      FindingCode code,
      Finding.Severity severity,
      String message,
      Remedy remedy,
      ObjectName object) {
    return new Finding(code, severity, fill(message), remedy, object);
  }

  // ------------------------------------------------------------------ the MetricsServerConfig

  static Remedy set(String path, Object value) {
    return Remedy.of(Step.set(path, value));
  }

  static Remedy choose(String path, String value) {
    return Remedy.of(new ChooseField(path, value));
  }

  static Remedy remove(String path) {
    return Remedy.of(new RemoveField(path));
  }

  /** The operator restores its objects, as soon as it is not paused. */
  Remedy restore() {
    return installation.keeper() == Keeper.PausedOperator
        ? Remedy.of(new SetField("paused", false, "the operator then restores it"))
        : Remedy.none("none: the operator restores it")
            .or(
                Step.run(
                    "to see why the operator cannot restore it",
                    "kubectl -n metrics-server-operator logs deployment/metrics-server-operator"));
  }

  /** The operator's own way for its installation, another remedy for an existing one. */
  Remedy restoreOr(Remedy other) {
    return installation.ours() ? restore() : other;
  }

  // ------------------------------------------------------------------------- the Deployment

  Target deployment() {
    return Target.deployment(installation.namespace(), installation.deployment());
  }

  private int container() {
    return installation.packaging().map(Packaging::container).orElse(0);
  }

  private String containerName() {
    return installation.packaging().map(Packaging::name).orElse(Names.METRICS_SERVER);
  }

  Remedy restart() {
    return Remedy.of(new RolloutRestart(deployment()));
  }

  Remedy scale(int replicas) {
    return Remedy.of(new Scale(deployment(), replicas));
  }

  /** A merge patch of the Deployment's pod template. */
  Remedy patchTemplate(Map<String, Object> template) {
    return Remedy.of(
        new Patch(deployment(), PatchType.merge, Map.of("spec", Map.of("template", template))));
  }

  /** A merge patch of the pods' spec. */
  Remedy patchPods(Map<String, Object> spec) {
    return patchTemplate(Map.of("spec", spec));
  }

  /** A field of metrics-server's container is set. */
  Remedy patchContainer(String field, Object value) {
    return jsonPatch(
        deployment(),
        "add",
        "/spec/template/spec/containers/%d/%s".formatted(container(), field),
        value);
  }

  Remedy edit(String change) {
    return Remedy.of(new Edit(deployment(), change));
  }

  Remedy setImage(String note) {
    return Remedy.of(
        new FillIn(
            deployment(),
            Command.of(
                "kubectl -n %s set image deployment/%s %s",
                installation.namespace(), installation.deployment(), containerName() + "=IMAGE"),
            note));
  }

  /** A resource of metrics-server's container gets another amount. */
  Remedy setResources(String option, String amount) {
    return Remedy.of(
        new FillIn(
            deployment(),
            Command.of(
                "kubectl -n %s set resources deployment/%s -c %s --%s",
                installation.namespace(),
                installation.deployment(),
                containerName(),
                option + "=" + amount),
            ""));
  }

  /** Flags of an existing installation are set. */
  Remedy flags(String... flags) {
    return PackagingRemedy.flags(this, List.of(flags), List.of());
  }

  /** A flag of an existing installation is removed. */
  Remedy withoutFlag(String flag) {
    return PackagingRemedy.flags(this, List.of(), List.of(flag));
  }

  /** An upgrade of the Helm release, or another remedy where it is none of upstream's chart. */
  Remedy helmOr(Remedy other, String key, Object value) {
    return helm(List.of(new HelmValue(key, value))).orElse(other);
  }

  Optional<Remedy> helm(List<HelmValue> values) {
    return PackagingRemedy.upgraded(installation, values).map(Remedy::of);
  }

  // --------------------------------------------------------------------------- other objects

  /** The Service's first port leads to metrics-server's port. */
  Remedy patchServicePort() {
    return service("patch spec.ports[0].targetPort to " + installation.port())
        .orElseGet(() ->
            jsonPatch(serviceTarget(), "replace", "/spec/ports/0/targetPort", installation.port()));
  }

  /** The Service selects metrics-server's pods. */
  Remedy patchServiceSelector() {
    return service("set spec.selector to " + installation.labels())
        .orElseGet(
            () -> jsonPatch(serviceTarget(), "add", "/spec/selector", installation.selector()));
  }

  private static Remedy jsonPatch(Target target, String operation, String path, Object value) {
    return Remedy.of(
        new Patch(
            target,
            PatchType.json,
            List.of(Map.of("op", operation, "path", path, "value", value))));
  }

  private Target serviceTarget() {
    return Target.namespaced("v1", "Service", installation.namespace(), installation.service());
  }

  /** Only a person knows a Service that is not known here. */
  private Optional<Remedy> service(String change) {
    return installation.service().equals(Installation.UNKNOWN_SERVICE)
        ? Optional.of(Remedy.manual(change + " in the Service of metrics-server"))
        : Optional.empty();
  }

  static Target apiService() {
    return Target.cluster("apiregistration.k8s.io/v1", "APIService", Names.API_SERVICE);
  }

  static Step deleteAPIService() {
    return new Delete(apiService());
  }

  static Remedy patchAPIService(Map<String, Object> spec) {
    return Remedy.of(new Patch(apiService(), PatchType.merge, Map.of("spec", spec)));
  }

  Step labelNamespace(String key, String value) {
    return new Label(
        Target.cluster("v1", "Namespace", installation.namespace()), Map.of(key, value));
  }

  Step apply(Target target, Map<String, Object> fields) {
    return new Apply(target, fields, Optional.empty());
  }

  /** A command in the installation's namespace that reads. */
  Step kubectl(String purpose, String template, Object... arguments) {
    return Step.run(
        purpose,
        "kubectl -n %s " + template,
        Stream.concat(Stream.of((Object) installation.namespace()), Arrays.stream(arguments))
            .toArray());
  }
}
