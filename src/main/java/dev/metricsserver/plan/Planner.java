package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec.ApprovalPolicy;
import dev.metricsserver.api.KubeletSpec.TLSMode;
import dev.metricsserver.api.LocalReference;
import dev.metricsserver.api.LoggingSpec;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.Installed;
import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.model.Configuration;
import dev.metricsserver.model.History.Attempt;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.Platform;
import dev.metricsserver.model.Prefix;
import dev.metricsserver.model.TrustBundle.Found;
import dev.metricsserver.model.TrustBundle.Missing;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Pending;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Decision.Refused;
import dev.metricsserver.plan.MetricsServerPlan.RollbackPlan;
import dev.metricsserver.plan.MetricsServerPlan.VersionPlan;
import dev.metricsserver.plan.PodPlan.ImagePlan;
import dev.metricsserver.plan.PodPlan.Mount;
import dev.metricsserver.plan.Reason.Configured;
import dev.metricsserver.plan.Reason.DefaultPort;
import dev.metricsserver.plan.Reason.ImageOfVersion;
import dev.metricsserver.plan.Reason.ImageReason;
import dev.metricsserver.plan.Reason.NeverSeen;
import dev.metricsserver.plan.Reason.PortReason;
import dev.metricsserver.plan.Reason.RolledBack;
import dev.metricsserver.plan.Reason.VersionReason;
import dev.metricsserver.plan.Releases.Release;
import dev.metricsserver.plan.Violation.InvalidCIDR;
import dev.metricsserver.plan.Violation.MissingAuthority;
import dev.metricsserver.plan.Violation.MissingNamespace;
import dev.metricsserver.plan.Violation.OtherSelector;
import dev.metricsserver.plan.Violation.PortTaken;
import dev.metricsserver.plan.Violation.UnsupportedField;
import dev.metricsserver.plan.Violation.VmoduleWithJSON;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Plans a metrics-server installation from the spec and the facts of the cluster. */
public final class Planner {

  private static final Duration MAX_KUBELET_TIMEOUT = Duration.ofSeconds(10);
  private static final int HOST_NETWORK_PORT = 4443;

  /** On AWS Fargate, a pod shares its network with a kubelet (Amazon EKS user guide). */
  private static final int FARGATE_PORT = 10251;

  /**
   * Seconds for which a terminating pod keeps answering, until no node sends requests to it any
   * more.
   */
  private static final int DRAIN_SECONDS = 5;

  /** Seconds that the start of the process and one scrape take. */
  private static final int SCRAPE_SECONDS = 2;

  private final MetricsServerConfigSpec spec;
  private final ClusterFacts facts;
  private final Instant now;
  private final SizePlanner size;
  private final KubeletPlanner kubelets;
  private final ServingPlanner serving;
  private final NetworkPlanner network;
  private final Versions versions;
  private final Optional<Failure> rolledBackFrom;

  private Planner(
      MetricsServerConfigSpec spec,
      ClusterFacts facts,
      Instant now,
      Optional<Failure> rolledBackFrom) {
    this.spec = spec;
    this.facts = facts;
    this.now = now;
    this.rolledBackFrom = rolledBackFrom;
    this.size = new SizePlanner(spec, facts, now);
    this.kubelets = new KubeletPlanner(spec.kubelet(), facts, now);
    this.network = new NetworkPlanner(spec, facts, kubelets);
    this.serving = new ServingPlanner(spec.serving().tls(), facts.serving());
    this.versions = new Versions(spec, facts);
  }

  /**
   * Plans, or refuses the spec. {@link Ownership} checks the objects of other owners.
   *
   * @param now the time, for decisions that wait before they reduce something
   */
  public static Decision plan(MetricsServerConfigSpec spec, ClusterFacts facts, Instant now) {
    return new Planner(spec, facts, now, Optional.empty()).decide();
  }

  /** Whether the operator approves the kubelets' requests for serving certificates. */
  public static boolean approves(MetricsServerConfigSpec spec) {
    return spec.kubelet().servingCertificateApproval().policy() == ApprovalPolicy.Enabled
        && !spec.paused()
        && invalidApprovalCIDRs(spec).findAny().isEmpty();
  }

