package dev.metricsserver.plan;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.Decision.Violation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What people read about a metrics API that is somebody else's. */
public final class Ownership {

  private static final String OBSERVE = "Observe";
  private static final String ADOPT = "Adopt";

  private Ownership() {}

  /**
   * What was decided, if nobody else's objects are in the way. What is wrong with the spec beside
   * them is of no use as long as nothing can be installed.
   */
  public static Decision respected(Decision decision, List<UnmanagedObject> foreign) {
    return foreign.isEmpty()
        ? decision
        : new Refused(MetricsServerConfigStatus.CONFLICT, conflicts(foreign));
  }

  /** Why nothing is touched, for each owner of something under the operator's names. */
  static List<Violation> conflicts(List<UnmanagedObject> foreign) {
    var byOwner =
        foreign.stream()
            .collect(
                Collectors.groupingBy(
                    f -> who(f.owner()), LinkedHashMap::new, Collectors.toList()));
    return byOwner.values().stream().map(Ownership::conflict).toList();
  }

  private static Violation conflict(List<UnmanagedObject> foreign) {
    var owner = foreign.getFirst().owner();
    return new Violation(
        "",
        "%s installed %s (recognised by %s), and nothing of it was touched"
            .formatted(who(owner), objects(foreign), owner.mark()),
        ways(owner, foreign));
  }

  /**
   * Why a metrics API that is served from another namespace is not taken over: the bindings that
   * its pods need have the operator's names, and are for one ServiceAccount. They would lose their
   * rights before the operator's pods can serve.
   */
  static Optional<Violation> elsewhere(List<UnmanagedObject> foreign, String namespace) {
    return foreign.stream()
        .filter(f -> f.object().kind().equals("APIService"))
        .flatMap(f -> f.serves().stream())
        .map(ObjectName::namespace)
        .filter(other -> !other.equals(namespace))
        .filter(other ->
            foreign.stream()
                .filter(f -> f.object().kind().equals("ClusterRoleBinding"))
                .flatMap(f -> f.serves().stream())
                .filter(s -> s.kind().equals("ServiceAccount"))
                .anyMatch(s -> s.namespace().equals(other)))
        .findFirst()
        .map(other ->
            new Violation(
                "conflictPolicy",
                ("the metrics API is served from namespace %1$s, with ClusterRoleBindings of the"
                        + " names that the operator's in namespace %2$s need, so nobody would get"
                        + " metrics until those pods are ready")
                    .formatted(other, namespace),
                ("take it over where it is, without a gap: kubectl delete msc cluster, and create"
                        + " it again with spec.namespace: %1$s")
                    .formatted(other)));
  }

  private static String objects(List<UnmanagedObject> foreign) {
    return foreign.stream()
        .map(f -> f.object() + served(f.serves()))
        .collect(Collectors.joining(", "));
  }

  private static String served(List<ObjectName> objects) {
    return objects.isEmpty()
        ? ""
        : objects.stream()
            .map(ObjectName::inWords)
            .collect(Collectors.joining(", ", " (for ", ")"));
  }

  /** Why there is nothing to watch. */
  public static Violation nothingToObserve() {
    return new Violation(
        "conflictPolicy",
        "nobody has registered a metrics API, and with Observe the operator installs none",
        set("Refuse") + " lets it install one");
  }

  /** An installer and what it calls its installation. */
  public static String who(Owner owner) {
    return switch (owner.kind()) {
      case OpenShift -> "OpenShift's cluster-monitoring-operator";
      case PrometheusAdapter -> "prometheus-adapter";
      case ArgoCD -> "Argo CD's Application " + application(owner);
      case FluxHelmRelease ->
          "Flux's HelmRelease %s in namespace %s".formatted(owner.name(), owner.namespace());
      case FluxKustomization ->
          "Flux's Kustomization %s in namespace %s".formatted(owner.name(), owner.namespace());
      case RKE2 -> "RKE2";
      case K3s -> "k3s";
      case K0s -> "k0s";
      case Minikube -> "minikube";
      case KOps -> "kOps";
      case EKS -> "Amazon EKS (an add-on)";
      case AKS -> "AKS";
      case GKE -> "GKE";
      case AddonManager -> "the cluster's addon-manager";
      case Helm -> "Helm release %s in namespace %s".formatted(owner.name(), owner.namespace());
      case Kubectl -> "somebody with kubectl";
      case Unknown -> "somebody else";
    };
  }

  /** The two ways out of a conflict. */
  private static String ways(Owner owner, List<UnmanagedObject> foreign) {
    return switch (owner.kind()) {
      case OpenShift, AKS, GKE ->
          "it cannot be switched off there, so either watch it: %s, or do without this operator: kubectl delete msc cluster"
              .formatted(set(OBSERVE));
      default ->
          "either %s, and the operator goes on by itself; or %s: %s"
              .formatted(
                  switch (owner.kind()) {
                    case Kubectl, Unknown -> delete(foreign);
                    case FluxKustomization ->
                        "%s, and then %s; take it out of what Flux applies before you resume that"
                            .formatted(remove(owner), delete(foreign));
                    default -> remove(owner);
                  },
                  writesAgain(owner)
                      ? "leave it there, and let the operator watch it"
                      : "let the operator take it over, without a gap",
                  set(writesAgain(owner) ? OBSERVE : ADOPT));
    };
  }

  /** Whether it puts its own objects back by itself, so that taking them over ends in a fight. */
  private static boolean writesAgain(Owner owner) {
    return switch (owner.kind()) {
      case OpenShift, RKE2, K3s, K0s, Minikube, KOps, EKS, AKS, GKE, AddonManager -> true;
      default -> false;
    };
  }

