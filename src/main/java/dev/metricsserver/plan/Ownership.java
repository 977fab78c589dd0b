package dev.metricsserver.plan;

import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.Violation.OwnedObjects;
import dev.metricsserver.plan.Violation.ServedElsewhere;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Decides what the objects of other owners prevent. */
public final class Ownership {

  private Ownership() {}

  /**
   * Refuses a decision if objects of other owners have the operator's names. Further violations of
   * the spec are left out, because nothing can be installed before these are resolved.
   */
  public static Decision respected(Decision decision, List<UnmanagedObject> foreign) {
    return foreign.isEmpty() ? decision : new Refused(Refusal.Conflict, conflicts(foreign));
  }

  /** One violation for each owner. */
  static List<Violation> conflicts(List<UnmanagedObject> foreign) {
    return foreign.stream()
        .collect(
            Collectors.groupingBy(f -> f.owner().key(), LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .<Violation>map(objects -> new OwnedObjects(objects.getFirst().owner(), objects))
        .toList();
  }

  /**
   * Refuses to adopt a metrics API that is served from another namespace: the bindings of its pods
   * have the operator's names and bind one ServiceAccount only, so its pods would lose their rights
   * before the operator's pods can serve.
   */
  static Optional<Violation> elsewhere(List<UnmanagedObject> foreign, String namespace) {
    return served(foreign, "APIService")
        .map(ObjectName::namespace)
        .filter(other -> !other.equals(namespace))
        .filter(other ->
            served(foreign, "ClusterRoleBinding")
                .anyMatch(s -> s.kind().equals("ServiceAccount") && s.namespace().equals(other)))
        .findFirst()
        .map(other -> new ServedElsewhere(other, namespace));
  }

  private static Stream<ObjectName> served(List<UnmanagedObject> foreign, String kind) {
    return foreign.stream()
        .filter(f -> f.object().kind().equals(kind))
        .flatMap(f -> f.serves().stream());
  }

  /** Whether the installer restores its objects by itself, so that an adoption would not last. */
  public static boolean restores(Owner owner) {
    return switch (owner.kind()) {
      case OpenShift, RKE2, K3s, K0s, Minikube, KOps, EKS, AKS, GKE, AddonManager -> true;
      case PrometheusAdapter, ArgoCD, FluxHelmRelease, FluxKustomization, Helm, Kubectl, Unknown ->
          false;
    };
  }
}
