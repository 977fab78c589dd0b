package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.Apply;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Right;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rights of metrics-server, and rights of the diagnosis. */
final class AccessFindings {

  /** Why metrics-server cannot authenticate the API server. */
  static final String AGGREGATION_DISABLED =
      "API aggregation is not configured: ConfigMap kube-system/extension-apiserver-authentication"
          + " has no requestheader-client-ca-file";

  /** Also changes an object that exists and grants too little, or grants it to another account. */
  private static final String APPLIED = " --dry-run=client -o yaml | kubectl apply -f -";

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String ROLE = "system:metrics-server";
  private static final String READER = "extension-apiserver-authentication-reader";

  private AccessFindings() {}

  // ------------------------------------------------------------------------------------ remedies

  static Remedy enableAggregation() {
    return Remedy.manual(
        "start kube-apiserver with --requestheader-client-ca-file, --proxy-client-cert-file,"
            + " --proxy-client-key-file and the other --requestheader- flags");
  }

  /** Grants metrics-server the rights to read nodes, pods and kubelets. */
  static Remedy createRole(Context context) {
    var rules =
        List.of(
            Map.of(
                "apiGroups", List.of(""),
                "resources", List.of("nodes", "pods", "nodes/metrics"),
                "verbs", List.of("get", "list", "watch")));
    return Remedy.of(
        new Apply(
            Target.cluster(RBAC + "/v1", "ClusterRole", ROLE),
            Map.of("rules", rules),
            Optional.of(
                Command.of(
                    "kubectl create clusterrole "
                        + ROLE
                        + " --verb=get,list,watch --resource=nodes,pods,nodes/metrics"
                        + APPLIED))),
        clusterRoleBinding(context, ROLE, ROLE));
  }

  private static Step clusterRoleBinding(Context context, String name, String role) {
    return new Apply(
        Target.cluster(RBAC + "/v1", "ClusterRoleBinding", name),
        binding(context, "ClusterRole", role),
        Optional.of(
            Command.of(
                "kubectl create clusterrolebinding "
                    + name
                    + " --clusterrole="
                    + role
                    + " --serviceaccount=%s"
                    + APPLIED,
                account(context))));
  }

  /** Grants metrics-server the right to read how to authenticate the API server. */
  static Remedy createReader(Context context) {
    return Remedy.of(
        new Apply(
            Target.namespaced(
                RBAC + "/v1",
                "RoleBinding",
                Names.AUTH_READER_NAMESPACE,
                "metrics-server-auth-reader"),
            binding(context, "Role", READER),
            Optional.of(
                Command.of(
                    "kubectl -n kube-system create rolebinding metrics-server-auth-reader --role="
                        + READER
                        + " --serviceaccount=%s"
                        + APPLIED,
                    account(context)))));
  }

  private static Remedy createDelegator(Context context) {
    return Remedy.of(
        clusterRoleBinding(
            context, "metrics-server:system:auth-delegator", "system:auth-delegator"));
  }

  private static String account(Context context) {
    return context.installation().namespace() + ":" + context.installation().serviceAccount();
  }

  private static Map<String, Object> binding(Context context, String kind, String role) {
    return Map.of(
        "roleRef",
        Map.of("apiGroup", RBAC, "kind", kind, "name", role),
        "subjects",
        List.of(
            Map.of(
                "kind",
                "ServiceAccount",
                "namespace",
                context.installation().namespace(),
                "name",
                context.installation().serviceAccount())));
  }

  // ------------------------------------------------------------------------------------ findings

  /** The API servers do not publish how they authenticate themselves to aggregated APIs. */
  static List<Finding> frontProxyUnknown(Evidence evidence) {
    return evidence.diagnosticData().frontProxy().filter(published -> !published).stream()
        .map(_ ->
            new Finding(
                FindingCode.AggregationDisabled,
                Severity.Error,
                "metrics-server cannot authenticate the API server, because "
                    + AGGREGATION_DISABLED,
                enableAggregation(),
                new ObjectName("ConfigMap", "kube-system", "extension-apiserver-authentication")))
        .toList();
  }

  /** metrics-server lacks rights that it needs. */
  static List<Finding> rightsMissing(Evidence evidence) {
    var context = new Context(evidence.installation());
    return Stream.of(
            missing(
                evidence,
                FindingCode.AuthReaderMissing,
                Set.of("configmaps"),
                "it exits at startup",
                createReader(context)),
            missing(
                evidence,
                FindingCode.MetricsServerRightsMissing,
                Set.of("nodes", "pods"),
                "it cannot read kubelets, or does not become ready",
                createRole(context)),
            missing(
                evidence,
                FindingCode.AuthDelegatorMissing,
                Set.of("tokenreviews", "subjectaccessreviews"),
                "it rejects every query for metrics",
                createDelegator(context)))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Finding> missing(
      Evidence evidence,
      FindingCode code,
      Set<String> resources,
      String consequence,
      Remedy create) {
    var installation = evidence.installation();
    var denied =
        evidence.diagnosticData().denied().stream()
            .filter(right -> resources.contains(right.resource()))
            .map(Right::words)
            .collect(Collectors.joining(", "));
    var account = installation.account();
    return denied.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                code,
                Severity.Error,
                "metrics-server's ServiceAccount %s has no right to %s, so %s"
                    .formatted(account.path(), denied, consequence),
                new Context(installation).restoreOr(create),
                account));
  }

  /** Evidence that could not be read. */
  static List<Finding> unread(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.diagnosticData().unread().stream()
        .map(u -> unread(u, installation.ours(), installation.namespace()))
        .toList();
  }

  /** The same where no installation was found. */
  static Finding unread(Unread unread) {
    return unread(unread, false, Names.AUTH_READER_NAMESPACE);
  }

  private static Finding unread(Unread unread, boolean ours, String namespace) {
    return new Finding(
        FindingCode.EvidenceNotReadable,
        Severity.Info,
        "%s could not be read, so this diagnosis is incomplete: %s"
            .formatted(unread.what(), unread.message()),
        readable(unread, ours),
        ObjectName.cluster("Namespace", namespace));
  }

  private static Remedy readable(Unread unread, boolean ours) {
    if (!unread.forbidden()) {
      return Remedy.manual("try again");
    }
    return ours
        ? Remedy.of(unread.source() == Unread.Source.Logs ? Grant.logs() : Grant.usual())
        : Remedy.manual("ask an administrator with read access");
  }
}
