package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.Cilium;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.ClusterFacts.PrometheusKinds;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.ControlPlane;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.Durations;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.model.Extension;
import dev.metricsserver.model.History;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.ImageReference;
import dev.metricsserver.model.MetricsAnswer;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.MetricsServerFlags;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.ProvidedCertificate;
import dev.metricsserver.model.ServingFacts;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.Decision.Pending;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Ownership;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.ServingTLS;
import dev.metricsserver.rendering.Audit;
import dev.metricsserver.rendering.CertManager;
import dev.metricsserver.rendering.CiliumNetwork;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Network;
import dev.metricsserver.rendering.Workload;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import dev.metricsserver.tls.Rotation;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The cluster as its objects show it: facts before the plan, observations after it. Where the
 * objects come from is all that differs between the operator and the command line.
 */
public final class Cluster {

  private final ObjectSource objects;
  private final ControlPlaneReader controlPlane;
  private final ExtensionReader extensions;
  private final TrustBundleReader trustBundles;
  private final ProvidedCertificateReader givenCertificates;
  private final Kubelets kubelets;
  private final MetricsServerConfig config;
  private final MetricsServerConfigSpec spec;
  private final List<NodeFacts> nodes;
  private final ServingSecrets secrets;
  private final List<ConflictingWrite> conflictingWrites;

  /**
   * Reads nothing yet but the Secrets and what others changed, of which all decisions are about the
   * same state.
   *
   * @param config what the facts are for; its uid and generation tell its states apart
   * @param nodes the facts of all nodes
   * @param kubelets whose looks have to be started by the caller
   */
  public Cluster(
      MetricsServerConfig config,
      ObjectSource objects,
      List<NodeFacts> nodes,
      ControlPlaneReader controlPlane,
      ExtensionReader extensions,
      TrustBundleReader trustBundles,
      ProvidedCertificateReader givenCertificates,
      Kubelets kubelets,
      ServingCertificates.Reader servingCertificates) {
    this.config = config;
    this.spec = config.getSpec();
    this.objects = objects;
    this.controlPlane = controlPlane;
    this.extensions = extensions;
    this.trustBundles = trustBundles;
    this.givenCertificates = givenCertificates;
    this.kubelets = kubelets;
    this.nodes = nodes;
    this.secrets =
        new ServingSecrets(
            objects.of(Secret.class).filter(this::here),
            spec.serving().tls().source() == Source.Operator,
            servingCertificates);
    this.conflictingWrites = conflictingWrites();
  }

  /**
   * What decisions depend on.
   *
   * @throws KubernetesClientException when the cluster cannot be read
   */
  public ClusterFacts facts() {
    var upgraded = controlPlane.read(registered(Extension.CILIUM_NETWORK_POLICY));
    var deployment = deployment();
    var extensions = extensions();
    return new ClusterFacts(
        upgraded.version(),
        nodes,
        Endpoints.addresses(slices(), "default", "kubernetes"),
        upgraded.service(),
        cilium(upgraded, extensions),
        new PrometheusKinds(
            extensions.contains(Extension.SERVICE_MONITOR),
            extensions.contains(Extension.PROMETHEUS_RULE)),
        deployment.isPresent() || namespaceExists(),
        kubeletFacts(),
        serving(extensions),
        deployment.map(this::installed),
        history(deployment),
        foreign(named()).toList(),
        conflictingWrites);
  }

  /**
   * Decides. What is in the way of objects that only some plans have is looked for when there is a
   * plan that has them, and told together with what is in the way of every plan.
   *
   * @param facts as {@link #facts} tells them
   * @throws KubernetesClientException when the cluster cannot be read
   */
  public Decision decide(ClusterFacts facts, Instant now) {
    var decision = Planner.plan(spec, facts, now);
    if (spec.conflictPolicy() != ConflictPolicy.Refuse || decision instanceof Pending) {
      return decision;
    }
    var others =
        decision instanceof Planned(var plan) ? inPlaceOf(plan) : Stream.<HasMetadata>empty();
    return Ownership.respected(
        decision, Stream.concat(facts.foreign().stream(), foreign(others)).toList());
  }

