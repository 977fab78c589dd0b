package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.rendering.Names;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who may do what: metrics-server, and whoever diagnoses it. */
final class AccessFindings {

  /** Also where there is one that gives too little, or gives it to somebody else. */
  static final String APPLIED = " --dry-run=client -o yaml | kubectl apply -f -";

  /** Gives metrics-server the rights by which it reads nodes, pods and kubelets. */
  static final String CREATE_ROLE =
      "kubectl create clusterrole system:metrics-server --verb=get,list,watch"
          + " --resource=nodes,pods,nodes/metrics"
          + APPLIED
          + " && kubectl create clusterrolebinding system:metrics-server"
          + " --clusterrole=system:metrics-server --serviceaccount={namespace}:{account}"
          + APPLIED;

  private static final String CREATE_DELEGATOR =
      "kubectl create clusterrolebinding metrics-server:system:auth-delegator"
          + " --clusterrole=system:auth-delegator --serviceaccount={namespace}:{account}"
          + APPLIED;

  /** Lets metrics-server read how callers are recognised. */
  static final String CREATE_READER =
      "kubectl -n kube-system create rolebinding metrics-server-auth-reader"
          + " --role=extension-apiserver-authentication-reader"
          + " --serviceaccount={namespace}:{account}"
          + APPLIED;

  private AccessFindings() {}

  /** The API servers do not say how an aggregated API recognises them. */
  static List<Finding> frontProxyUnknown(Evidence evidence) {
    return evidence.clues().frontProxy().filter(published -> !published).stream()
        .map(_ ->
            new Finding(
                FindingCode.AggregationDisabled,
                Severity.Error,
                "the API server is not set up for aggregated APIs, so metrics-server cannot"
                    + " recognise it: kube-system/extension-apiserver-authentication has no"
                    + " requestheader-client-ca-file",
                "start kube-apiserver with --requestheader-client-ca-file,"
                    + " --proxy-client-cert-file, --proxy-client-key-file and the other"
                    + " --requestheader- flags",
                "ConfigMap/kube-system/extension-apiserver-authentication"))
        .toList();
  }

  /** metrics-server may not do what it must. */
  static List<Finding> rightsMissing(Evidence evidence) {
    return Stream.of(
            missing(
                evidence,
                FindingCode.AuthReaderMissing,
                "configmaps",
                "it stops at its start",
                CREATE_READER),
            missing(
                evidence,
                FindingCode.MetricsServerRightsMissing,
                "nodes|pods",
                "it cannot read kubelets, or does not start to serve",
                CREATE_ROLE),
            missing(
                evidence,
                FindingCode.AuthDelegatorMissing,
                "tokenreviews|subjectaccessreviews",
                "it refuses everybody who asks for metrics",
                CREATE_DELEGATOR))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<Finding> missing(
      Evidence evidence, FindingCode code, String resources, String consequence, String create) {
    var installation = evidence.installation();
    var denied =
        evidence.clues().denied().stream()
            .filter(d -> d.matches("\\w+ (?:" + resources + ")(?:[./ ].*)?"))
            .collect(Collectors.joining(", "));
    return denied.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                code,
                Severity.Error,
                Rule.filled(
                    "metrics-server's ServiceAccount {namespace}/{account} may not "
                        + denied
                        + ", so "
                        + consequence,
                    installation),
                Rule.filled(installation.ours() ? "{restore}" : create, installation),
                "ServiceAccount/%s/%s"
                    .formatted(installation.namespace(), installation.serviceAccount())));
  }

  /** What could not be read and might have told more. */
  static List<Finding> unread(Evidence evidence) {
    var installation = evidence.installation();
    return evidence.clues().unread().stream()
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
        "%s could not be read, so this diagnosis goes without: %s"
            .formatted(unread.what(), unread.message()),
        unread.forbidden() && ours
            ? (unread.what().startsWith("logs") ? Grant.LOGS : Grant.USUAL)
            : unread.forbidden() ? "ask somebody who may read them" : "try again",
        "Namespace/" + namespace);
  }
}