  /** The command that sets another policy. */
  public static String set(String policy) {
    return "kubectl patch msc cluster --type merge -p '{\"spec\":{\"conflictPolicy\":\"%s\"}}'"
        .formatted(policy);
  }

  /** What makes a former owner leave alone what was taken over, without touching it. */
  public static String part(Owner owner) {
    return switch (owner.kind()) {
      case Helm ->
          "make Helm forget the release: kubectl -n %1$s delete secret -l owner=helm,name=%2$s; delete what is left of it: %3$s"
              .formatted(
                  owner.namespace(),
                  owner.name(),
                  deleteChart(
                      owner,
                      "app.kubernetes.io/managed-by=Helm,app.kubernetes.io/instance="
                          + owner.name()));
      case FluxHelmRelease ->
          "take it out of what Flux applies: first flux -n %1$s suspend helmrelease %2$s, so that deleting it uninstalls nothing, then flux -n %1$s delete helmrelease %2$s; delete what is left of it: %3$s"
              .formatted(
                  owner.namespace(),
                  owner.name(),
                  deleteChart(owner, "helm.toolkit.fluxcd.io/name=" + owner.name()));
      case FluxKustomization ->
          "take it out of what Flux's Kustomization %s applies".formatted(owner.name());
      case ArgoCD ->
          "take it out of what Argo CD's Application %s applies".formatted(application(owner));
      case PrometheusAdapter -> "take rules.resource out of prometheus-adapter's configuration";
      case Kubectl, Unknown -> "see to it that nobody applies the old manifest again";
      case OpenShift, AKS, GKE -> "leave it to them: " + set(OBSERVE);
      default -> remove(owner);
    };
  }

  /** That a change which is made behind its back does not last; empty where nobody undoes it. */
  public static Optional<String> undone(Owner owner) {
    return switch (owner.kind()) {
      case Kubectl, Unknown -> Optional.empty();
      case OpenShift, AKS, GKE -> Optional.of(who(owner) + " writes its own back sooner or later");
      default ->
          Optional.of(
              writesAgain(owner)
                  ? "%s writes its own back sooner or later: for good, %s, and install one of your own"
                      .formatted(who(owner), remove(owner))
                  : "and change it where %s has it from, or that is undone".formatted(who(owner)));
    };
  }

  private static String remove(Owner owner) {
    return switch (owner.kind()) {
      case PrometheusAdapter ->
          "take rules.resource out of prometheus-adapter's configuration and kubectl delete"
              + " apiservice v1beta1.metrics.k8s.io";
      case ArgoCD ->
          "take it out of what the Application %1$s applies and argocd app sync %1$s --prune"
              .formatted(application(owner));
      case FluxHelmRelease ->
          "flux -n %s delete helmrelease %s".formatted(owner.namespace(), owner.name());
      case FluxKustomization ->
          "flux -n %s suspend kustomization %s".formatted(owner.namespace(), owner.name());
      case RKE2 -> disabled("rke2", "rke2-metrics-server", "rke2-server");
      case K3s -> disabled("k3s", "metrics-server", "k3s");
      case K0s -> "start k0s on every controller with --disable-components=metrics-server";
      case Minikube -> "minikube addons disable metrics-server";
      case KOps ->
          "set spec.metricsServer.enabled: false by kops edit cluster, kops update cluster --yes,"
              + " and kubectl -n kube-system delete"
              + " deployment,service,serviceaccount,apiservice,clusterrole,clusterrolebinding,rolebinding"
              + " -l addon.kops.k8s.io/name=metrics-server.addons.k8s.io";
      case EKS -> "aws eks delete-addon --addon-name metrics-server --cluster-name CLUSTER";
      case AddonManager ->
          "on every control plane node rm -r /etc/kubernetes/addons/metrics-server";
      case Helm -> "helm -n %s uninstall %s".formatted(owner.namespace(), owner.name());
      default -> "remove it the way it was installed";
    };
  }

  /**
   * The command that deletes what a chart has and the operator has not: the role under another
   * name, and what resizes the pods. What was taken over has lost the chart's labels.
   */
  private static String deleteChart(Owner owner, String labels) {
    return "kubectl -n %s delete clusterrole,clusterrolebinding,role,rolebinding,configmap,secret -l %s (ClusterRole/system:metrics-server-aggregated-reader, and what belongs to its addonResizer and tls)"
        .formatted(owner.namespace(), labels);
  }

  /** Where Argo CD is recognised by its field manager alone, there may be no name. */
  private static String application(Owner owner) {
    return owner.name().isEmpty() ? "APPLICATION" : owner.name();
  }

  /** Beside what the configuration disables already. */
  private static String disabled(String distribution, String chart, String unit) {
    var folder = "/etc/rancher/%s/config.yaml.d".formatted(distribution);
    return "on every server mkdir -p %1$s && echo 'disable+: [%2$s]' >%1$s/metrics-server.yaml && systemctl restart %3$s"
        .formatted(folder, chart, unit);
  }

  /** The command that deletes objects, one for each namespace. */
  private static String delete(List<UnmanagedObject> foreign) {
    var byNamespace = new TreeMap<String, List<String>>();
    for (var unmanaged : foreign) {
      var object = unmanaged.object();
      byNamespace
          .computeIfAbsent(
              object.namespace().isEmpty() ? "" : " -n " + object.namespace(),
              _ -> new ArrayList<>())
          .add(object.kind().toLowerCase(Locale.ROOT) + "/" + object.name());
    }
    return byNamespace.entrySet().stream()
        .map(e -> "kubectl%s delete %s".formatted(e.getKey(), String.join(" ", e.getValue())))
        .collect(Collectors.joining(" && "));
  }
}