  private ServingFacts serving(Set<Extension> extensions) {
    return new ServingFacts(
        apiService()
            .map(APIService::getSpec)
            .map(s ->
                new ServingFacts.Registration(
                    !Boolean.TRUE.equals(s.getInsecureSkipTLSVerify()),
                    Pem.fromBase64(s.getCaBundle()))),
        Certificates.pem(secrets.certificates().trusted()),
        servesFromSecret(),
        given(),
        extensions.containsAll(Set.of(Extension.CERTIFICATE, Extension.ISSUER)));
  }

  private Optional<ProvidedCertificate> given() {
    var tls = spec.serving().tls();
    return switch (tls.source()) {
      case Secret ->
          Optional.of(
              givenCertificates.read(
                  spec.namespace(),
                  tls.secret().name(),
                  ServingTLS.names(spec.namespace()).getFirst()));
      case CertManager -> Optional.of(issued());
      case Operator, SelfSigned -> Optional.empty();
    };
  }

  /** Who waits for cert-manager is told where it says why. */
  private ProvidedCertificate issued() {
    var namespace = spec.namespace();
    var given =
        givenCertificates.read(
            namespace, ServingTLS.ISSUED_SECRET, ServingTLS.names(namespace).getFirst());
    return given instanceof ProvidedCertificate.Unusable(_, _, var there) && !there
        ? new ProvidedCertificate.Unusable(
            "cert-manager has not issued the Certificate %s in namespace %s yet"
                .formatted(CertManager.SERVING, namespace),
            "kubectl -n %s describe certificates.cert-manager.io,issuers.cert-manager.io"
                .formatted(namespace),
            false)
        : given;
  }

  /**
   * Those on their way out too: they may still be asked, until they have ended. Those of a former
   * owner may bear labels by which they are not seen.
   */
  private boolean servesFromSecret() {
    return deployment()
            .filter(d -> takeover(d).isEmpty())
            .map(d -> mountsCertificate(d.getSpec().getTemplate().getSpec()))
            .orElse(false)
        && objects
            .of(Pod.class)
            .filter(this::here)
            .filter(pod -> !ended(pod))
            .allMatch(pod -> mountsCertificate(pod.getSpec()));
  }

  /** One that was evicted stays as an object for long. */
  private static boolean ended(Pod pod) {
    var phase = pod.getStatus().getPhase();
    return "Failed".equals(phase) || "Succeeded".equals(phase);
  }

  private static boolean mountsCertificate(PodSpec pod) {
    return pod.getVolumes().stream()
        .map(Volume::getSecret)
        .anyMatch(s -> s != null && ServingTLS.CERTIFICATE_SECRET.equals(s.getSecretName()));
  }

  /** What the Secrets with metrics-server's certificate and its CA are to hold now. */
  public ServingCertificates nextCertificates(Instant now) {
    var serving = serving(extensions());
    var found = secrets.certificates();
    var published =
        Certificates.parse(
            serving.registration().map(ServingFacts.Registration::caBundle).orElse(""));
    return switch (serving.given().orElse(null)) {
      case null ->
          Rotation.next(
              found, published, ServingTLS.names(spec.namespace()), serving.everywhere(), now);
      case ProvidedCertificate.Usable(var leaf, var authorities) ->
          Rotation.next(found, published, leaf, authorities, serving.everywhere(), now);
      // What is served and verified stays so; before that there is nothing to serve.
      case ProvidedCertificate.Unusable _ ->
          serving.registration().filter(ServingFacts.Registration::verified).isPresent()
              ? found.withoutAuthority()
              : ServingCertificates.NONE;
    };
  }

  /** The resource versions of the Secrets that this was decided by, by name. */
  public Map<String, String> servingSecretVersions() {
    return secrets.versions();
  }

  private Cilium cilium(ControlPlane upgraded, Set<Extension> extensions) {
    return new Cilium(
        nodes.stream().map(NodeFacts::name).anyMatch(upgraded.ciliumNodes()::contains),
        extensions.contains(Extension.CILIUM_NETWORK_POLICY));
  }

