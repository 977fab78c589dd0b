package dev.metricsserver.cli.doctor;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.cli.cluster.BestEffortReader;
import dev.metricsserver.cli.cluster.LiveCluster;
import dev.metricsserver.cli.importer.Import;
import dev.metricsserver.cli.validation.ConfigFile;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.plan.ProbePlan;
import dev.metricsserver.reading.Kubelets;
import dev.metricsserver.reading.TrustBundleReader;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Probes the kubelets at the addresses that an existing metrics-server dials. */
final class ExternalKubelets {

  private static final String STATUS_PORT = "kubelet-use-node-status-port";
  private static final int DEFAULT_PORT = 10250;

  /** The order of metrics-server itself, and that of upstream's manifests. */
  private static final List<String> DEFAULT_ADDRESSES =
      List.of("Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP");

  private static final List<String> USUAL_ADDRESSES =
      List.of("InternalIP", "ExternalIP", "Hostname");

  private final KubernetesClient client;
  private final InstantSource clock;
  private final BestEffortReader attempts;

  /**
   * Looks at nothing yet.
   *
   * @param attempts where it is noted what cannot be told
   */
  ExternalKubelets(KubernetesClient client, InstantSource clock, BestEffortReader attempts) {
    this.client = client;
    this.clock = clock;
    this.attempts = attempts;
  }

  /** What its flags say of kubelets, as a MetricsServerConfig would. */
  static KubeletSpec spec(Deployment deployment) {
    var spec = new LinkedHashMap<String, Object>();
    if (Import.of(deployment, List.of()).spec().get("kubelet") instanceof Map<?, ?> flags) {
      flags.forEach((name, value) -> spec.put((String) name, value));
    }
    var given = flags(deployment);
    spec.putIfAbsent("tls", Map.of("mode", "Verify"));
    spec.putIfAbsent(
        "addressTypes", given.addressTypes().isEmpty() ? DEFAULT_ADDRESSES : USUAL_ADDRESSES);
    if (given.flag(STATUS_PORT).orElse(false)) {
      // Its own port is for nodes that report none.
      spec.remove("port");
    } else {
      spec.putIfAbsent("port", DEFAULT_PORT);
    }
    return ConfigFile.convert(spec, KubeletSpec.class);
  }

  private static MetricsServerFlags flags(Deployment deployment) {
    return MetricsServerFlags.of(deployment.getSpec().getTemplate().getSpec());
  }

  /**
   * Looks, for two seconds at most.
   *
   * @param requested names of nodes whose kubelet waits for a certificate
   * @return empty where the CA by which it verifies them cannot be read
   */
  Optional<KubeletFacts> look(
      Deployment deployment, KubeletSpec spec, List<NodeFacts> nodes, Set<String> requested)
      throws InterruptedException {
    var reference = spec.tls().certificateAuthority();
    var authority =
        Optional.ofNullable(reference)
            .map(a ->
                new TrustBundleReader(client, clock)
                    .read(deployment.getMetadata().getNamespace(), a));
    var pem = authority.map(bundle -> bundle instanceof Found(var found) ? found : "");
    if (pem.filter(String::isEmpty).isPresent()
        || (reference == null
            && flags(deployment).value(MetricsServerFlags.KUBELET_CA).isPresent())) {
      attempts.note(
          new Unread(
              "the CA that --" + MetricsServerFlags.KUBELET_CA + " names",
              false,
              "it is not in a ConfigMap or Secret that you may read"));
      return Optional.empty();
    }
    var kubelets = new Kubelets(client, clock);
    kubelets.setEventHandler(_ -> {});
    kubelets.start();
    try {
      kubelets.look(ProbePlan.of(spec, nodes).targets(), pem, requested);
      LiveCluster.awaitLooks(kubelets);
      return Optional.of(new KubeletFacts(kubelets.seen(), true, authority, requested, false));
    } finally {
      kubelets.stop();
    }
  }
}
