package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.approval.ApprovalController;
import dev.metricsserver.dependents.APIServiceDependent;
import dev.metricsserver.dependents.AuditPolicyDependent;
import dev.metricsserver.dependents.AuthDelegatorDependent;
import dev.metricsserver.dependents.AuthReaderDependent;
import dev.metricsserver.dependents.AuthorityCertificateDependent;
import dev.metricsserver.dependents.BootstrapIssuerDependent;
import dev.metricsserver.dependents.CertManagerDependent;
import dev.metricsserver.dependents.CiliumNetworkPolicyDependent;
import dev.metricsserver.dependents.ClusterRoleBindingDependent;
import dev.metricsserver.dependents.ClusterRoleDependent;
import dev.metricsserver.dependents.DeploymentDependent;
import dev.metricsserver.dependents.DisruptionBudgetDependent;
import dev.metricsserver.dependents.IssuedCertificateDependent;
import dev.metricsserver.dependents.ManagedDependent;
import dev.metricsserver.dependents.MetricsReaderDependent;
import dev.metricsserver.dependents.NetworkPolicyDependent;
import dev.metricsserver.dependents.OptionalDependent;
import dev.metricsserver.dependents.PrometheusRuleDependent;
import dev.metricsserver.dependents.ReaderRoleDependent;
import dev.metricsserver.dependents.ServiceAccountDependent;
import dev.metricsserver.dependents.ServiceDependent;
import dev.metricsserver.dependents.ServiceMonitorDependent;
import dev.metricsserver.dependents.ServingAuthorityDependent;
import dev.metricsserver.dependents.ServingCertificateDependent;
import dev.metricsserver.dependents.ServingIssuerDependent;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.model.ConflictingWrite;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.KubernetesVersion;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Ownership;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.reading.Cluster;
import dev.metricsserver.reading.ControlPlaneReader;
import dev.metricsserver.reading.DiagnosticDataReader;
import dev.metricsserver.reading.ExtensionReader;
import dev.metricsserver.reading.ExternalInstallation;
import dev.metricsserver.reading.ExternalInstallationReader;
import dev.metricsserver.reading.HygieneReader;
import dev.metricsserver.reading.Kubelets;
import dev.metricsserver.reading.MetricsQuery;
import dev.metricsserver.reading.OnDemandPoller;
import dev.metricsserver.reading.ProvidedCertificateReader;
import dev.metricsserver.reading.TrustBundleReader;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.status.Outcome;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.Workflow;
import io.javaoperatorsdk.operator.api.reconciler.dependent.Dependent;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Makes the cluster's metrics-server what the MetricsServerConfig says: facts, plan, objects,
 * observations, findings, status.
 */
