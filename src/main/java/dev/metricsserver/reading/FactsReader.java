package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.KubeletTLSStatus;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.Cilium;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.ControlPlane;
import dev.metricsserver.model.Extension;
import dev.metricsserver.model.History;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.plan.ProbePlan;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads what decisions depend on. */
record FactsReader(
    MetricsServerConfig config,
    InstallationObjects objects,
    List<NodeFacts> nodes,
    ClusterReaders readers,
    ServingFactsReader servingReader) {

  ClusterFacts read(List<ConflictingWrite> conflictingWrites) {
    var apiServices = objects.apiServices();
    var controlPlane =
        readers
            .controlPlane()
            .read(apiServices.containsKey(Extension.CILIUM_NETWORK_POLICY.apiService()));
    var extensions = extensions();
    var deployment = objects.deployment();
    return new ClusterFacts(
        controlPlane.version(),
        nodes,
        new ClusterFacts.APIServers(objects.apiServers(), controlPlane.service()),
        cilium(controlPlane, extensions),
        new PrometheusKinds(
            extensions.contains(Extension.SERVICE_MONITOR),
            extensions.contains(Extension.PROMETHEUS_RULE)),
        deployment.isPresent() || objects.source().namespaceExists(objects.namespace()),
        kubelets(),
        servingReader.read(extensions),
        deployment.map(d -> InstalledReader.read(d, objects.pods())),
        history(),
        UnmanagedObjects.ofEveryPlan(objects),
        conflictingWrites);
  }

  ServingFacts serving() {
    return servingReader.read(extensions());
  }

  private Set<Extension> extensions() {
    return readers.extensions().read(objects.apiServices());
  }

  private Cilium cilium(ControlPlane controlPlane, Set<Extension> extensions) {
    return new Cilium(
        nodes.stream().map(NodeFacts::name).anyMatch(controlPlane.ciliumNodes()::contains),
        extensions.contains(Extension.CILIUM_NETWORK_POLICY));
  }

  /** Probes the kubelets that the plan names. */
  private KubeletFacts kubelets() {
    var authority =
        Optional.ofNullable(spec().kubelet().tls().certificateAuthority())
            .map(a -> readers.trustBundles().read(objects.namespace(), a));
    var requested =
        objects.certificateRequests().requests().stream()
            .map(CertificateRequests.Request::node)
            .collect(Collectors.toSet());
    var seen =
        readers
            .kubelets()
            .look(
                ProbePlan.of(spec().kubelet(), nodes).targets(),
                authority.map(b -> b instanceof Found(var pem) ? pem : null),
                requested);
    return new KubeletFacts(seen.kubelets(), seen.complete(), authority, requested, everVerified());
  }

  private boolean everVerified() {
    return Optional.ofNullable(config.getStatus())
        .map(MetricsServerConfigStatus::kubeletTLS)
        .map(KubeletTLSStatus::everVerified)
        .orElse(false);
  }

  private History history() {
    var metadata = config.getMetadata();
    var lastReady = objects.lastReady();
    return new History(
        metadata.getUid() + "/" + metadata.getGeneration(),
        lastReady.map(ControllerRevision::getData).flatMap(Configuration::of),
        lastReady.flatMap(LastReady::failure),
        objects.deployment().flatMap(d -> Observer.attempt(d, objects.pods().toList())));
  }

  private MetricsServerConfigSpec spec() {
    return config.getSpec();
  }
}
