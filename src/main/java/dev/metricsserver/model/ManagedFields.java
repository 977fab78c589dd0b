package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.FieldsV1;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The field managers of an object's fields. Subresources, such as the status, do not count. */
public final class ManagedFields {

  private static final String APPLY = "Apply";

  /** What an object is for; its labels, and a ServiceAccount's Secrets, are not. */
  private static final Set<String> CONTENT =
      Set.of("f:spec", "f:rules", "f:aggregationRule", "f:roleRef", "f:subjects");

  private ManagedFields() {}

  /** Whether a manager applied the object. */
  public static boolean applied(HasMetadata object, String manager) {
    return object.getMetadata().getManagedFields().stream().anyMatch(entry -> isOf(entry, manager));
  }

  /**
   * The entries of others that hold content of the object. Labels and annotations are none, nor is
   * what {@code kubectl rollout restart} writes.
   */
  public static List<ManagedFieldsEntry> rivals(HasMetadata object, String manager) {
    return written(object)
        .filter(entry -> !isOf(entry, manager))
        .filter(ManagedFields::holdsContent)
        .toList();
  }

  /**
   * The object's entries with all fields as applied by one manager: what that one then applies
   * replaces everything, and leaves nothing of others.
   */
  public static List<ManagedFieldsEntry> takenOver(HasMetadata object, String manager) {
    var fields = new TreeMap<String, Object>();
    written(object).forEach(entry -> merge(fields, fields(entry)));
    fields.remove("f:status");
    var all = new FieldsV1();
    all.setAdditionalProperties(fields);
    return Stream.concat(
            Stream.of(
                new ManagedFieldsEntryBuilder()
                    .withManager(manager)
                    .withOperation(APPLY)
                    .withApiVersion(object.getApiVersion())
                    .withFieldsType("FieldsV1")
                    .withFieldsV1(all)
                    .build()),
            object.getMetadata().getManagedFields().stream()
                .filter(entry -> entry.getSubresource() != null))
        .toList();
  }

  private static Stream<ManagedFieldsEntry> written(HasMetadata object) {
    return object.getMetadata().getManagedFields().stream()
        .filter(entry -> entry.getSubresource() == null);
  }

  private static boolean isOf(ManagedFieldsEntry entry, String manager) {
    return manager.equals(entry.getManager()) && APPLY.equals(entry.getOperation());
  }

  private static Map<String, Object> fields(ManagedFieldsEntry entry) {
    return entry.getFieldsV1() == null
        ? Map.of()
        : requireNonNullElse(entry.getFieldsV1().getAdditionalProperties(), Map.of());
  }

  private static boolean holdsContent(ManagedFieldsEntry entry) {
    return fields(entry).entrySet().stream()
        .filter(e -> CONTENT.contains(e.getKey()))
        .anyMatch(e -> !onlyPodAnnotations(e.getKey(), e.getValue()));
  }

  private static boolean onlyPodAnnotations(String key, Object value) {
    return key.equals("f:spec")
        && value instanceof Map<?, ?> spec
        && spec.keySet().equals(Set.of("f:template"))
        && spec.get("f:template") instanceof Map<?, ?> template
        && template.keySet().equals(Set.of("f:metadata"))
        && template.get("f:metadata") instanceof Map<?, ?> metadata
        && metadata.keySet().equals(Set.of("f:annotations"));
  }

  @SuppressWarnings("unchecked")
  private static void merge(Map<String, Object> into, Map<String, Object> fields) {
    fields.forEach((key, value) -> {
      if (value instanceof Map<?, ?> children) {
        var merged = new TreeMap<>((Map<String, Object>) into.getOrDefault(key, Map.of()));
        merge(merged, (Map<String, Object>) children);
        into.put(key, merged);
      } else {
        into.put(key, value);
      }
    });
  }
}