@ControllerConfiguration(
    name = "metricsserverconfig",
    fieldManager = MetricsServerReconciler.FIELD_MANAGER,
    // Looks at everything again, from the informers' memory, for the sake of what raises no event.
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 30, timeUnit = TimeUnit.SECONDS))
@GradualRetry(maxAttempts = -1, initialInterval = 500, intervalMultiplier = 2, maxInterval = 30_000)
@Workflow(
    explicitInvocation = true,
    dependents = {
      @Dependent(
          name = "networkpolicy",
          type = NetworkPolicyDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      // Watched only where the kind exists, from when it does.
      @Dependent(
          name = "ciliumnetworkpolicy",
          type = CiliumNetworkPolicyDependent.class,
          activationCondition = CiliumNetworkPolicyDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(name = "serviceaccount", type = ServiceAccountDependent.class),
      @Dependent(name = "clusterrole", type = ClusterRoleDependent.class),
      @Dependent(name = "readerrole", type = ReaderRoleDependent.class),
      @Dependent(
          name = "clusterrolebinding",
          type = ClusterRoleBindingDependent.class,
          dependsOn = {"serviceaccount", "clusterrole"}),
      @Dependent(
          name = "authdelegator",
          type = AuthDelegatorDependent.class,
          dependsOn = "serviceaccount"),
      @Dependent(
          name = "authreader",
          type = AuthReaderDependent.class,
          dependsOn = "serviceaccount"),
      @Dependent(name = "service", type = ServiceDependent.class),
      @Dependent(
          name = "poddisruptionbudget",
          type = DisruptionBudgetDependent.class,
          reconcilePrecondition = DisruptionBudgetDependent.Wanted.class),
      @Dependent(
          name = "auditpolicy",
          type = AuditPolicyDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "metricsreader",
          type = MetricsReaderDependent.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "servicemonitor",
          type = ServiceMonitorDependent.class,
          activationCondition = ServiceMonitorDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "prometheusrule",
          type = PrometheusRuleDependent.class,
          activationCondition = PrometheusRuleDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "bootstrapissuer",
          type = BootstrapIssuerDependent.class,
          activationCondition = CertManagerDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "authoritycertificate",
          type = AuthorityCertificateDependent.class,
          activationCondition = CertManagerDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "servingissuer",
          type = ServingIssuerDependent.class,
          activationCondition = CertManagerDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(
          name = "issuedcertificate",
          type = IssuedCertificateDependent.class,
          activationCondition = CertManagerDependent.Known.class,
          reconcilePrecondition = OptionalDependent.Wanted.class),
      @Dependent(name = "servingauthority", type = ServingAuthorityDependent.class),
      @Dependent(
          name = "servingcertificate",
          type = ServingCertificateDependent.class,
          dependsOn = "servingauthority"),
      // Nothing may depend on an object with a precondition: what depends on it is deleted with it.
      @Dependent(
          name = "deployment",
          type = DeploymentDependent.class,
          dependsOn = {"clusterrolebinding", "authdelegator", "authreader", "servingcertificate"}),
      @Dependent(
          name = "apiservice",
          type = APIServiceDependent.class,
          dependsOn = {"service", "deployment"})
    })
public final class MetricsServerReconciler implements Reconciler<MetricsServerConfig> {

  /** The name under which the operator's fields are kept in the API server. */
  public static final String FIELD_MANAGER = Names.MANAGED_BY;

  /** No event tells when the serving certificate that somebody else issues can be used. */
  private static final Duration UNTIL_USABLE = Duration.ofSeconds(5);

  private final ControlPlaneReader controlPlane;
  private final ExtensionReader extensions;
  private final TrustBundleReader trustBundles;
  private final ProvidedCertificateReader givenCertificates;
  private final Kubelets kubelets;
  private final ServingCertificates.Reader servingCertificates = new ServingCertificates.Reader();
  private final MetricsQuery metrics;
  private final DiagnosticDataReader clueReader;
  private final OnDemandPoller<DiagnosticData> clues;
  private final HygieneReader upkeepReader;
  private final OnDemandPoller<HygieneData> upkeep;
  private final ExternalInstallationReader theirsReader;
  private final OnDemandPoller<ExternalInstallation> theirs;
  private final AvailabilityRecheck registrar;
  private final StatusWriter reporter;
  private final LastReadyStore revisions;
  private final Nodes nodes;
  private final ApprovalController approval;
  private final InstantSource clock;
  private final OperatorEvents happenings;
  private final SpecChangeRateLimiter edits = new SpecChangeRateLimiter();

  /**
   * @param happenings is told what was done
   */
  public MetricsServerReconciler(
      KubernetesClient client, InstantSource clock, OperatorEvents happenings) {
    this.controlPlane = new ControlPlaneReader(client, clock);
    this.extensions = new ExtensionReader(client, clock);
    this.trustBundles = new TrustBundleReader(client, clock);
    this.givenCertificates = new ProvidedCertificateReader(client, clock);
    this.kubelets = new Kubelets(client, clock);
    this.metrics = new MetricsQuery(client);
    this.clueReader = new DiagnosticDataReader(client);
    this.clues =
        new OnDemandPoller<>(DiagnosticData.class, DiagnosticData.NONE, Duration.ofSeconds(30));
    this.upkeepReader = new HygieneReader(client);
    this.upkeep = new OnDemandPoller<>(HygieneData.class, HygieneData.NONE, Duration.ofHours(1));
    this.theirsReader = new ExternalInstallationReader(client);
    this.theirs =
        new OnDemandPoller<>(
            ExternalInstallation.class, ExternalInstallation.NONE, Duration.ofSeconds(30));
    this.registrar = new AvailabilityRecheck(client);
    this.reporter = new StatusWriter(client, clock);
    this.revisions = new LastReadyStore(client);
    this.nodes = new Nodes(client, this::nodeChanged);
    this.approval =
        new ApprovalController(
            client, clock, nodes::claimants, nodes::podNetworks, happenings::approved);
    this.clock = clock;
    this.happenings = happenings;
  }

  private void nodeChanged(String node) {
    approval.nodeChanged(node);
  }

  @Override
  public List<EventSource<?, MetricsServerConfig>> prepareEventSources(
      EventSourceContext<MetricsServerConfig> context) {
    var sources = new ArrayList<>(Watches.objects(context));
    sources.add(nodes);
    sources.add(kubelets);
    sources.add(metrics);
    sources.add(clues);
    sources.add(upkeep);
    sources.add(theirs);
    sources.add(approval);
    return sources;
  }

  @Override
  public UpdateControl<MetricsServerConfig> reconcile(
      MetricsServerConfig seen, Context<MetricsServerConfig> context) {
    var config = reporter.latest(seen);
    var next = carryOut(config, context);
    return reporter.latest(config).getSpec().equals(config.getSpec())
        ? next
        : next.rescheduleAfter(0);
  }

  private UpdateControl<MetricsServerConfig> carryOut(
      MetricsServerConfig config, Context<MetricsServerConfig> context) {
    var now = clock.instant();
    var wait = edits.tooSoon(config.getMetadata().getGeneration(), now);
    if (wait.isPresent()) {
      return UpdateControl.<MetricsServerConfig>noUpdate().rescheduleAfter(wait.get());
    }
    var cluster = cluster(config, context);
    approveCertificateRequests(config, cluster);
    var observed = cluster.theirs().installation().isPresent();
    if (config.getSpec().conflictPolicy() != ConflictPolicy.Observe) {
      theirs.over();
    }
    var facts = cluster.facts();
    var decision = cluster.decide(facts, now);
    if (observed ? !(decision instanceof Observing) : !(decision instanceof Planned)) {
      // What is installed or observed next is looked at anew.
      upkeep.over();
    }
    return switch (decision) {
      case Decision.Refused(var reason, var violations) ->
          refused(config, reason, violations, cluster, now);
      case Observing(var foreign) -> observe(config, foreign, cluster, facts.kubernetes(), now);
      case Decision.Pending() -> UpdateControl.noUpdate();
      case Planned(var plan) -> {
        var outcome = apply(config, plan, facts.conflictingWrites(), cluster, context);
        var observations =
            cluster.observations(now).and(ManagedDependent.conflictingWrites(context));
        var evidence =
            Evidence.of(
                plan, config.getSpec().paused(), observations, cluster.certificateRequests(), now);
        var endpoints = cluster.endpoints();
        var findings =
            Diagnosis.diagnose(
                inquired(evidence, () -> upkeepReader.read(plan, endpoints), cluster));
        var status = reporter.report(config, outcome, observations, findings);
        remember(config, outcome, cluster, status);
        var next = lookAgain(cluster, observations, now);
        if (ManagedDependent.wrote(context)) {
          yield next.rescheduleAfter(0);
        }
        yield plan.serving().unusable().isPresent() ? next.rescheduleAfter(UNTIL_USABLE) : next;
      }
    };
  }

  private UpdateControl<MetricsServerConfig> observe(
      MetricsServerConfig config,
      List<UnmanagedObject> foreign,
      Cluster cluster,
      KubernetesVersion kubernetes,
      Instant now) {
    var registration = cluster.apiService().filter(r -> r.getSpec().getService() != null);
    if (registration.isEmpty()) {
      theirs.over();
      return refused(
          config, "NothingToObserve", List.of(Ownership.nothingToObserve()), cluster, now);
    }
    theirs.about(() -> theirsReader.read(registration.get(), cluster.deployments()));
    var observations = cluster.observations(cluster.theirs(), now);
    metrics.within(observations);
    var findings =
        cluster
            .theirs()
            .installation()
            .map(i ->
                Evidence.of(
                    i,
                    foreign,
                    cluster.theirs().version().flatMap(v -> VersionAdvice.of(v, kubernetes)),
                    Planner.approves(config.getSpec()),
                    observations,
                    cluster.certificateRequests(),
                    now))
            .map(evidence ->
                Diagnosis.diagnose(
                    inquired(evidence, () -> upkeepReader.read(evidence.installation()), cluster)))
            .orElse(List.of());
    var verified = !Boolean.TRUE.equals(registration.get().getSpec().getInsecureSkipTLSVerify());
    reporter.report(
        config, new Outcome.Observed(cluster.theirs(), verified), observations, findings);
    return UpdateControl.noUpdate();
  }

  private UpdateControl<MetricsServerConfig> refused(
      MetricsServerConfig config,
      String reason,
      List<Violation> violations,
      Cluster cluster,
      Instant now) {
    var observations = cluster.observations(now);
    metrics.within(observations);
    reporter.report(
        config, new Outcome.Refused(reason), observations, Diagnosis.refused(reason, violations));
    return UpdateControl.noUpdate();
  }

  @Override
  public ErrorStatusUpdateControl<MetricsServerConfig> updateErrorStatus(
      MetricsServerConfig seen, Context<MetricsServerConfig> context, Exception e) {
    if (!ApplyError.stopped(e)) {
      reportError(reporter.latest(seen), context, e);
    }
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  private void reportError(
      MetricsServerConfig config, Context<MetricsServerConfig> context, Exception e) {
    var error = ApplyError.of(e);
    try {
      reporter.report(
          config,
          new Outcome.Failed(error.message()),
          cluster(config, context).observations(clock.instant()),
          List.of(error));
    } catch (KubernetesClientException unwritten) {
      // The framework logs what failed first, and tries again.
      e.addSuppressed(unwritten);
    }
  }

  /** As the spec says, even while the rest of it is refused: one does not depend on the other. */
  private void approveCertificateRequests(MetricsServerConfig config, Cluster cluster) {
    if (Planner.approves(config.getSpec())) {
      approval.approve(cluster.apiServers());
    } else {
      approval.approveNothing();
    }
  }

  /** Chores wait for quiet. */
  private Evidence inquired(Evidence evidence, Supplier<HygieneData> chores, Cluster cluster) {
    if (!Diagnosis.wrong(evidence) && evidence.observations().coverage().sufficient()) {
      upkeep.about(chores);
    }
    return withClues(evidence, cluster).with(cluster.upkeep());
  }

  /** Clues are looked for, and believed, only while something is wrong. */
  private Evidence withClues(Evidence evidence, Cluster cluster) {
    if (!Diagnosis.wrong(evidence)) {
      clues.over();
      return evidence;
    }
    var pods = evidence.observations().pods();
    clues.about(() ->
        clueReader.read(evidence.installation(), pods, c -> Diagnosis.undecided(evidence.with(c))));
    return evidence.with(cluster.clues());
  }

  private Cluster cluster(MetricsServerConfig config, Context<MetricsServerConfig> context) {
    return new Cluster(
        config,
        new InformerObjects(context),
        nodes.all(),
        controlPlane,
        extensions,
        trustBundles,
        givenCertificates,
        kubelets,
        servingCertificates);
  }

  private Outcome apply(
      MetricsServerConfig config,
      MetricsServerPlan plan,
      List<ConflictingWrite> conflictingWrites,
      Cluster cluster,
      Context<MetricsServerConfig> context) {
    if (config.getSpec().paused()) {
      return new Outcome.Paused(new Preview(config, plan, context).clause());
    }
    plan.rollback()
        .failure()
        .flatMap(failed -> cluster.lastReady().filter(r -> revisions.note(failed, r)))
        .ifPresent(_ -> happenings.rolledBack());
    ManagedDependent.setPlan(context, plan, conflictingWrites);
    if (plan.serving().source() != Source.SelfSigned) {
      ManagedDependent.setCertificates(
          context, cluster.nextCertificates(clock.instant()), cluster.servingSecretVersions());
    }
    context.managedWorkflowAndDependentResourceContext().reconcileManagedWorkflow();
    happenings.verified();
    return new Outcome.Applied(plan);
  }

  private void remember(
      MetricsServerConfig config,
      Outcome outcome,
      Cluster cluster,
      MetricsServerConfigStatus status) {
    if (outcome instanceof Outcome.Applied(var plan) && cluster.runs(plan)) {
      revisions.remember(config, plan, cluster.lastReady(), status);
    }
  }

  /**
   * Asks the metrics API again, and the API server to look again, as soon as either can have
   * changed.
   */
  private UpdateControl<MetricsServerConfig> lookAgain(
      Cluster cluster, Observations observations, Instant now) {
    metrics.within(observations);
    var next = UpdateControl.<MetricsServerConfig>noUpdate();
    if (observations.registration().map(Registration::available).orElse(false)) {
      return next;
    }
    return cluster
        .apiService()
        .filter(service -> observations.endpointReady())
        .map(service -> registrar.lookAgain(service, observations, now))
        .map(next::rescheduleAfter)
        .orElse(next);
  }
}
