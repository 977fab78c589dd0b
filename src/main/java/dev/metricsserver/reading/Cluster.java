package dev.metricsserver.reading;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.KubeletPlan;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.ServingCertificatePlanner;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The cluster as one reconcile reads it: facts before the plan, observations after it. The operator
 * and the command line differ only in where the objects come from.
 */
public final class Cluster {

  private final MetricsServerConfigSpec spec;
  private final InstallationObjects objects;
  private final List<NodeFacts> nodes;
  private final ServingSecrets secrets;
  private final List<ConflictingWrite> conflictingWrites;
  private final FactsReader facts;

  /**
   * Reads the Secrets and the conflicting writes, so that all decisions are about the same state of
   * them; nothing else yet.
   *
   * @param config what the facts are for; its uid and generation identify a state of the spec
   * @param nodes the facts of all nodes
   */
  public Cluster(
      MetricsServerConfig config,
      ObjectSource source,
      List<NodeFacts> nodes,
      ClusterReaders readers) {
    this.spec = config.getSpec();
    this.objects = new InstallationObjects(source, spec.namespace());
    this.nodes = nodes;
    this.secrets =
        new ServingSecrets(
            objects.here(Secret.class),
            spec.serving().tls().source() == Source.Operator,
            readers.servingCertificates());
    this.conflictingWrites = ConflictingWrites.read(config, objects.named());
    this.facts =
        new FactsReader(
            config,
            objects,
            nodes,
            readers,
            new ServingFactsReader(spec, objects, secrets, readers.providedCertificates()));
  }

  /**
   * What decisions depend on.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException when the cluster cannot be read
   */
  public ClusterFacts facts() {
    return facts.read(conflictingWrites);
  }

  /** Objects of other owners under the names of objects that this plan has, and not every plan. */
  public List<UnmanagedObject> unmanaged(MetricsServerPlan plan) {
    return UnmanagedObjects.of(plan, objects);
  }

  /** What the Secrets with metrics-server's certificate and its CA hold next. */
  public ServingCertificates nextCertificates(Instant now) {
    return ServingCertificatePlanner.next(
        spec.namespace(), facts.serving(), secrets.certificates(), now);
  }

  /** The resource versions of the Secrets that this is decided by, by name. */
  public Map<String, String> servingSecretVersions() {
    return secrets.versions();
  }

  /** What the cluster shows of the operator's metrics-server. */
  public Observations observations(Instant now) {
    var answer = objects.answer();
    return new Observations(
        objects.deployment().map(Observer::rollout),
        objects
            .pods()
            .sorted(Comparator.comparing(p -> p.getMetadata().getName()))
            .map(Observer::pod)
            .toList(),
        objects.endpointReady(),
        objects.apiService().map(Observer::registration),
        answer,
        Observer.coverage(
            nodes,
            NodeSelector.of(spec.kubelet().nodeSelector()),
            KubeletPlan.scrapeInterval(spec),
            answer.nodes(),
            spec.readiness().minimumNodesPercent(),
            now),
        secrets.observed(),
        conflictingWrites);
  }

  /** What the cluster shows of a metrics-server of another owner. */
  public Observations observations(ExternalInstallation external, Instant now) {
    var answer = objects.answer();
    return new Observations(
        external.rollout(),
        external.pods(),
        external.endpointReady(),
        objects.apiService().map(Observer::registration),
        answer,
        Observer.coverage(
            nodes,
            external.asked(),
            external
                .installation()
                .map(Installation::scrapeInterval)
                .orElseGet(() -> KubeletPlan.scrapeInterval(spec)),
            answer.nodes(),
            spec.readiness().minimumNodesPercent(),
            now),
        external.certificates(),
        conflictingWrites);
  }

  /** A metrics-server of another owner, as it was last read. */
  public ExternalInstallation externalInstallation() {
    return objects.first(ExternalInstallation.class, ExternalInstallation.NONE);
  }

  /** Deployments under the operator's name, in any namespace. */
  public List<Deployment> deployments() {
    return objects.source().of(Deployment.class).toList();
  }

  /** Kubelets' requests for serving certificates that are not decided. */
  public CertificateRequests certificateRequests() {
    return objects.certificateRequests();
  }

  /** What was read because something is wrong. */
  public DiagnosticData diagnosticData() {
    return objects.first(DiagnosticData.class, DiagnosticData.NONE);
  }

  /** What the hygiene checks read while no error is reported. */
  public HygieneData hygieneData() {
    return objects.first(HygieneData.class, HygieneData.NONE);
  }

  /** Where metrics-server's pods listen. */
  public List<ClusterFacts.Endpoint> endpoints() {
    return objects.endpoints();
  }

  /** The endpoints of the API servers. */
  public Set<ClusterFacts.Endpoint> apiServers() {
    return Set.copyOf(objects.apiServers());
  }

  /** The configuration that was last Ready. */
  public Optional<ControllerRevision> lastReady() {
    return objects.lastReady();
  }

  /** Whether the Deployment is of this plan. */
  public boolean runs(MetricsServerPlan plan) {
    return objects.deployment().filter(d -> InstalledReader.runs(d, plan)).isPresent();
  }

  /** The APIService of the metrics API. */
  public Optional<APIService> apiService() {
    return objects.apiService();
  }
}
