package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.model.Owner.Kind;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Whose an object is, of objects as their installers write them: src/test/resources/owners. */
class OwnerTest {

  private static final KubernetesSerialization OBJECTS = new KubernetesSerialization();

  private static final Path FOLDER = Path.of("src/test/resources/owners");

  record Case(String file, Owner owner) {
    Case(String file, Kind kind, String mark) {
      this(file, new Owner(kind, "", "", mark));
    }

    @Override
    public String toString() {
      return file;
    }
  }

  static final List<Case> CASES =
      List.of(
          new Case(
              "helm",
              new Owner(
                  Kind.Helm,
                  "kube-system",
                  "metrics-server",
                  "annotation meta.helm.sh/release-name=metrics-server")),
          new Case(
              "kubectl-client-side",
              Kind.Kubectl,
              "annotation kubectl.kubernetes.io/last-applied-configuration"),
          new Case("kubectl-server-side", Kind.Kubectl, "field manager kubectl"),
          new Case(
              "helm-template",
              Kind.Kubectl,
              "annotation kubectl.kubernetes.io/last-applied-configuration"),
          new Case(
              "k3s",
              Kind.K3s,
              "annotation objectset.rio.cattle.io/owner-gvk=k3s.cattle.io/v1, Kind=Addon"),
          new Case("rke2", Kind.RKE2, "annotation meta.helm.sh/release-name=rke2-metrics-server"),
          new Case("k0s", Kind.K0s, "label k0s.k0sproject.io/stack=metricserver"),
          new Case("minikube", Kind.Minikube, "label kubernetes.io/minikube-addons=metrics-server"),
          new Case("kops", Kind.KOps, "label addon.kops.k8s.io/name=metrics-server.addons.k8s.io"),
          new Case("eks", Kind.EKS, "field manager eks"),
          new Case("aks", Kind.AKS, "label kubernetes.azure.com/managedby=aks"),
          new Case("gke", Kind.GKE, "annotation components.gke.io/component-name=metrics-server"),
          new Case(
              "addon-manager",
              Kind.AddonManager,
              "label addonmanager.kubernetes.io/mode=Reconcile"),
          new Case(
              "openshift",
              Kind.OpenShift,
              "label app.kubernetes.io/managed-by=cluster-monitoring-operator"),
          new Case(
              "openshift-prometheus-adapter",
              Kind.OpenShift,
              "Service openshift-monitoring/prometheus-adapter"),
          new Case(
              "flux-helmrelease",
              new Owner(
                  Kind.FluxHelmRelease,
                  "flux-system",
                  "metrics",
                  "label helm.toolkit.fluxcd.io/name=metrics")),
          new Case(
              "flux-kustomization",
              new Owner(
                  Kind.FluxKustomization,
                  "flux-system",
                  "infrastructure",
                  "label kustomize.toolkit.fluxcd.io/name=infrastructure")),
          new Case(
              "argocd-annotation",
              new Owner(
                  Kind.ArgoCD,
                  "",
                  "metrics",
                  "annotation argocd.argoproj.io/tracking-id="
                      + "metrics:/Service:kube-system/metrics-server")),
          new Case(
              "argocd-label",
              new Owner(Kind.ArgoCD, "", "metrics", "label argocd.argoproj.io/instance=metrics")),
          new Case(
              "argocd-default",
              new Owner(Kind.ArgoCD, "", "metrics", "field manager argocd-controller")),
          new Case(
              "prometheus-adapter-helm",
              Kind.PrometheusAdapter,
              "label app.kubernetes.io/name=prometheus-adapter"),
          new Case(
              "prometheus-adapter-plain",
              Kind.PrometheusAdapter,
              "Service monitoring/prometheus-adapter"),
          new Case("unknown", Kind.Unknown, "field manager terraform-provider"),
          new Case("unmarked", Kind.Unknown, "no mark at all"));

  @ParameterizedTest
  @FieldSource("CASES")
  void isRecognised(Case example) throws IOException {
    assertThat(Owner.of(read(example.file()))).isEqualTo(example.owner());
  }

  @Test
  void everyKindAndEveryFileHasItsCase() throws IOException {
    assertThat(CASES.stream().map(c -> c.owner().kind())).contains(Kind.values());
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(f -> f.getFileName().toString().replace(".yaml", "")))
          .containsExactlyInAnyOrderElementsOf(CASES.stream().map(Case::file).toList());
    }
  }

  /** Where an old one leaves no label, its image tells. */
  @ParameterizedTest
  @CsvSource({
    "602401143452.dkr.ecr.eu-central-1.amazonaws.com/eks/metrics-server:v0.7.2-eksbuild.2, EKS",
    "mcr.microsoft.com/oss/kubernetes/metrics-server:v0.6.3, AKS",
    "gke.gcr.io/metrics-server:v0.7.2-gke.1, GKE",
    "registry.k8s.io/metrics-server/metrics-server:v0.8.0, Unknown"
  })
  void isRecognisedByItsImage(String image, Kind kind) throws IOException {
    var deployment = (Deployment) read("kops");
    deployment.getMetadata().setLabels(Map.of());
    deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().setImage(image);

    assertThat(Owner.of(deployment).kind()).isEqualTo(kind);
  }

  static HasMetadata read(String file) throws IOException {
    return OBJECTS.unmarshal(Files.readString(FOLDER.resolve(file + ".yaml")));
  }
}