  private static Stream<InvalidCIDR> invalidApprovalCIDRs(MetricsServerConfigSpec spec) {
    var approval = spec.kubelet().servingCertificateApproval();
    return Stream.concat(
        invalid("kubelet.servingCertificateApproval.allowedCIDRs", approval.allowedCIDRs()),
        invalid("kubelet.servingCertificateApproval.serviceCIDRs", approval.serviceCIDRs()));
  }

  private static Stream<InvalidCIDR> invalid(String field, List<String> cidrs) {
    return cidrs.stream()
        .filter(cidr -> Prefix.parse(cidr).isEmpty())
        .map(cidr -> new InvalidCIDR(field, cidr));
  }

  private Decision decide() {
    if (spec.conflictPolicy() == ConflictPolicy.Observe) {
      return new Observing(facts.foreign());
    }
    if (adopting()) {
      var lost = FieldManagerConflict.lost(facts.conflictingWrites());
      if (lost.isPresent()) {
        return new Refused(Refusal.Contested, List.of(lost.get()));
      }
    }
    var release = versions.choose();
    var violations = new ArrayList<Violation>();
    if (release.isEmpty()) {
      violations.add(versions.unsupported());
    }
    violations.addAll(release.map(this::unsupportedFields).orElse(List.of()));
    violations.addAll(invalidFields());
    if (!violations.isEmpty()) {
      return new Refused(Refusal.InvalidSpec, violations);
    }
    if (spec.kubelet().tls().mode() == TLSMode.Auto && !facts.kubelets().complete()) {
      return new Pending();
    }
    var plan = plan(release.orElseThrow());
    return new Rollback(spec, facts, now)
        .due(plan.rollback().configuration(), plan.size().replicas())
        .flatMap(this::lastReady)
        .orElse(new Planned(plan));
  }

  private boolean adopting() {
    return spec.conflictPolicy() == ConflictPolicy.Adopt;
  }

  /** The plan with the configuration that was last Ready, if the rest of the spec permits it. */
  private Optional<Decision> lastReady(Failure failure) {
    return facts
        .history()
        .lastReady()
        .map(last -> new Planner(last.in(spec), facts, now, Optional.of(failure)).decide())
        .filter(Planned.class::isInstance);
  }

  // ------------------------------------------------------------------------------------- refusals

  private List<Violation> unsupportedFields(Release release) {
    var violations = new ArrayList<Violation>();
    if (!release.atLeast("0.7.0")) {
      var fields = new TreeMap<String, Boolean>();
      fields.put("kubelet.requestTimeout", spec.kubelet().requestTimeout() != null);
      fields.put("kubelet.nodeSelector", !spec.kubelet().nodeSelector().selectsAll());
      fields.put("logging.format", spec.logging().format() != LoggingSpec.Format.Text);
      fields.forEach((field, used) -> {
        if (used) {
          violations.add(unsupported(field, release, "0.7.0"));
        }
      });
    }
    if (!release.atLeast("0.6.1") && spec.logging().verbosity() > 0) {
      violations.add(unsupported("logging.verbosity", release, "0.6.1"));
    }
    Versions.check(spec.image().digest(), release).ifPresent(violations::add);
    versions.checkTag(release).ifPresent(violations::add);
    spec.extraArgs().forEach(a -> Flags.check(a, release).ifPresent(violations::add));
    if (spec.logging().format() == LoggingSpec.Format.JSON
        && spec.extraArgs().stream().anyMatch(a -> a.startsWith("--vmodule="))) {
      violations.add(new VmoduleWithJSON());
    }
    return violations;
  }

  private static Violation unsupported(String field, Release release, String first) {
    return new UnsupportedField(field, release.version(), Releases.first(first));
  }