  private boolean registered(Extension extension) {
    return objects
        .of(APIService.class)
        .anyMatch(service -> service.getMetadata().getName().equals(extension.apiService()));
  }

  private Set<Extension> extensions() {
    return extensions.read(
        objects
            .of(APIService.class)
            .map(APIService::getMetadata)
            .collect(Collectors.toMap(ObjectMeta::getName, ObjectMeta::getUid)));
  }

  private KubeletFacts kubeletFacts() {
    var authority =
        Optional.ofNullable(spec.kubelet().tls().certificateAuthority())
            .map(a -> trustBundles.read(spec.namespace(), a));
    var requested =
        certificateRequests().requests().stream()
            .map(CertificateRequests.Request::node)
            .collect(Collectors.toSet());
    var seen =
        kubelets.look(
            KubeletPlanner.targets(spec.kubelet(), nodes),
            authority.map(b -> b instanceof Found(var pem) ? pem : null),
            requested);
    return new KubeletFacts(seen.kubelets(), seen.complete(), authority, requested);
  }

  /** What the cluster shows of metrics-server. */
  public Observations observations(Instant now) {
    var answer = objects.of(MetricsAnswer.class).findFirst().orElse(MetricsAnswer.NOT_ASKED);
    return new Observations(
        deployment().map(Observer::rollout),
        pods()
            .sorted(Comparator.comparing(p -> p.getMetadata().getName()))
            .map(Observer::pod)
            .toList(),
        Endpoints.lead(slices(), spec.namespace(), Names.METRICS_SERVER),
        apiService().map(Observer::registration),
        answer,
        Observer.coverage(
            nodes,
            NodeSelector.of(spec.kubelet().nodeSelector()),
            Durations.of(spec.metricResolution()),
            answer.nodes(),
            now),
        secrets.observed(),
        conflictingWrites);
  }

  /** What the cluster shows of a metrics-server that somebody else runs. */
  public Observations observations(ExternalInstallation theirs, Instant now) {
    var answer = objects.of(MetricsAnswer.class).findFirst().orElse(MetricsAnswer.NOT_ASKED);
    return new Observations(
        theirs.rollout(),
        theirs.pods(),
        theirs.endpointReady(),
        apiService().map(Observer::registration),
        answer,
        Observer.coverage(
            nodes,
            theirs.asked(),
            theirs
                .installation()
                .map(Installation::scrapeInterval)
                .orElseGet(() -> Durations.of(spec.metricResolution())),
            answer.nodes(),
            now),
        theirs.certificates(),
        conflictingWrites);
  }

  /** A metrics-server that somebody else runs, as it was last looked at. */
  public ExternalInstallation theirs() {
    return objects.of(ExternalInstallation.class).findFirst().orElse(ExternalInstallation.NONE);
  }

  /** Deployments under the operator's name, in any namespace. */
  public List<Deployment> deployments() {
    return objects.of(Deployment.class).toList();
  }

  /** Kubelets' requests for serving certificates that nobody has decided. */
  public CertificateRequests certificateRequests() {
    return objects.of(CertificateRequests.class).findFirst().orElse(CertificateRequests.NONE);
  }

  /** What was looked up while something is wrong. */
  public DiagnosticData clues() {
    return objects.of(DiagnosticData.class).findFirst().orElse(DiagnosticData.NONE);
  }

  /** What was looked at although all is well. */
  public HygieneData upkeep() {
    return objects.of(HygieneData.class).findFirst().orElse(HygieneData.NONE);
  }

  /** Where metrics-server's pods listen. */
  public List<ClusterFacts.Endpoint> endpoints() {
    return Endpoints.addresses(slices(), spec.namespace(), Names.METRICS_SERVER);
  }

  /** The addresses of the API servers. */
  public Set<String> apiServers() {
    return Endpoints.addresses(slices(), "default", "kubernetes").stream()
        .map(ClusterFacts.Endpoint::address)
        .collect(Collectors.toSet());
  }

  /** The configuration that was last Ready. */
  public Optional<ControllerRevision> lastReady() {
    return objects.of(ControllerRevision.class).filter(this::here).findFirst();
  }

