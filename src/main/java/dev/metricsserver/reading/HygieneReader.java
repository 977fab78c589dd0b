package dev.metricsserver.reading;

import static dev.metricsserver.reading.Reviews.right;
import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.HygieneData.Budget;
import dev.metricsserver.model.LabelSelectors;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Right;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.NetworkPlan.NetworkRules;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Looks at what is not needed for metrics, in a handful of requests. */
public final class HygieneReader {

  private static final int DIAL_MILLIS = 1_000;
  private static final long MOST = 50;
  private static final String ACCOUNT = "ServiceAccount";

  /** Whatever may do this may do everything. */
  private static final ResourceAttributes EVERYTHING = right("*", "*", "*", "*").build();

  private static final ResourceAttributes APPROVAL =
      right("update", "certificates.k8s.io", "certificatesigningrequests", "approval").build();

  /** What older and other manifests give, and no metrics-server since 0.6 uses. */
  private static final List<ResourceAttributes> UNUSED =
      List.of(
          right("get", "", "nodes", "proxy").build(),
          right("get", "", "nodes", "stats").build(),
          right("list", "", "namespaces", "").build(),
          right("list", "", "configmaps", "").build(),
          right("list", "", "secrets", "").build(),
          right("create", "", "pods", "").build(),
          right("create", "", "pods", "exec").build(),
          right("get", "", "pods", "log").build(),
          right("delete", "", "pods", "").build(),
          right("patch", "", "nodes", "").build(),
          right("patch", "apps", "deployments", "").build(),
          right("create", "", "serviceaccounts", "token").build());

  /** How packagings label pods of metrics-server. */
  private static final List<String> LABELS = List.of("k8s-app", "app.kubernetes.io/name");

  private final KubernetesClient client;
  private final Reviews reviews;

  /** Reads nothing yet. */
  public HygieneReader(KubernetesClient client) {
    this.client = client;
    this.reviews = new Reviews(client);
  }

  /**
   * Looks, for the operator.
   *
   * @param endpoints where the pods of its own metrics-server listen
   */
  public HygieneData read(MetricsServerPlan plan, List<Endpoint> endpoints) {
    return read(
        Installation.of(plan, false),
        plan.network().kubernetes().flatMap(rules -> open(rules, endpoints)),
        List.of());
  }

  /** Reads for an installation of another owner. */
  public HygieneData read(Installation theirs) {
    return read(theirs, Optional.empty(), budgets(theirs, Optional.of(Names.METRICS_SERVER)));
  }

  private HygieneData read(Installation installation, Optional<String> open, List<Budget> budgets) {
    var rights = rights(installation);
    return new HygieneData(
        reviews.allowed(APPROVAL),
        Stream.concat(
                Stream.of(new ObjectName(ACCOUNT, "", Names.MANAGED_BY))
                    .filter(_ -> reviews.allowed(EVERYTHING)),
                rights.everythingAllowed().stream())
            .toList(),
        rights.excessRights(),
        open,
        others(installation),
        budgets);
  }

  /**
   * PodDisruptionBudgets that never let a pod of it go.
   *
   * @param name of the one that is looked at; without it all of the namespace are
   */
  public List<Budget> budgets(Installation installation, Optional<String> name) {
    var budgets = client.policy().v1().podDisruptionBudget().inNamespace(installation.namespace());
    return name
        .map(n -> budgets.withField("metadata.name", n).list())
        .orElseGet(budgets::list)
        .getItems()
        .stream()
        .filter(budget -> selects(budget.getSpec().getSelector(), installation))
        .flatMap(budget -> strict(budget).stream())
        .toList();
  }

  private static boolean selects(LabelSelector selector, Installation installation) {
    return selector != null && LabelSelectors.selects(selector, installation.selector());
  }

  /** A budget that allows no eviction only for the moment is not reported. */
  static Optional<Budget> strict(PodDisruptionBudget budget) {
    var metadata = budget.getMetadata();
    return Optional.ofNullable(budget.getStatus())
        .filter(s -> s.getExpectedPods() != null && s.getDesiredHealthy() != null)
        .filter(s -> s.getExpectedPods() > 0 && s.getDesiredHealthy() >= s.getExpectedPods())
        .map(s ->
            new Budget(
                metadata.getNamespace(),
                metadata.getName(),
                s.getDesiredHealthy(),
                s.getExpectedPods()));
  }

