package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The chores that people forget. */
final class HygieneFindings {

  /** How manifests and charts call the container of addon-resizer. */
  private static final Pattern NANNY = Pattern.compile("nanny|addon-?resizer");

  /** What that needs of the same ServiceAccount. */
  private static final Pattern NANNYS = Pattern.compile(" (?:deployments\\.apps|/metrics)");

  private HygieneFindings() {}

  static List<Finding> of(Evidence evidence) {
    var upkeep = evidence.upkeep();
    return Stream.of(
            approval(evidence, upkeep),
            everything(upkeep),
            excess(evidence, upkeep),
            notEnforced(evidence, upkeep),
            budgets(upkeep),
            nanny(evidence))
        .flatMap(findings -> findings)
        .toList();
  }

  private static Stream<Finding> approval(Evidence evidence, HygieneData upkeep) {
    return upkeep.approvalAllowed() && !evidence.subject().approving()
        ? Stream.of(
            new Finding(
                FindingCode.ApprovalRightUnused,
                Severity.Warning,
                "the operator may approve certificate requests and is not told to, so the right is"
                    + " of use only to whoever steals its token",
                Grant.NO_APPROVAL,
                "ClusterRoleBinding/metrics-server-operator-csr-approval"))
        : Stream.empty();
  }

  private static Stream<Finding> everything(HygieneData upkeep) {
    return upkeep.everythingAllowed().stream()
        .map(account ->
            new Finding(
                FindingCode.RightsUnlimited,
                Severity.Warning,
                "ServiceAccount %s may do everything in this cluster, and needs a few rights only: somebody bound it to a role such as cluster-admin"
                    .formatted(account),
                "kubectl get clusterrolebindings -o wide | grep %s shows which binding; delete that one"
                    .formatted(account.replaceAll(".*/", "")),
                "ServiceAccount/" + account));
  }

  private static Stream<Finding> excess(Evidence evidence, HygieneData upkeep) {
    var installation = evidence.installation();
    var excess =
        upkeep.excessRights().stream()
            .filter(
                right -> !(nannies(evidence).findAny().isPresent() && NANNYS.matcher(right).find()))
            .toList();
    return excess.isEmpty()
        ? Stream.empty()
        : Stream.of(
            new Finding(
                FindingCode.RightsUnused,
                // Charts of metrics-server give more than it uses; who uses one may know.
                installation.ours() ? Severity.Warning : Severity.Info,
                Rule.filled(
                    "metrics-server's ServiceAccount {namespace}/{account} may "
                        + KubeletPlanner.firstNames(excess)
                        + " and has no use for it"
                        + (installation.ours() ? ": some role beside its own is bound to it" : ""),
                    installation),
                Rule.filled(
                    "kubectl get clusterrolebindings,rolebindings -A -o wide | grep"
                        + " {namespace}/{account} shows which bindings; "
                        + (installation.ours()
                            ? "delete those that are not metrics-server's own"
                            : "take it out of the role that gives it"),
                    installation),
                "ServiceAccount/%s/%s"
                    .formatted(installation.namespace(), installation.serviceAccount())));
  }

  /** With one pod, or as many as there are, none may ever be evicted. */
  private static Stream<Finding> budgets(HygieneData upkeep) {
    return upkeep.budgets().stream()
        .map(budget ->
            new Finding(
                FindingCode.DrainBlocked,
                Severity.Warning,
                "PodDisruptionBudget %s in namespace %s never lets a pod of metrics-server go, because it wants %d of %d healthy: a drain of its node waits without end"
                    .formatted(budget.name(), budget.namespace(), budget.wanted(), budget.pods()),
                "kubectl -n %s patch pdb %s --type merge -p '{\"spec\":{\"minAvailable\":null,\"maxUnavailable\":1}}'"
                    .formatted(budget.namespace(), budget.name()),
                "PodDisruptionBudget/%s/%s".formatted(budget.namespace(), budget.name())));
  }

  /** A sidecar that writes the Deployment it is in. */
  private static Stream<Finding> nanny(Evidence evidence) {
    var installation = evidence.installation();
    return installation.ours()
        ? Stream.empty()
        : nannies(evidence)
            .limit(1)
            .map(container ->
                new Finding(
                    FindingCode.ResizedByAddonResizer,
                    Severity.Info,
                    "container %s beside metrics-server changes its requests and limits with the number of nodes: each change replaces the pods, and who applies the manifest again undoes it"
                        .formatted(container),
                    PackagingRemedy.upgraded(installation, "--set addonResizer.enabled=false")
                        .orElseGet(() ->
                            Rule.filled(
                                "kubectl -n {namespace} edit deployment {deployment}: remove container %s, and request 100m CPU and 200Mi, with 1m and 2Mi more for each node above 100"
                                    .formatted(container),
                                installation)),
                    installation.object()));
  }

  private static Stream<String> nannies(Evidence evidence) {
    return evidence.observations().pods().stream()
        .flatMap(pod -> pod.beside().stream())
        .filter(container -> NANNY.matcher(container).find());
  }

  /** What was tried before there was no policy any more says nothing. */
  private static Stream<Finding> notEnforced(Evidence evidence, HygieneData upkeep) {
    return upkeep.openTo().stream()
        .filter(_ -> evidence.subject().plan().flatMap(p -> p.network().kubernetes()).isPresent())
        .map(address ->
            new Finding(
                FindingCode.NetworkPolicyNotEnforced,
                Severity.Warning,
                "nobody enforces NetworkPolicies here: the operator's own pod, which the policy does not admit, got through to metrics-server at %s"
                    .formatted(address),
                "use a network plugin that enforces them, such as Calico or Cilium, or say that you"
                    + " know: spec.networkPolicy.mode: Disabled",
                "NetworkPolicy/%s/%s"
                    .formatted(evidence.installation().namespace(), Names.NETWORK_POLICY)));
  }

  /** Who mends what another one runs into, mends the wrong one. */
  static List<Finding> others(Evidence evidence) {
    return evidence.upkeep().others().stream()
        .limit(3)
        .map(other -> {
          var parts = other.split("/", 2);
          return new Finding(
              FindingCode.SecondMetricsServer,
              Severity.Warning,
              "%s in namespace %s is another metrics-server: it asks all kubelets too, and nobody asks it"
                  .formatted(parts[1], parts[0]),
              "kubectl -n %s delete deployment %s, by whatever installed it"
                  .formatted(parts[0], parts[1]),
              "Deployment/" + other);
        })
        .toList();
  }
}