  /** Whether the Deployment that was seen last is of this plan. */
  public boolean runs(MetricsServerPlan plan) {
    return deployment()
        .map(d -> requireNonNullElse(d.getMetadata().getAnnotations(), Map.<String, String>of()))
        .map(annotations -> annotations.get(Planner.CONFIGURATION))
        .filter(plan.deploymentAnnotations().get(Planner.CONFIGURATION)::equals)
        .isPresent();
  }

  private History history(Optional<Deployment> deployment) {
    var metadata = config.getMetadata();
    return new History(
        metadata.getUid() + "/" + metadata.getGeneration(),
        lastReady().map(ControllerRevision::getData).flatMap(Configuration::of),
        lastReady().flatMap(LastReady::failure),
        deployment.flatMap(d -> Observer.attempt(d, pods().toList())));
  }

  private Stream<Pod> pods() {
    return objects
        .of(Pod.class)
        .filter(this::here)
        .filter(p -> p.getMetadata().getDeletionTimestamp() == null);
  }

  /** The registration of the metrics API. */
  public Optional<APIService> apiService() {
    return objects
        .of(APIService.class)
        .filter(service -> service.getMetadata().getName().equals(Names.API_SERVICE))
        .findFirst();
  }

  private Optional<Deployment> deployment() {
    return objects.of(Deployment.class).filter(this::here).findFirst();
  }

  private List<EndpointSlice> slices() {
    return objects.of(EndpointSlice.class).toList();
  }

  private boolean here(HasMetadata object) {
    return spec.namespace().equals(object.getMetadata().getNamespace());
  }

  private boolean namespaceExists() {
    return objects.namespaceExists(spec.namespace());
  }

  /**
   * Objects that nothing calls ours: neither their label nor the manager of any of their fields.
   */
  private Stream<UnmanagedObject> foreign(Stream<HasMetadata> some) {
    return some.filter(object -> !ours(object)).map(UnmanagedObject::of);
  }

  /** Every object under one of the operator's names, the most telling first. */
  private Stream<HasMetadata> named() {
    return Stream.of(
            deployment().stream(),
            apiService().stream(),
            objects.of(Service.class).filter(this::here),
            objects.of(ServiceAccount.class).filter(this::here),
            objects.of(ClusterRole.class),
            objects.of(ClusterRoleBinding.class),
            objects.of(RoleBinding.class),
            objects.of(PodDisruptionBudget.class).filter(this::here))
        .flatMap(objects -> objects);
  }

  /** What has the names of objects that this plan has, and not every plan. */
  private Stream<HasMetadata> inPlaceOf(MetricsServerPlan plan) {
    return Stream.concat(
            Stream.of(
                    Network.policy(plan),
                    CiliumNetwork.policy(plan),
                    Audit.policy(plan),
                    Monitoring.serviceMonitor(plan),
                    Monitoring.rule(plan),
                    CertManager.bootstrap(plan),
                    CertManager.authority(plan),
                    CertManager.issuer(plan),
                    CertManager.certificate(plan))
                .<HasMetadata>flatMap(Optional::stream)
                .flatMap(
                    o -> objects.named(o.getClass(), spec.namespace(), o.getMetadata().getName())),
            objects
                .of(Secret.class)
                .filter(s -> plan.serving().secrets().contains(s.getMetadata().getName())))
        .filter(this::here);
  }

  private static boolean ours(HasMetadata object) {
    var metadata = object.getMetadata();
    var labels = requireNonNullElse(metadata.getLabels(), Map.<String, String>of());
    return Names.MANAGED_BY.equals(labels.get("app.kubernetes.io/managed-by"))
        || metadata.getManagedFields().stream()
            .anyMatch(m -> Names.MANAGED_BY.equals(m.getManager()));
  }

