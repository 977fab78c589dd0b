package dev.metricsserver.diagnosis;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One step of a remedy. {@link RemedyRenderer} turns it into text. */
public sealed interface Step {

  /**
   * An object of the cluster.
   *
   * @param namespace empty for an object of the whole cluster
   */
  record Target(String apiVersion, String kind, Optional<String> namespace, String name) {

    /** An object of the whole cluster. */
    public static Target cluster(String apiVersion, String kind, String name) {
      return new Target(apiVersion, kind, Optional.empty(), name);
    }

    /** An object in a namespace. */
    public static Target namespaced(String apiVersion, String kind, String namespace, String name) {
      return new Target(apiVersion, kind, Optional.of(namespace), name);
    }

    /** A Deployment. */
    static Target deployment(String namespace, String name) {
      return namespaced("apps/v1", "Deployment", namespace, name);
    }
  }

  /** Kinds of patches, as {@code kubectl patch --type} names them. */
  enum PatchType {
    merge,
    json
  }

  /**
   * A field of the MetricsServerConfig gets a value.
   *
   * @param path below {@code spec}
   * @param note what follows from it, as a clause; may be empty
   */
  record SetField(String path, Object value, String note) implements Step {}

  /** A field of the MetricsServerConfig is removed. */
  record RemoveField(String path) implements Step {}

  /**
   * A field of the MetricsServerConfig gets a value that only the user knows.
   *
   * @param value how to choose it, as what follows {@code set spec.x}
   */
  record ChooseField(String path, String value) implements Step {}

  /**
   * An object is patched.
   *
   * @param patch a map for a merge patch, a list of operations for a JSON patch
   */
  record Patch(Target target, PatchType type, Object patch) implements Step {}

  /** Labels of an object are set. */
  record Label(Target target, Map<String, String> labels) implements Step {}

  /**
   * An object is created or updated.
   *
   * @param fields all but its kind and names
   * @param command a shorter command than {@code kubectl apply} that does the same
   */
  record Apply(Target target, Map<String, Object> fields, Optional<Command> command)
      implements Step {}

  /** An object is deleted. */
  record Delete(Target target) implements Step {}

  /** A Deployment gets this many pods. */
  record Scale(Target target, int replicas) implements Step {}

  /** The pods of a Deployment are replaced. */
  record RolloutRestart(Target target) implements Step {}

  /**
   * An object is edited by hand, because a value depends on the user.
   *
   * @param change an imperative
   */
  record Edit(Target target, String change) implements Step {}

  /**
   * A command with a value in capital letters that only the user knows.
   *
   * @param target the object that it changes
   * @param note how to choose the value, as a clause; may be empty
   */
  record FillIn(Target target, Command command, String note) implements Step {}

  /**
   * A Helm release is upgraded with other values and the same chart version.
   *
   * @param values by key; a list is passed as JSON
   */
  record HelmUpgrade(String namespace, String release, String version, List<HelmValue> values)
      implements Step {

    /** One value. */
    record HelmValue(String key, Object value) {}
  }

  /**
   * The configuration of nodes is patched by a program other than kubectl.
   *
   * @param command everything before the patch
   */
  record NodeConfiguration(Command command, Map<String, Object> patch) implements Step {}

  /**
   * A command that reads, or that another program than {@code doctor} must run.
   *
   * @param purpose why, as a clause such as {@code to see the reason}; may be empty
   */
  record Run(Command command, String purpose) implements Step {}

  /** A step that only a person can take, as an imperative. */
  record Manual(String text) implements Step {}

  /** No step is needed, and why. */
  record None(String text) implements Step {}

  /** Whether {@code doctor --fix} can carry it out. */
  default boolean executable() {
    return switch (this) {
      case SetField _,
          RemoveField _,
          Patch _,
          Label _,
          Apply _,
          Delete _,
          Scale _,
          RolloutRestart _ ->
          true;
      default -> false;
    };
  }

  /** Whether it needs a value that only the user knows. */
  default boolean needsValue() {
    return this instanceof ChooseField || this instanceof Edit || this instanceof FillIn;
  }

  /** Whether it changes a field of the MetricsServerConfig. */
  default boolean changesSpec() {
    return this instanceof SetField || this instanceof RemoveField || this instanceof ChooseField;
  }

  /** The object that it changes; empty where it changes none, or the MetricsServerConfig. */
  default Optional<Target> changes() {
    return switch (this) {
      case Patch(var target, _, _) -> Optional.of(target);
      case Label(var target, _) -> Optional.of(target);
      case Apply(var target, _, _) -> Optional.of(target);
      case Delete(var target) -> Optional.of(target);
      case Scale(var target, _) -> Optional.of(target);
      case RolloutRestart(var target) -> Optional.of(target);
      case Edit(var target, _) -> Optional.of(target);
      case FillIn(var target, _, _) -> Optional.of(target);
      default -> Optional.empty();
    };
  }

  /** A step without a note. */
  static Step set(String path, Object value) {
    return new SetField(path, value, "");
  }

  /** A command that reads. */
  static Step run(String purpose, String template, Object... arguments) {
    return new Run(new Command(template, Arrays.asList(arguments)), purpose);
  }
}
