package dev.metricsserver.model;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Who installed an object, and so who will change it again.
 *
 * @param name what the installer calls it, such as a Helm release's name; empty when it has no name
 *     for it
 * @param namespace the namespace of that name, empty when it has none
 * @param mark by what it was recognised, such as {@code label k0s.k0sproject.io/stack=metrics}
 */
public record Owner(Kind kind, String namespace, String name, String mark) {

  /** Who installs metrics APIs. */
  public enum Kind {
    OpenShift,
    PrometheusAdapter,
    ArgoCD,
    FluxHelmRelease,
    FluxKustomization,
    RKE2,
    K3s,
    K0s,
    Minikube,
    KOps,
    EKS,
    AKS,
    GKE,
    AddonManager,
    Helm,
    /** A person, or a script of theirs. */
    Kubectl,
    /** A user or script with kubectl, known by the field manager alone. */
    Unknown
  }

  private static final String HELM_NAME = "meta.helm.sh/release-name";
  private static final String HELM_NAMESPACE = "meta.helm.sh/release-namespace";
  private static final String FLUX_HELM = "helm.toolkit.fluxcd.io/";
  private static final String FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io/";
  private static final String ARGO_TRACKING = "argocd.argoproj.io/tracking-id";
  private static final String ARGO_INSTANCE = "argocd.argoproj.io/instance";

  /** Argo CD's too, where it tracks by nothing else, but Helm charts set it as well. */
  private static final String INSTANCE = "app.kubernetes.io/instance";

  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  private static final String ADAPTER = "prometheus-adapter";

  /** The more special come first: what a platform or a GitOps tool installs by Helm is theirs. */
  private static final List<Function<Marks, Optional<Owner>>> RULES =
      List.of(
          m -> m.label(MANAGED_BY, "cluster-monitoring-operator").as(Kind.OpenShift),
          m -> m.service("openshift-monitoring/.*").as(Kind.OpenShift),
          m -> m.label("app.kubernetes.io/name", ADAPTER).as(Kind.PrometheusAdapter),
          m -> m.service(".*/.*" + ADAPTER + ".*").as(Kind.PrometheusAdapter),
          m -> m.annotation(ARGO_TRACKING, ".*").as(Kind.ArgoCD, "", before(m, ':')),
          m -> m.label(ARGO_INSTANCE, ".*").as(Kind.ArgoCD, "", m.labels.get(ARGO_INSTANCE)),
          m -> m.manager("argocd-.*").as(Kind.ArgoCD, "", m.labels.get(INSTANCE)),
          m ->
              m.label(FLUX_HELM + "name", ".*")
                  .as(
                      Kind.FluxHelmRelease,
                      m.labels.get(FLUX_HELM + "namespace"),
                      m.labels.get(FLUX_HELM + "name")),
          m ->
              m.label(FLUX_KUSTOMIZE + "name", ".*")
                  .as(
                      Kind.FluxKustomization,
                      m.labels.get(FLUX_KUSTOMIZE + "namespace"),
                      m.labels.get(FLUX_KUSTOMIZE + "name")),
          m -> m.annotation(HELM_NAME, "rke2-metrics-server").as(Kind.RKE2),
          m -> m.annotation("objectset.rio.cattle.io/owner-gvk", "k3s.cattle.io/.*").as(Kind.K3s),
          m -> m.label("objectset.rio.cattle.io/hash", ".*").as(Kind.K3s),
          m -> m.label("k0s.k0sproject.io/stack", ".*").as(Kind.K0s),
          m -> m.label("kubernetes.io/minikube-addons", ".*").as(Kind.Minikube),
          m -> m.label("addon.kops.k8s.io/name", ".*").as(Kind.KOps),
          m -> m.label(MANAGED_BY, "kops").as(Kind.KOps),
          m -> m.manager("eks").as(Kind.EKS),
          m -> m.image(".*/eks/metrics-server:.*").as(Kind.EKS),
          m -> m.label("kubernetes.azure.com/managedby", "aks").as(Kind.AKS),
          m -> m.image("mcr\\.microsoft\\.com/.*").as(Kind.AKS),
          m -> m.annotation("components.gke.io/component-name", ".*").as(Kind.GKE),
          m -> m.image("gke\\.gcr\\.io/.*").as(Kind.GKE),
          m -> m.label("addonmanager.kubernetes.io/mode", ".*").as(Kind.AddonManager),
          m ->
              m.annotation(HELM_NAME, ".*")
                  .as(Kind.Helm, m.annotations.get(HELM_NAMESPACE), m.annotations.get(HELM_NAME)),
          m ->
              m.annotation("kubectl.kubernetes.io/last-applied-configuration", null)
                  .as(Kind.Kubectl),
          m -> m.manager("kubectl.*").as(Kind.Kubectl));

