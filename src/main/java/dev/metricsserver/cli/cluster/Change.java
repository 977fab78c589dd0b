package dev.metricsserver.cli.cluster;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What becomes of one object. Pure.
 *
 * @param object as kind/namespace/name or kind/name
 * @param difference of its YAML, as lines of a unified diff; empty where it stays as it is, or is a
 *     secret
 * @param remark what else there is to say of it, as a clause; may be empty
 */
public record Change(String object, Kind kind, List<String> difference, String remark) {

  /** What the API server keeps for itself. */
  private static final List<String> KEPT =
      List.of("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp");

  private static final int CONTEXT = 3;

  private static final KubernetesSerialization YAML =
      new KubernetesSerialization(new ObjectMapper(), false);

  /** What is done. */
  public enum Kind {
    /** It is not there yet. */
    Created("+"),
    /** Fields of it become others. */
    Changed("~"),
    /** It is not wanted any more. */
    Deleted("-"),
    /** Nothing. */
    Unchanged("="),
    /** Not known; the remark says why. */
    Unknown("?");

    private final String sign;

    Kind(String sign) {
      this.sign = sign;
    }

    /** In one character. */
    public String sign() {
      return sign;
    }
  }

  /** An object that is not there yet. */
  public static Change created(HasMetadata after, String remark) {
    return new Change(
        name(after), Kind.Created, difference(after, List.of(), lines(after)), remark);
  }

  /** An object that goes away. */
  public static Change deleted(HasMetadata before) {
    return new Change(name(before), Kind.Deleted, difference(before, lines(before), List.of()), "");
  }

  /** An object that cannot be compared. */
  public static Change unknown(HasMetadata object, String why) {
    return new Change(name(object), Kind.Unknown, List.of(), why);
  }

  /**
   * An object that is there.
   *
   * @param manager under whose name its fields are applied
   */
  public static Change of(HasMetadata before, HasMetadata after, String manager) {
    var remark =
        Stream.of(rolls(before, after) ? "its pods are replaced" : "", takenFrom(before, manager))
            .filter(clause -> !clause.isEmpty())
            .collect(Collectors.joining(", "));
    var difference = difference(before, lines(before), lines(after));
    return lines(before).equals(lines(after))
        ? new Change(name(before), Kind.Unchanged, List.of(), remark)
        : new Change(name(before), Kind.Changed, difference, remark);
  }

  /** As people name it. */
  public static String name(HasMetadata object) {
    var metadata = object.getMetadata();
    return Stream.of(object.getKind(), metadata.getNamespace(), metadata.getName())
        .filter(Objects::nonNull)
        .collect(Collectors.joining("/"));
  }

  private static boolean rolls(HasMetadata before, HasMetadata after) {
    return before instanceof Deployment one
        && after instanceof Deployment other
        && !one.getSpec().getTemplate().equals(other.getSpec().getTemplate());
  }

  private static String takenFrom(HasMetadata before, String manager) {
    var managers =
        before.getMetadata().getManagedFields().stream()
            .filter(fields -> requireNonNullElse(fields.getSubresource(), "").isEmpty())
            .map(ManagedFieldsEntry::getManager)
            .distinct()
            .toList();
    return managers.isEmpty() || managers.contains(manager)
        ? ""
        : "taken over from " + String.join(", ", managers);
  }

  private static List<String> difference(
      HasMetadata object, List<String> before, List<String> after) {
    return object instanceof Secret
        ? List.of()
        : UnifiedDiffUtils.generateUnifiedDiff(
            name(object), name(object), before, DiffUtils.diff(before, after), CONTEXT);
  }

  /** What people write of it. */
  @SuppressWarnings("unchecked")
  private static List<String> lines(HasMetadata object) {
    var plain = new TreeMap<>((Map<String, Object>) YAML.convertValue(object, Map.class));
    plain.remove("status");
    var metadata = new TreeMap<>((Map<String, Object>) plain.get("metadata"));
    metadata.keySet().removeAll(KEPT);
    plain.put("metadata", metadata);
    return new ArrayList<>(YAML.asYaml(plain).lines().skip(1).toList());
  }
}
