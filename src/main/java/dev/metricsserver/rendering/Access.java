package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.RoleRefBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import java.util.List;

/** The identity of metrics-server, its rights, and the rights to read metrics. */
public final class Access {

  private static final String RBAC = "rbac.authorization.k8s.io";

  private Access() {}

  /** The ServiceAccount. Only pods that ask for its token mount it. */
  public static ServiceAccount serviceAccount(MetricsServerPlan plan) {
    return new ServiceAccountBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .withAutomountServiceAccountToken(false)
        .build();
  }

  /**
   * The rights that metrics-server needs: to read the kubelets' metrics, and to list pods and
   * nodes.
   */
  public static ClusterRole clusterRole() {
    return new ClusterRoleBuilder()
        .withMetadata(Names.metadata(Names.CLUSTER_ROLE))
        .withRules(
            rule("", List.of("nodes/metrics"), List.of("get")),
            rule("", List.of("pods", "nodes"), List.of("get", "list", "watch")))
        .build();
  }

  /** The right to read metrics, aggregated to the roles view, edit and admin. */
  public static ClusterRole readerRole() {
    return new ClusterRoleBuilder()
        .withMetadata(Names.metadata(Names.READER_ROLE))
        .editMetadata()
        .addToLabels("rbac.authorization.k8s.io/aggregate-to-view", "true")
        .addToLabels("rbac.authorization.k8s.io/aggregate-to-edit", "true")
        .addToLabels("rbac.authorization.k8s.io/aggregate-to-admin", "true")
        .endMetadata()
        .withRules(
            rule("metrics.k8s.io", List.of("pods", "nodes"), List.of("get", "list", "watch")))
        .build();
  }

  /** Binds {@link #clusterRole()}. */
  public static ClusterRoleBinding clusterRoleBinding(MetricsServerPlan plan) {
    return new ClusterRoleBindingBuilder()
        .withMetadata(Names.metadata(Names.CLUSTER_ROLE))
        .withRoleRef(roleRef("ClusterRole", Names.CLUSTER_ROLE))
        .withSubjects(subject(plan))
        .build();
  }

  /** Lets metrics-server authenticate and authorize its clients at the API server. */
  public static ClusterRoleBinding authDelegator(MetricsServerPlan plan) {
    return new ClusterRoleBindingBuilder()
        .withMetadata(Names.metadata(Names.AUTH_DELEGATOR))
        .withRoleRef(roleRef("ClusterRole", "system:auth-delegator"))
        .withSubjects(subject(plan))
        .build();
  }

  /** Lets metrics-server read the CA of the API servers' client certificate. */
  public static RoleBinding authReader(MetricsServerPlan plan) {
    return new RoleBindingBuilder()
        .withMetadata(Names.metadata(Names.AUTH_READER_NAMESPACE, Names.AUTH_READER))
        .withRoleRef(roleRef("Role", "extension-apiserver-authentication-reader"))
        .withSubjects(subject(plan))
        .build();
  }

  private static PolicyRule rule(String group, List<String> resources, List<String> verbs) {
    return new PolicyRuleBuilder()
        .withApiGroups(group)
        .withResources(resources)
        .withVerbs(verbs)
        .build();
  }

  static RoleRef roleRef(String kind, String name) {
    return new RoleRefBuilder().withApiGroup(RBAC).withKind(kind).withName(name).build();
  }

  private static Subject subject(MetricsServerPlan plan) {
    return new SubjectBuilder()
        .withKind("ServiceAccount")
        .withNamespace(plan.namespace())
        .withName(Names.METRICS_SERVER)
        .build();
  }
}
