package dev.metricsserver.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.reading.Installation;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same problem has a remedy for each way of installation. */
class PackagingRemedyTest {

  private static final String BY_HAND =
      "annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}";
  private static final String HELM =
      """
      annotations: {meta.helm.sh/release-name: ms, meta.helm.sh/release-namespace: monitoring}
        labels: {helm.sh/chart: %s}
      """;
  private static final String UPGRADE =
      "helm -n monitoring upgrade ms metrics-server --repo"
          + " https://kubernetes-sigs.github.io/metrics-server --version 3.13.0 --reuse-values ";
  private static final String K3S =
      "annotations: {objectset.rio.cattle.io/owner-gvk: 'k3s.cattle.io/v1, Kind=Addon'}";

  private static Installation installation(String metadata) {
    return Installation.of(
        new KubernetesSerialization()
            .unmarshal(
                """
                metadata:
                  name: ms
                  namespace: monitoring
                  %s
                spec:
                  selector: {matchLabels: {app: ms}}
                  template:
                    spec:
                      containers:
                      - {name: proxy, image: proxy}
                      - name: ms
                        image: registry.k8s.io/metrics-server/metrics-server:v0.8.0
                        args: [--secure-port=10250, --metric-resolution=10s, --cert-dir=/tmp]
                """
                    .formatted(metadata.strip()),
                Deployment.class),
        "ms");
  }

  private static String remedy(List<Rule> rules, String words, String metadata) {
    var installation = installation(metadata);
    return RemedyRenderer.line(typed(rules, words, installation));
  }

  private static Remedy typed(List<Rule> rules, String words, Installation installation) {
    return PackagingRemedy.lasting(
        Rule.first(
                rules,
                words,
                installation,
                Severity.Error,
                new ObjectName("Pod", "kube-system", "a"))
            .orElseThrow()
            .remedy(),
        installation);
  }

  private static boolean fixable(String metadata) {
    return !typed(
            PodRules.SCHEDULING, "3 node(s) had untolerated taint {a: b}", installation(metadata))
        .executable()
        .isEmpty();
  }

  private static String slow(String metadata) {
    return remedy(
        CrashRules.CRASH,
        "metric-resolution should be larger than kubelet-request-timeout",
        metadata);
  }

  private static String tainted(String metadata) {
    return remedy(PodRules.SCHEDULING, "3 node(s) had untolerated taint {a: b}", metadata);
  }

  /** The pod has another container, which stays as it is. */
  @Test
  void theImageAndTheResourcesAreThoseOfItsContainer() {
    assertThat(remedy(PodRules.IMAGE, "r/m:v0: not found", BY_HAND))
        .startsWith("kubectl -n monitoring set image deployment/ms ms=IMAGE (");
    assertThat(remedy(CrashRules.MEMORY, "", BY_HAND))
        .isEqualTo("kubectl -n monitoring set resources deployment/ms -c ms --limits=memory=MORE");
    assertThat(
            remedy(PodRules.SCHEDULING, "0/3 nodes are available: 3 Insufficient memory", BY_HAND))
        .contains("set resources deployment/ms -c ms --requests=memory=LESS");
  }

  @Test
  void flagsOfWhatWasMadeByHand() {
    assertThat(slow(BY_HAND))
        .isEqualTo(
            "kubectl -n monitoring patch deployment/ms --type json -p"
                + " '[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/1/args\","
                + "\"value\":[\"--secure-port=10250\",\"--cert-dir=/tmp\",\"--metric-resolution=15s\","
                + "\"--kubelet-request-timeout=10s\"]}]'");
    assertThat(remedy(CrashRules.CRASH, "unknown flag: --cert-dir", BY_HAND))
        .contains("[\"--secure-port=10250\",\"--metric-resolution=10s\"]");
  }

  @Test
  void flagsAndFieldsOfAHelmRelease() {
    var helm = HELM.formatted("metrics-server-3.13.0");
    assertThat(slow(helm))
        .isEqualTo(
            UPGRADE
                + "--set-json 'defaultArgs=[\"--cert-dir=/tmp\",\"--metric-resolution=15s\","
                + "\"--kubelet-request-timeout=10s\"]' --set-json 'args=[]'");
    assertThat(tainted(helm))
        .isEqualTo(UPGRADE + "--set 'tolerations[0].operator=Exists'; or remove the taint");
    assertThat(fixable(helm)).isFalse();
  }

  /** Another chart has other values. */
  @ParameterizedTest
  @CsvSource({"metrics-server-7.4.11", "my-metrics-3.0.0"})
  void fieldsOfAnotherChart(String chart) {
    assertThat(tainted(HELM.formatted(chart)))
        .startsWith("kubectl -n monitoring patch deployment/ms --type merge -p")
        .endsWith(
            "; then change it at the source of Helm release ms in namespace monitoring, which"
                + " otherwise reverts it; or remove the taint");
  }

  @Test
  void whatADistributionWritesAgain() {
    assertThat(tainted(K3S))
        .startsWith("kubectl -n monitoring patch deployment/ms --type merge -p")
        .endsWith(
            "; then k3s restores its own version sooner or later: for a lasting fix, on every"
                + " server mkdir -p /etc/rancher/k3s/config.yaml.d && echo 'disable+:"
                + " [metrics-server]' >/etc/rancher/k3s/config.yaml.d/metrics-server.yaml &&"
                + " systemctl restart k3s, and install your own metrics-server; or remove the"
                + " taint");
    assertThat(fixable(K3S)).isTrue();
    assertThat(tainted(BY_HAND)).doesNotContain("; then ");
  }

  /** In a command flags cannot be told from it. */
  @Test
  void flagsThatAreNotAmongTheArguments() {
    var installation =
        Installation.of(
            new KubernetesSerialization()
                .unmarshal(
                    """
                    metadata: {name: ms, namespace: monitoring}
                    spec:
                      selector: {matchLabels: {app: ms}}
                      template:
                        spec:
                          containers: [{name: ms, image: ms, command: [/metrics-server, --a=b]}]
                    """,
                    Deployment.class),
            "ms");
    var context = new Context(installation);
    assertThat(RemedyRenderer.line(context.flags("--a=1", "--b=2").or(context.withoutFlag("--c"))))
        .isEqualTo(
            "kubectl -n monitoring edit deployment/ms: set --a=1 and --b=2 in args; or kubectl -n"
                + " monitoring edit deployment/ms: remove --c from args");
  }
}
