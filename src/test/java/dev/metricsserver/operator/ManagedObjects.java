package dev.metricsserver.operator;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** The objects that the operator makes, as they are in a cluster. */
record ManagedObjects(KubernetesClient client) {

  private record Name(Class<? extends HasMetadata> type, String namespace, String name) {}

  private static final List<Name> NAMES =
      List.of(
          new Name(ServiceAccount.class, "kube-system", "metrics-server"),
          new Name(ClusterRole.class, null, "system:metrics-server"),
          new Name(ClusterRole.class, null, "system:aggregated-metrics-reader"),
          new Name(ClusterRoleBinding.class, null, "system:metrics-server"),
          new Name(ClusterRoleBinding.class, null, "metrics-server:system:auth-delegator"),
          new Name(RoleBinding.class, "kube-system", "metrics-server-auth-reader"),
          new Name(Service.class, "kube-system", "metrics-server"),
          new Name(Deployment.class, "kube-system", "metrics-server"),
          new Name(PodDisruptionBudget.class, "kube-system", "metrics-server"),
          new Name(NetworkPolicy.class, "kube-system", "metrics-server-netpol"),
          new Name(APIService.class, null, "v1beta1.metrics.k8s.io"));

  /** What differs from one installation to the next, or is the time of something. */
  private static final Set<String> VOLATILE =
      Set.of(
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "managedFields",
          "status",
          "clusterIP",
          "clusterIPs",
          "metricsserver.dev/configuration",
          "metricsserver.dev/configured-at",
          "metricsserver.dev/look-again",
          "metricsserver.dev/service-account-uid",
          "deployment.kubernetes.io/revision");

  /** Those that are there. */
  List<? extends HasMetadata> get() {
    return NAMES.stream()
        .map(n ->
            n.namespace() == null
                ? client.resources(n.type()).withName(n.name()).get()
                : client.resources(n.type()).inNamespace(n.namespace()).withName(n.name()).get())
        .filter(Objects::nonNull)
        .toList();
  }

  /** All of them as YAML, without what differs each time. */
  String state() {
    var serialization = client.getKubernetesSerialization();
    return get().stream()
        .map(o -> serialization.asYaml(stable(serialization.convertValue(o, Map.class))))
        .reduce("", String::concat);
  }

  private static Object stable(Object value) {
    if (value instanceof Map<?, ?> map) {
      var copy = new TreeMap<String, Object>();
      map.forEach((key, inner) -> {
        if (!VOLATILE.contains(key.toString())) {
          copy.put(key.toString(), stable(inner));
        }
      });
      // What had only such annotations is like what has none.
      copy.remove("annotations", Map.of());
      return copy;
    }
    return value instanceof List<?> list
        ? list.stream().map(ManagedObjects::stable).toList()
        : value;
  }

  /** As the garbage collector does when their owner is gone. */
  void collect() {
    get().forEach(o -> client.resource(o).withGracePeriod(0).delete());
  }
}