  private List<Violation> invalidFields() {
    var violations = new ArrayList<Violation>();
    if (!facts.namespaceExists()) {
      violations.add(new MissingNamespace(spec.namespace()));
    }
    facts
        .installed()
        .map(i -> i.selector().get("k8s-app"))
        .filter(app -> !app.equals("metrics-server"))
        .ifPresent(app -> violations.add(new OtherSelector(spec.namespace(), app)));
    Ownership.elsewhere(facts.foreign(), spec.namespace()).ifPresent(violations::add);
    if (spec.hostNetwork()) {
      facts.nodes().stream()
          .filter(n -> KubeletPlanner.kubeletPort(n) == port())
          .findFirst()
          .ifPresent(n -> violations.add(portTaken(n)));
    }
    violations.addAll(Sizing.check(size.resources()));
    serving.violation().ifPresent(violations::add);
    if (facts.kubelets().authority().orElse(null) instanceof Missing missing) {
      violations.add(new MissingAuthority(missing));
    }
    invalidApprovalCIDRs(spec).forEach(violations::add);
    invalid("networkPolicy.controlPlaneCIDRs", spec.networkPolicy().controlPlaneCIDRs())
        .forEach(violations::add);
    return violations;
  }

  private Violation portTaken(NodeFacts node) {
    return new PortTaken(
        port(),
        node.name(),
        spec.port() == null ? Optional.empty() : Optional.of(HOST_NETWORK_PORT));
  }

  // ------------------------------------------------------------------------------------- the plan

  private MetricsServerPlan plan(Release release) {
    return new MetricsServerPlan(
        spec.namespace(),
        new VersionPlan(
            new Decided<>(release.version(), versionReason(release)),
            rolledBackFrom.isPresent() ? Optional.empty() : versions.advice(release)),
        new RollbackPlan(configuration(release), rolledBackFrom),
        pod(release),
        size.plan(),
        new KubeletPlan(
            kubelets.tls(), kubelets.decidedAddressTypes(), approves(spec), resolution()),
        serving.tls(),
        network.plan(),
        spec.audit().profile(),
        network.monitoring(),
        adoption(),
        deploymentAnnotations(release));
  }

  private PodPlan pod(Release release) {
    return new PodPlan(
        new ImagePlan(
            new Decided<>(image(release), imageReason()),
            spec.image().pullPolicy(),
            spec.image().pullSecrets().stream().map(LocalReference::name).toList()),
        args(release),
        mounts(),
        spec.scheduling(),
        spec.hostNetwork(),
        decidedPort(),
        release.atLeast("0.8.0") || !facts.kubernetes().atLeast(1, 30)
            ? Optional.empty()
            : Optional.of(DRAIN_SECONDS),
        // An older version is ready as soon as it has metrics of a pod that has just started; it
        // has none of nodes before the second scrape.
        release.atLeast("0.9.0")
            ? Optional.empty()
            : Optional.of((int) resolution().toSeconds() + SCRAPE_SECONDS),
        podTemplateAnnotations());
  }

  private AdoptionPlan adoption() {
    return new AdoptionPlan(
        facts.installed().map(Installed::selector),
        takeover(),
        takeover().isPresent() && !facts.installed().map(Installed::ownPodReady).orElse(false),
        previousOwner());
  }

  private Configuration configuration(Release release) {
    return new Configuration(
        release.version(),
        spec.image(),
        size.resources().asSpec(),
        spec.scheduling(),
        spec.extraArgs());
  }

  private VersionReason versionReason(Release release) {
    if (rolledBackFrom.isPresent()) {
      return new RolledBack(rolledBackFrom.get().reason());
    }
    return versions.reason(release);
  }

  private ImageReason imageReason() {
    return spec.image().equals(MetricsServerConfigSpec.DEFAULT.image())
        ? new ImageOfVersion()
        : new Configured("image");
  }

  private String image(Release release) {
    var image = spec.image();
    var tag = image.tag() == null ? "v" + release.version() : image.tag();
    var digest = image.digest() == null ? "" : "@" + image.digest();
    return image.registry() + "/" + image.repository() + ":" + tag + digest;
  }

