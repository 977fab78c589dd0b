package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.HelmUpgrade.HelmValue;
import dev.metricsserver.diagnosis.Step.Patch;
import dev.metricsserver.diagnosis.Step.PatchType;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.HygieneData.Budget;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Right;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.rendering.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Hygiene checks: surplus rights, policies without effect, blocked drains, second installations.
 */
final class HygieneFindings {

  /** The names that manifests and charts give the container of addon-resizer. */
  private static final Pattern RESIZER = Pattern.compile("nanny|addon-?resizer");

  private static final String ALL_BINDINGS =
      "kubectl get clusterrolebindings,rolebindings -A -o wide | grep %s";

  private HygieneFindings() {}

  static List<Finding> of(Evidence evidence) {
    var hygiene = evidence.upkeep();
    return Stream.of(
            approval(evidence, hygiene),
            everything(hygiene),
            excess(evidence, hygiene),
            notEnforced(evidence, hygiene),
            budgets(hygiene),
            resizer(evidence))
        .flatMap(findings -> findings)
        .toList();
  }

  private static Stream<Finding> approval(Evidence evidence, HygieneData hygiene) {
    return hygiene.approvalAllowed() && !evidence.subject().approving()
        ? Stream.of(
            new Finding(
                FindingCode.ApprovalRightUnused,
                Severity.Warning,
                "the operator has the right to approve certificate requests and is not configured"
                    + " to use it, so only an attacker who steals its token could use it",
                Remedy.of(Grant.noApproval()),
                ObjectName.cluster("ClusterRoleBinding", "metrics-server-operator-csr-approval")))
        : Stream.empty();
  }

  private static Stream<Finding> everything(HygieneData hygiene) {
    return hygiene.everythingAllowed().stream()
        .map(account ->
            new Finding(
                FindingCode.RightsUnlimited,
                Severity.Warning,
                "ServiceAccount %s has every right in this cluster and needs only a few, because a binding grants it a role such as cluster-admin"
                    .formatted(account.path()),
                Remedy.of(Step.run("to find that binding", ALL_BINDINGS, account.name()))
                    .then("delete that binding"),
                account));
  }

  private static Stream<Finding> excess(Evidence evidence, HygieneData hygiene) {
    var installation = evidence.installation();
    var resized = resizers(evidence).findAny().isPresent();
    var excess =
        hygiene.excessRights().stream()
            .filter(right -> !(resized && ofResizer(right)))
            .map(Right::words)
            .toList();
    var account = installation.account();
    return excess.isEmpty()
        ? Stream.empty()
        : Stream.of(
            new Finding(
                FindingCode.RightsUnused,
                // Charts of metrics-server grant more than it uses, and their users may know.
                installation.ours() ? Severity.Warning : Severity.Info,
                "metrics-server's ServiceAccount %s has rights that it does not need (%s)%s"
                    .formatted(
                        account.path(),
                        KubeletPlanner.firstNames(excess),
                        installation.ours()
                            ? ", because a role other than its own is bound to it"
                            : ""),
                Remedy.of(Step.run("to see the bindings", ALL_BINDINGS, account.path()))
                    .then(
                        installation.ours()
                            ? "delete the bindings that are not metrics-server's own"
                            : "remove these rights from the role that grants them"),
                account));
  }

  /** Rights that addon-resizer needs of the ServiceAccount that it shares with metrics-server. */
  private static boolean ofResizer(Right right) {
    return right.resource().equals("/metrics")
        || (right.resource().equals("deployments") && right.group().equals("apps"));
  }

  /** A budget that wants all pods healthy never lets one be evicted. */
  private static Stream<Finding> budgets(HygieneData hygiene) {
    return hygiene.budgets().stream()
        .map(budget ->
            new Finding(
                FindingCode.DrainBlocked,
                Severity.Warning,
                "PodDisruptionBudget %s in namespace %s blocks drains of nodes with a metrics-server pod, because it requires %d of %d pods to be healthy"
                    .formatted(budget.name(), budget.namespace(), budget.wanted(), budget.pods()),
                oneUnavailable(budget),
                new ObjectName("PodDisruptionBudget", budget.namespace(), budget.name())));
  }

  private static Remedy oneUnavailable(Budget budget) {
    var spec = new HashMap<String, Object>(Map.of("maxUnavailable", 1));
    spec.put("minAvailable", null);
    return Remedy.of(
        new Patch(
            Target.namespaced(
                "policy/v1", "PodDisruptionBudget", budget.namespace(), budget.name()),
            PatchType.merge,
            Map.of("spec", spec)));
  }

  /** A container that changes the Deployment that it is part of. */
  private static Stream<Finding> resizer(Evidence evidence) {
    var installation = evidence.installation();
    var context = new Context(installation);
    return installation.ours()
        ? Stream.empty()
        : resizers(evidence)
            .limit(1)
            .map(container ->
                new Finding(
                    FindingCode.ResizedByAddonResizer,
                    Severity.Info,
                    "container %s in metrics-server's pod changes its requests and limits with the number of nodes; each change replaces the pods, and applying the manifest reverts it"
                        .formatted(container),
                    context
                        .helm(List.of(new HelmValue("addonResizer.enabled", "false")))
                        .orElseGet(() ->
                            context.edit(
                                "remove the addon-resizer container, and request 100m CPU and"
                                    + " 200Mi, plus 1m and 2Mi for each node above 100")),
                    installation.object()));
  }

  private static Stream<String> resizers(Evidence evidence) {
    return evidence.observations().pods().stream()
        .flatMap(pod -> pod.beside().stream())
        .filter(container -> RESIZER.matcher(container).find());
  }

  /** A connection that was made before the policy existed proves nothing. */
  private static Stream<Finding> notEnforced(Evidence evidence, HygieneData hygiene) {
    return hygiene.openTo().stream()
        .filter(_ -> evidence.subject().plan().flatMap(p -> p.network().kubernetes()).isPresent())
        .map(address ->
            new Finding(
                FindingCode.NetworkPolicyNotEnforced,
                Severity.Warning,
                "NetworkPolicies are not enforced in this cluster: the operator's pod reached metrics-server at %s although the policy does not allow it"
                    .formatted(address),
                Remedy.manual(
                        "use a network plugin that enforces NetworkPolicies, such as Calico or"
                            + " Cilium")
                    .or(Context.set("networkPolicy.mode", "Disabled")),
                new ObjectName(
                    "NetworkPolicy", evidence.installation().namespace(), Names.NETWORK_POLICY)));
  }

  /** Other metrics-server Deployments, so that users do not debug the wrong one. */
  static List<Finding> others(Evidence evidence) {
    return evidence.upkeep().others().stream()
        .limit(3)
        .map(other ->
            new Finding(
                FindingCode.SecondMetricsServer,
                Severity.Warning,
                "%s in namespace %s is another metrics-server: it scrapes all kubelets, and the API server does not use it"
                    .formatted(other.name(), other.namespace()),
                Remedy.of(
                    Step.run(
                        "(or remove it with the tool that installed it)",
                        "kubectl -n %s delete deployment %s",
                        other.namespace(),
                        other.name())),
                other))
        .toList();
  }
}