  /** What its ServiceAccount may do and has no use for. Nothing else is looked at. */
  public HygieneData rights(Installation installation) {
    var everything =
        Stream.of(new ObjectName(ACCOUNT, installation.namespace(), installation.serviceAccount()))
            .filter(_ -> reviews.allowed(installation, EVERYTHING))
            .toList();
    var excess =
        UNUSED.stream()
            .filter(right -> everything.isEmpty() && reviews.allowed(installation, right))
            .map(Reviews::data)
            .toList();
    return new HygieneData(false, everything, excess, Optional.empty(), List.of(), List.of());
  }

  /**
   * All that its roles give and it does not need. Who may read every role and binding sees more by
   * this than by asking for each right.
   */
  public List<Right> unused(Installation installation) {
    return Grants.unused(
        Stream.concat(
                client.rbac().clusterRoleBindings().list().getItems().stream()
                    .filter(binding -> binds(binding.getSubjects(), installation))
                    .flatMap(binding -> rules(binding.getRoleRef(), "")),
                client.rbac().roleBindings().inAnyNamespace().list().getItems().stream()
                    .filter(binding -> binds(binding.getSubjects(), installation))
                    .flatMap(binding ->
                        rules(binding.getRoleRef(), binding.getMetadata().getNamespace())))
            .toList());
  }

  private static boolean binds(List<Subject> subjects, Installation installation) {
    return requireNonNullElse(subjects, List.<Subject>of()).stream()
        .anyMatch(s ->
            "ServiceAccount".equals(s.getKind())
                && installation.serviceAccount().equals(s.getName())
                && installation.namespace().equals(s.getNamespace()));
  }

  private Stream<PolicyRule> rules(RoleRef role, String namespace) {
    var rules =
        role.getKind().equals("Role")
            ? Optional.ofNullable(
                    client.rbac().roles().inNamespace(namespace).withName(role.getName()).get())
                .map(Role::getRules)
            : Optional.ofNullable(client.rbac().clusterRoles().withName(role.getName()).get())
                .map(ClusterRole::getRules);
    return rules.stream().flatMap(List::stream);
  }

  /** A connection to the metrics port shows whether the policy is enforced; nothing is sent. */
  private static Optional<String> open(NetworkRules rules, List<Endpoint> endpoints) {
    return rules.clients().isEmpty()
        ? Optional.empty()
        : endpoints.stream()
            .filter(e -> letsIn(rules, e))
            .map(Endpoint::address)
            .sorted()
            .findFirst();
  }

  private static boolean letsIn(NetworkRules rules, Endpoint endpoint) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(endpoint.address(), endpoint.port()), DIAL_MILLIS);
      return !rules.admits(socket.getLocalAddress().getHostAddress());
    } catch (IOException e) {
      return false;
    }
  }

  /** Other metrics-servers, by the labels that packagings give their pods. */
  public List<ObjectName> others(Installation installation) {
    return LABELS.stream()
        .flatMap(label ->
            client
                .pods()
                .inAnyNamespace()
                .withLabel(label, Names.METRICS_SERVER)
                .list(new ListOptionsBuilder().withLimit(MOST).build())
                .getItems()
                .stream())
        .filter(pod -> !of(installation, pod))
        .map(pod -> new ObjectName("Deployment", pod.getMetadata().getNamespace(), owner(pod)))
        .distinct()
        .sorted(Comparator.comparing(ObjectName::path))
        .toList();
  }

  private static boolean of(Installation installation, Pod pod) {
    var labels = requireNonNullElse(pod.getMetadata().getLabels(), Map.<String, String>of());
    return pod.getMetadata().getNamespace().equals(installation.namespace())
        && labels.entrySet().containsAll(installation.selector().entrySet());
  }

  /** Pods come and go; the ReplicaSet's name without its hash is the Deployment's. */
  private static String owner(Pod pod) {
    return pod.getMetadata().getOwnerReferences().stream()
        .findFirst()
        .map(o ->
            "ReplicaSet".equals(o.getKind()) ? o.getName().replaceAll("-[^-]+$", "") : o.getName())
        .orElse(pod.getMetadata().getName());
  }
}
