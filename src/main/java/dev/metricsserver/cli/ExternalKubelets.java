package dev.metricsserver.cli;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.TrustBundle;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Kubelets;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Looks at the kubelets as somebody else's metrics-server dials them. */
final class ExternalKubelets {

  private static final String AUTHORITY = "--kubelet-certificate-authority";
  private static final String ADDRESSES = "--kubelet-preferred-address-types";

  private static final String STATUS_PORT = "--kubelet-use-node-status-port";
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
    spec.putIfAbsent("tls", Map.of("mode", "Verify"));
    spec.putIfAbsent(
        "addressTypes",
        flag(deployment, ADDRESSES).isPresent() ? USUAL_ADDRESSES : DEFAULT_ADDRESSES);
    if (flag(deployment, STATUS_PORT).filter(value -> !value.equals("false")).isPresent()) {
      // Its own port is for nodes that report none.
      spec.remove("port");
    } else {
      spec.putIfAbsent("port", DEFAULT_PORT);
    }
    return ConfigFile.convert(spec, KubeletSpec.class);
  }

  /** A flag's value, empty without one. */
  private static Optional<String> flag(Deployment deployment, String flag) {
    var container = Installation.container(deployment.getSpec().getTemplate().getSpec());
    return Stream.concat(container.getCommand().stream(), container.getArgs().stream())
        .filter(arg -> arg.equals(flag) || arg.startsWith(flag + "="))
        .map(arg -> arg.substring(Math.min(arg.length(), flag.length() + 1)))
        .reduce((one, other) -> other);
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
                new TrustBundle.Reader(client, clock)
                    .read(deployment.getMetadata().getNamespace(), a));
    var pem = authority.map(bundle -> bundle instanceof Found(var found) ? found : "");
    if (pem.filter(String::isEmpty).isPresent()
        || (reference == null && flag(deployment, AUTHORITY).isPresent())) {
      attempts.note(
          new Unread(
              "the CA that " + AUTHORITY + " names",
              false,
              "it is not in a ConfigMap or Secret that you may read"));
      return Optional.empty();
    }
    var kubelets = new Kubelets(client, clock);
    kubelets.setEventHandler(_ -> {});
    kubelets.start();
    try {
      kubelets.look(KubeletPlanner.targets(spec, nodes), pem, requested);
      LiveCluster.awaitLooks(kubelets);
      return Optional.of(new KubeletFacts(kubelets.seen(), true, authority, requested));
    } finally {
      kubelets.stop();
    }
  }
}