  private Installed installed(Deployment deployment) {
    var metadata = deployment.getMetadata();
    var annotations = requireNonNullElse(metadata.getAnnotations(), Map.<String, String>of());
    var flags = MetricsServerFlags.of(deployment.getSpec().getTemplate().getSpec());
    return new Installed(
        version(deployment).orElse(""),
        Optional.ofNullable(annotations.get(Planner.KUBELET_TLS))
            .map(TLSMode.Verify.name()::equals)
            .orElseGet(flags::verifiesKubelets),
        flags.addressTypes(),
        number(annotations.get(Planner.PLANNED_REPLICAS)),
        number(annotations.get(Planner.SIZED_FOR)),
        Timestamps.parse(annotations.get(Planner.FEWER_SINCE)),
        Timestamps.parse(annotations.get(Planner.SMALLER_SINCE)),
        requireNonNullElse(deployment.getSpec().getSelector().getMatchLabels(), Map.of()),
        takeover(deployment),
        Owner.parse(annotations.get(Planner.TAKEN_FROM)),
        pods().anyMatch(pod -> ofOurForm(pod) && Observer.pod(pod).ready()));
  }

  /**
   * The operator's label tells, whatever the tag of an own image is called; that of others may tell
   * the version of their chart, and another one run.
   */
  private static Optional<String> version(Deployment deployment) {
    var metadata = deployment.getMetadata();
    var label =
        Optional.ofNullable(metadata.getLabels()).map(labels -> labels.get(Workload.VERSION_LABEL));
    var tag = ImageReference.of(image(deployment)).version();
    var ours =
        Optional.ofNullable(metadata.getAnnotations())
            .filter(annotations -> annotations.containsKey(Planner.CONFIGURATION))
            .isPresent();
    return ours ? label.or(() -> tag) : tag.or(() -> label);
  }

  private static String image(Deployment deployment) {
    return requireNonNullElse(
        MetricsServerContainer.of(deployment.getSpec().getTemplate().getSpec()).getImage(), "");
  }

  private static boolean ofOurForm(Pod pod) {
    return pod.getMetadata().getLabels().entrySet().containsAll(Names.PODS.entrySet());
  }

  /**
   * Over when no pod of the former owner is left. Its fields may be the operator's already, and its
   * form not yet: who takes over does the one after the other, and may end in between.
   */
  private static Optional<Takeover> takeover(Deployment deployment) {
    var annotations =
        requireNonNullElse(deployment.getMetadata().getAnnotations(), Map.<String, String>of());
    if (!annotations.containsKey(Planner.CONFIGURATION)) {
      return Optional.of(
          keepsOthersAway(deployment.getSpec().getTemplate().getSpec())
              ? Takeover.Replace
              : Takeover.Surge);
    }
    return Arrays.stream(Takeover.values())
        .filter(t ->
            t.name().equals(annotations.get(Planner.TAKEOVER))
                && !Observer.rollout(deployment).complete())
        .findFirst();
  }

  private static boolean keepsOthersAway(PodSpec pod) {
    return Boolean.TRUE.equals(pod.getHostNetwork())
        || Optional.ofNullable(pod.getAffinity())
            .map(Affinity::getPodAntiAffinity)
            .filter(a -> !a.getRequiredDuringSchedulingIgnoredDuringExecution().isEmpty())
            .isPresent();
  }

  /** Noted ones count as long as the spec is the same: who changes it begins anew. */
  private List<ConflictingWrite> conflictingWrites() {
    if (spec.conflictPolicy() != ConflictPolicy.Adopt) {
      return List.of();
    }
    var noted =
        Optional.ofNullable(config.getStatus())
            .filter(s -> config.getMetadata().getGeneration().equals(s.observedGeneration()))
            .map(MetricsServerConfigStatus::conflictingWrites)
            .orElse(List.of());
    return ConflictingWrite.merge(
        noted.stream()
            .flatMap(w ->
                Timestamps.parse(w.time())
                    .map(at -> new ConflictingWrite(w.object(), w.manager(), at))
                    .stream())
            .toList(),
        named().flatMap(o -> ConflictingWrite.of(o, Names.MANAGED_BY, config).stream()).toList());
  }

  /** An annotation that somebody else changed is as good as none: the next apply writes it anew. */
  private static int number(String text) {
    return text != null && text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
  }
}
