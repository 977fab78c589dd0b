package dev.metricsserver.model;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An object under one of the operator's names that somebody else made.
 *
 * @param object as kind/namespace/name, or kind/name
 * @param serves what it leads to, such as {@code Service monitoring/prometheus-adapter}, where it
 *     leads to anything
 */
public record UnmanagedObject(String object, Optional<String> serves, Owner owner) {

  /** What there is to know of an object. */
  public static UnmanagedObject of(HasMetadata object) {
    return new UnmanagedObject(name(object), serves(object), Owner.of(object));
  }

  /** An object's name, as kind/namespace/name, or kind/name. */
  public static String name(HasMetadata object) {
    return Stream.of(
            object.getKind(), object.getMetadata().getNamespace(), object.getMetadata().getName())
        .filter(Objects::nonNull)
        .collect(Collectors.joining("/"));
  }

  private static Optional<String> serves(HasMetadata object) {
    return switch (object) {
      case APIService registration ->
          Optional.ofNullable(registration.getSpec().getService())
              .map(s -> "Service %s/%s".formatted(s.getNamespace(), s.getName()));
      case ClusterRoleBinding binding -> subjects(binding.getSubjects());
      case RoleBinding binding -> subjects(binding.getSubjects());
      default -> Optional.empty();
    };
  }

  private static Optional<String> subjects(List<Subject> subjects) {
    return Optional.ofNullable(subjects).stream()
        .flatMap(List::stream)
        .map(s ->
            s.getNamespace() == null
                ? s.getKind() + " " + s.getName()
                : "%s %s/%s".formatted(s.getKind(), s.getNamespace(), s.getName()))
        .reduce((one, other) -> one + ", " + other);
  }
}
