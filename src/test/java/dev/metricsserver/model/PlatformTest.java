package dev.metricsserver.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {

  @ParameterizedTest(name = "{0} {1} {2} {3}: {4}")
  @CsvSource({
    "Talos (v1.13.2), v1.35.4, '', '', Talos",
    "Debian GNU/Linux 12 (bookworm), v1.35.4+k3s1, '', k3s://a, K3s",
    "Ubuntu 24.04.3 LTS, v1.34.1+rke2r1, '', rke2://a, RKE2",
    "Amazon Linux 2023.9, v1.33.5-eks-113cf36, '', aws:///eu-central-1a/i-0abc, EKS",
    "Ubuntu 24.04.3 LTS, v1.33.5, eks.amazonaws.com/nodegroup=a, aws:///eu-central-1a/i-0abc, EKS",
    "Amazon Linux 2, v1.33.5-eks-113cf36, eks.amazonaws.com/compute-type=fargate, '', Fargate",
    "Amazon Linux 2, v1.33.5-eks-113cf36, eks.amazonaws.com/compute-type=auto, '', EKS",
    "Container-Optimized OS from Google, v1.33.5-gke.1080000, '', gce://p/z/n, GKE",
    "Container-Optimized OS from Google, v1.33.5, cloud.google.com/gke-nodepool=a, '', GKE",
    "Ubuntu 22.04.5 LTS, v1.33.5, kubernetes.azure.com/cluster=MC_a, azure:///subscriptions/a, AKS",
    "Red Hat Enterprise Linux CoreOS 9.6, v1.33.5, '', '', OpenShift",
    "SCOS 9, v1.33.5, node.openshift.io/os_id=scos, '', OpenShift",
    "Buildroot 2025.02, v1.35.4, minikube.k8s.io/name=minikube, '', Minikube",
    "Debian GNU/Linux 12 (bookworm), v1.35.4, '', kind://docker/kind/kind-worker, Kind",
    "Debian GNU/Linux 12 (bookworm), v1.35.4, '', '', Kubeadm",
    "Ubuntu 24.04.3 LTS, v1.35.4, '', aws:///eu-central-1a/i-0abc, Kubeadm",
    "'', '', '', '', Kubeadm"
  })
  void aPlatformIsKnownByItsMarks(
      String osImage, String kubeletVersion, String label, String providerID, Platform platform) {
    var node =
        SampleNode.number(1).osImage(osImage).kubeletVersion(kubeletVersion).providerID(providerID);
    if (!label.isEmpty()) {
      var equals = label.indexOf('=');
      node.label(label.substring(0, equals), label.substring(equals + 1));
    }

    assertThat(Platform.of(node.facts())).isEqualTo(platform);
  }

  @Test
  void aTalosNodeTellsItsVersion() {
    assertThat(talosVersion("Talos (v1.13.2)")).hasValue("1.13.2");
    assertThat(talosVersion("Talos (v1.14.0-alpha.1)")).hasValue("1.14.0-alpha.1");
    assertThat(talosVersion("Ubuntu 24.04.3 LTS")).isEmpty();
    assertThat(talosVersion("Talos (unknown)")).isEmpty();
  }

  private static Optional<String> talosVersion(String osImage) {
    return Platform.talosVersion(SampleNode.number(1).osImage(osImage).facts());
  }
}