  private List<String> args(Release release) {
    var kubelet = spec.kubelet();
    var args = new ArrayList<String>();
    args.addAll(serving.args());
    args.add("--secure-port=" + port());
    args.add("--metric-resolution=" + spec.metricResolution());
    args.addAll(kubelets.args());
    if (release.atLeast("0.7.0")) {
      args.add("--kubelet-request-timeout=" + kubeletTimeout());
    }
    if (!kubelet.nodeSelector().selectsAll()) {
      args.add("--node-selector=" + NodeSelector.of(kubelet.nodeSelector()));
    }
    if (release.atLeast("0.8.0")) {
      args.add("--shutdown-delay-duration=" + DRAIN_SECONDS + "s");
    }
    if (spec.logging().format() == LoggingSpec.Format.JSON) {
      args.add("--logging-format=json");
    }
    if (spec.logging().verbosity() > 0) {
      args.add("--v=" + spec.logging().verbosity());
    }
    args.addAll(AuditPlanner.args(spec.audit().profile()));
    args.addAll(spec.extraArgs());
    return List.copyOf(args);
  }

  private List<Mount> mounts() {
    var mounts = new ArrayList<>(serving.mounts());
    mounts.addAll(kubelets.mounts());
    mounts.addAll(AuditPlanner.mounts(spec.audit().profile()));
    return List.copyOf(mounts);
  }

  /** metrics-server refuses to start with a timeout above nine tenths of the resolution. */
  private String kubeletTimeout() {
    if (spec.kubelet().requestTimeout() != null) {
      return spec.kubelet().requestTimeout();
    }
    var most = resolution().toMillis() * 9 / 10;
    return most >= MAX_KUBELET_TIMEOUT.toMillis() ? "10s" : most + "ms";
  }

  private Duration resolution() {
    return KubeletPlan.scrapeInterval(spec);
  }

  private int port() {
    return decidedPort().value();
  }

  private Decided<Integer, PortReason> decidedPort() {
    if (spec.port() != null) {
      return new Decided<>(spec.port(), new Configured("port"));
    }
    if (spec.hostNetwork()) {
      return new Decided<>(HOST_NETWORK_PORT, DefaultPort.HostNetwork);
    }
    return facts.nodes().stream().anyMatch(n -> Platform.of(n) == Platform.Fargate)
        ? new Decided<>(FARGATE_PORT, DefaultPort.Fargate)
        : new Decided<>(versions.choose().orElseGet(Releases::newest).port(), DefaultPort.Usual);
  }

  /** metrics-server reads the CA only at its start, so a new CA has to replace the pods. */
  private Map<String, String> podTemplateAnnotations() {
    return kubelets.tls().verified()
            && facts.kubelets().authority().orElse(null) instanceof Found(var pem)
        ? Map.of(Annotations.KUBELET_CA, Digest.of(pem))
        : Map.of();
  }

  private Optional<Takeover> takeover() {
    return facts.installed().flatMap(Installed::takeover);
  }

  /** The previous owner, while conflictPolicy is Adopt: its cleanup may not be done yet. */
  private Optional<Owner> previousOwner() {
    return facts.foreign().stream()
        .findFirst()
        .map(UnmanagedObject::owner)
        .or(() -> facts.installed().flatMap(Installed::takenFrom))
        .filter(owner -> adopting());
  }

  private Map<String, String> deploymentAnnotations(Release release) {
    var annotations = new TreeMap<String, String>();
    var configuration = Rollback.key(facts, spec, configuration(release));
    annotations.put(Annotations.CONFIGURATION, configuration);
    annotations.put(
        Annotations.CONFIGURED_AT,
        facts
            .history()
            .attempt()
            .filter(a -> a.configuration().equals(configuration))
            .map(Attempt::since)
            .orElse(now)
            .toString());
    takeover().ifPresent(t -> annotations.put(Annotations.TAKEOVER, t.name()));
    previousOwner().ifPresent(owner -> annotations.put(Annotations.TAKEN_FROM, owner.key()));
    annotations.put(
        Annotations.KUBELET_TLS,
        kubelets.tls().reason() instanceof NeverSeen
            ? Annotations.NEVER_SEEN
            : kubelets.tls().mode().name());
    annotations.putAll(size.annotations());
    return annotations;
  }
}
