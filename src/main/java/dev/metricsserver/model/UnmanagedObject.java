package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import java.util.List;
import java.util.Optional;

/**
 * An object that has one of the operator's names and was created by another program or user.
 *
 * @param serves the Service that an APIService leads to, or the subjects of a binding
 */
public record UnmanagedObject(ObjectName object, List<ObjectName> serves, Owner owner) {

  /** Reads what the object itself says. */
  public static UnmanagedObject of(HasMetadata object) {
    return new UnmanagedObject(ObjectName.of(object), serves(object), Owner.of(object));
  }

  private static List<ObjectName> serves(HasMetadata object) {
    return switch (object) {
      case APIService registration ->
          Optional.ofNullable(registration.getSpec().getService()).stream()
              .map(s -> new ObjectName("Service", s.getNamespace(), s.getName()))
              .toList();
      case ClusterRoleBinding binding -> subjects(binding.getSubjects());
      case RoleBinding binding -> subjects(binding.getSubjects());
      default -> List.of();
    };
  }

  private static List<ObjectName> subjects(List<Subject> subjects) {
    return requireNonNullElse(subjects, List.<Subject>of()).stream()
        .map(
            s -> new ObjectName(s.getKind(), requireNonNullElse(s.getNamespace(), ""), s.getName()))
        .toList();
  }
}