  /** As one word, for an annotation. */
  public String key() {
    return kind + "/" + namespace + "/" + name;
  }

  /** Reads {@link #key()}; empty where the text has another form. */
  public static Optional<Owner> parse(String key) {
    var parts = requireNonNullElse(key, "").split("/", -1);
    return Arrays.stream(Kind.values())
        .filter(kind -> parts.length == 3 && kind.name().equals(parts[0]))
        .findFirst()
        .map(kind -> new Owner(kind, parts[1], parts[2], "annotation"));
  }

  /** Whose it is. */
  public static Owner of(HasMetadata object) {
    var marks = new Marks(object);
    return RULES.stream()
        .flatMap(rule -> rule.apply(marks).stream())
        .findFirst()
        .orElseGet(() -> new Owner(Kind.Unknown, "", "", marks.managers()));
  }

  private static String before(Marks marks, char end) {
    var text = marks.annotations.getOrDefault(ARGO_TRACKING, "");
    var at = text.indexOf(end);
    return at < 0 ? text : text.substring(0, at);
  }

  /** A mark that was looked for, if it was found. */
  private record Mark(Optional<String> found) {
    Optional<Owner> as(Kind kind) {
      return as(kind, "", "");
    }

    Optional<Owner> as(Kind kind, String namespace, String name) {
      return found.map(mark ->
          new Owner(kind, requireNonNullElse(namespace, ""), requireNonNullElse(name, ""), mark));
    }
  }

  /** What an object shows of its origin. */
  private static final class Marks {

    private final HasMetadata object;
    private final Map<String, String> labels;
    private final Map<String, String> annotations;

    Marks(HasMetadata object) {
      this.object = object;
      this.labels = requireNonNullElse(object.getMetadata().getLabels(), Map.of());
      this.annotations = requireNonNullElse(object.getMetadata().getAnnotations(), Map.of());
    }

    Mark label(String key, String value) {
      return pair("label", labels, key, value);
    }

    /**
     * @param value a pattern; null when the value is of no interest
     */
    Mark annotation(String key, String value) {
      return pair("annotation", annotations, key, value);
    }

    private static Mark pair(String what, Map<String, String> pairs, String key, String value) {
      return new Mark(
          Optional.ofNullable(pairs.get(key))
              .filter(v -> value == null || v.matches(value))
              .map(v -> what + " " + key + (value == null ? "" : "=" + v)));
    }

    Mark manager(String pattern) {
      return new Mark(
          managerNames()
              .filter(m -> m.matches(pattern))
              .findFirst()
              .map(m -> "field manager " + m));
    }

    Mark image(String pattern) {
      return new Mark(
          object instanceof Deployment deployment
              ? deployment.getSpec().getTemplate().getSpec().getContainers().stream()
                  .map(Container::getImage)
                  .filter(image -> image != null && image.matches(pattern))
                  .findFirst()
                  .map(image -> "image " + image)
              : Optional.empty());
    }

    Mark service(String pattern) {
      return new Mark(
          object instanceof APIService registration
              ? Optional.ofNullable(registration.getSpec().getService())
                  .map(s -> s.getNamespace() + "/" + s.getName())
                  .filter(s -> s.matches(pattern))
                  .map(s -> "Service " + s)
              : Optional.empty());
    }

    String managers() {
      var names = managerNames().distinct().toList();
      return names.isEmpty() ? "no mark at all" : "field manager " + String.join(", ", names);
    }

    /** Of what was written, not of what is reported. */
    private Stream<String> managerNames() {
      return object.getMetadata().getManagedFields().stream()
          .filter(m -> m.getSubresource() == null)
          .map(ManagedFieldsEntry::getManager)
          .filter(m -> m != null);
    }
  }
}
