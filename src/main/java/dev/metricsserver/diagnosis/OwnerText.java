package dev.metricsserver.diagnosis;

import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Ownership;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Names the owners of existing installations, and says how to remove an installation of each. */
public final class OwnerText {

  private OwnerText() {}

  /** The installer and its name for the installation. */
  public static String name(Owner owner) {
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
      case Kubectl -> "a user with kubectl";
      case Unknown -> "an unknown owner";
    };
  }

  /** The command that sets a conflict policy. */
  public static String set(ConflictPolicy policy) {
    return "kubectl patch msc cluster --type merge -p '{\"spec\":{\"conflictPolicy\":\"%s\"}}'"
        .formatted(policy);
  }

  /** The two ways out of a conflict. */
  static String resolution(Owner named, List<UnmanagedObject> objects) {
    var owner = Owners.safe(named);
    return switch (owner.kind()) {
      case OpenShift, AKS, GKE ->
          "it cannot be removed there, so either observe it: %s, or do without this operator: kubectl delete msc cluster"
              .formatted(set(ConflictPolicy.Observe));
      default ->
          "either %s, and the operator continues by itself; or %s: %s"
              .formatted(
                  removal(owner, objects),
                  Ownership.restores(owner)
                      ? "keep it, and let the operator observe it"
                      : "let the operator adopt it, without a gap",
                  set(Ownership.restores(owner) ? ConflictPolicy.Observe : ConflictPolicy.Adopt));
    };
  }

  private static String removal(Owner owner, List<UnmanagedObject> objects) {
    return switch (owner.kind()) {
      case Kubectl, Unknown -> delete(objects);
      case FluxKustomization ->
          "%s, and then %s; remove it from what Flux applies before you resume the Kustomization"
              .formatted(remove(owner), delete(objects));
      default -> remove(owner);
    };
  }

  /** How to make a previous owner release what was adopted, without a change of it. */
  static String release(Owner owner) {
    return switch (owner.kind()) {
      case Helm ->
          "make Helm forget the release: kubectl -n %1$s delete secret -l owner=helm,name=%2$s; delete the rest of it: %3$s"
              .formatted(
                  owner.namespace(),
                  owner.name(),
                  deleteChart(
                      owner,
                      "app.kubernetes.io/managed-by=Helm,app.kubernetes.io/instance="
                          + owner.name()));
      case FluxHelmRelease ->
          "remove it from what Flux applies: first flux -n %1$s suspend helmrelease %2$s, so that its deletion uninstalls nothing, then flux -n %1$s delete helmrelease %2$s; delete the rest of it: %3$s"
              .formatted(
                  owner.namespace(),
                  owner.name(),
                  deleteChart(owner, "helm.toolkit.fluxcd.io/name=" + owner.name()));
      case FluxKustomization ->
          "remove it from what Flux's Kustomization %s applies".formatted(owner.name());
      case ArgoCD ->
          "remove it from what Argo CD's Application %s applies".formatted(application(owner));
      case PrometheusAdapter -> "remove rules.resource from prometheus-adapter's configuration";
      case Kubectl, Unknown -> "make sure that the old manifest is not applied again";
      case OpenShift, AKS, GKE -> "leave it to its owner: " + set(ConflictPolicy.Observe);
      default -> remove(owner);
    };
  }

  /** That the owner reverts a direct change; empty if no owner does. */
  static Optional<String> reverted(Owner owner) {
    return switch (owner.kind()) {
      case Kubectl, Unknown -> Optional.empty();
      case OpenShift, AKS, GKE ->
          Optional.of(name(owner) + " restores its own version sooner or later");
      default ->
          Optional.of(
              Ownership.restores(owner)
                  ? "%s restores its own version sooner or later: for a lasting fix, %s, and install your own metrics-server"
                      .formatted(name(owner), remove(owner))
                  : "change it at the source of %s, which otherwise reverts it"
                      .formatted(name(owner)));
    };
  }

  private static String remove(Owner owner) {
    return switch (owner.kind()) {
      case PrometheusAdapter ->
          "remove rules.resource from prometheus-adapter's configuration and kubectl delete"
              + " apiservice v1beta1.metrics.k8s.io";
      case ArgoCD ->
          "remove it from what the Application %1$s applies and argocd app sync %1$s --prune"
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
      case OpenShift, AKS, GKE, Kubectl, Unknown -> "remove it the way it was installed";
    };
  }

  /**
   * The command that deletes the objects that a chart has and the operator does not: the role under
   * another name, and the objects that resize the pods. Adopted objects have lost the chart's
   * labels.
   */
  private static String deleteChart(Owner owner, String labels) {
    return "kubectl -n %s delete clusterrole,clusterrolebinding,role,rolebinding,configmap,secret -l %s (ClusterRole/system:metrics-server-aggregated-reader, and the objects of its addonResizer and tls)"
        .formatted(owner.namespace(), labels);
  }

  /** Argo CD that is recognised by its field manager alone may have no name. */
  private static String application(Owner owner) {
    return owner.name().isEmpty() ? "APPLICATION" : owner.name();
  }

  /** Disables a component beside those that the configuration disables already. */
  private static String disabled(String distribution, String chart, String unit) {
    var folder = "/etc/rancher/%s/config.yaml.d".formatted(distribution);
    return "on every server mkdir -p %1$s && echo 'disable+: [%2$s]' >%1$s/metrics-server.yaml && systemctl restart %3$s"
        .formatted(folder, chart, unit);
  }

  /** The command that deletes objects, one for each namespace. */
  private static String delete(List<UnmanagedObject> objects) {
    var byNamespace = new TreeMap<String, List<ObjectName>>();
    for (var object : objects) {
      byNamespace
          .computeIfAbsent(object.object().namespace(), _ -> new ArrayList<>())
          .add(object.object());
    }
    return byNamespace.entrySet().stream()
        .map(e ->
            "kubectl%s delete %s"
                .formatted(
                    e.getKey().isEmpty() ? "" : " -n " + Words.plainOr("NAMESPACE", e.getKey()),
                    e.getValue().stream()
                        .map(n ->
                            Words.plainOr(
                                "KIND/NAME", n.kind().toLowerCase(Locale.ROOT) + "/" + n.name()))
                        .collect(Collectors.joining(" "))))
        .collect(Collectors.joining(" && "));
  }
}
