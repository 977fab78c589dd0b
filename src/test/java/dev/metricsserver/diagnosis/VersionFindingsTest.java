package dev.metricsserver.diagnosis;

import static dev.metricsserver.plan.Plans.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.plan.VersionAdvice.Kind;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Seen;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users read about a version that goes on although another one would be better. */
class VersionFindingsTest {

  @ParameterizedTest(name = "{0} on {2}, better: {4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "ClusterTooOld | 0.9.0 | 1.33 | 1.34 | 0.8.1 | VersionOutOfRange | Warning | metrics-server"
            + " 0.9.0 needs Kubernetes 1.34 or newer, and this cluster has 1.33; the installed"
            + " metrics-server keeps running | set spec.version: 0.8.1 (the newest for this"
            + " Kubernetes version)",
        "ClusterTooOld | 0.6.4 | 1.24 | 1.25 | | VersionOutOfRange | Warning | metrics-server 0.6.4"
            + " needs Kubernetes 1.25 or newer, and this cluster has 1.24; the installed"
            + " metrics-server keeps running | upgrade the cluster",
        "ClusterTooNew | 0.8.1 | 1.36 | 1.33 | 0.9.0 | VersionOutOfRange | Warning | metrics-server"
            + " 0.8.1 was tested with Kubernetes up to 1.33, and this cluster has 1.36; the"
            + " installed metrics-server keeps running | set spec.version: 0.9.0",
        "ClusterTooNew | 0.9.0 | 1.38 | 1.36 | | VersionOutOfRange | Info | metrics-server 0.9.0"
            + " was tested with Kubernetes up to 1.36, and this cluster has 1.38; the installed"
            + " metrics-server keeps running | none while metrics are available; or install a newer"
            + " release of this operator, which may know a newer metrics-server",
        "NewerVersion | 0.8.0 | 1.33 | 1.33 | 0.8.1 | NewerVersion | Info | metrics-server 0.8.1 is"
            + " available, and 0.8.0 is installed | set spec.version: 0.8.1; or set spec.version:"
            + " Latest (the operator then always installs the newest)"
      })
  void sentences(
      Kind kind,
      String version,
      String kubernetes,
      String bound,
      String better,
      FindingCode code,
      Severity severity,
      String message,
      String remedy) {
    var advice =
        new VersionAdvice(
            kind,
            version,
            KubernetesVersion.parse(kubernetes),
            KubernetesVersion.parse(bound),
            Optional.ofNullable(better));

    var finding = VersionFindings.of(advice);
    assertThat(finding.code()).isEqualTo(code);
    assertThat(finding.severity()).isEqualTo(severity);
    assertThat(finding.message()).isEqualTo(message);
    assertThat(finding.remedyText()).isEqualTo(remedy);
    assertThat(finding.object()).hasToString("MetricsServerConfig/cluster");
  }

  /** Which version others run is theirs to decide. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | kubectl -n kube-system set image deployment/metrics-server"
            + " ms=IMAGE (registry.k8s.io/metrics-server/metrics-server:v0.9.0, or its copy in your"
            + " mirror)",
        "{meta.helm.sh/release-name: my, meta.helm.sh/release-namespace: apps} | helm -n apps"
            + " upgrade my metrics-server --repo"
            + " https://kubernetes-sigs.github.io/metrics-server --version 3.13.0 --reuse-values"
            + " --set image.tag=v0.9.0"
      })
  void ofOthersItIsGoodToKnow(String annotations, String remedy) {
    var theirs =
        Installation.of(
            Serialization.unmarshal(
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: metrics-server
                  namespace: kube-system
                  labels: {helm.sh/chart: metrics-server-3.13.0}
                  annotations: %s
                spec:
                  selector: {matchLabels: {k8s-app: metrics-server}}
                  template:
                    spec:
                      containers:
                        - {name: ms, image: "mirror:5000/metrics-server:v0.8.1"}
                """
                    .formatted(annotations),
                Deployment.class),
            "metrics-server");
    var advice = VersionAdvice.of("0.8.1", KubernetesVersion.parse("1.35"));
    var evidence =
        Evidence.of(
            theirs,
            List.of(),
            advice,
            false,
            Seen.fine(NOW).observations(),
            CertificateRequests.NONE,
            NOW);

    assertThat(Diagnosis.assess(evidence).findings())
        .singleElement()
        .satisfies(
            f -> assertThat(f.code()).isEqualTo(FindingCode.VersionOutOfRange),
            f -> assertThat(f.severity()).isEqualTo(Severity.Info),
            f -> assertThat(f.remedyText()).isEqualTo(remedy),
            f -> assertThat(f.object()).hasToString("Deployment/kube-system/metrics-server"));
  }
}
