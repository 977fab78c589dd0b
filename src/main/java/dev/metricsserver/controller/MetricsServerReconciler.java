package dev.metricsserver.controller;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.approval.ApprovalController;
import dev.metricsserver.approval.ClusterContext;
import dev.metricsserver.approval.Limits;
import dev.metricsserver.dependents.ReconcileState;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.ConflictCheck;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.Decision.Observing;
import dev.metricsserver.plan.Decision.Planned;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.KubeletPlan;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.plan.Violation;
import dev.metricsserver.plan.Violation.NothingToObserve;
import dev.metricsserver.reading.Cluster;
import dev.metricsserver.reading.ClusterReaders;
import dev.metricsserver.reading.ExternalInstallation;
import dev.metricsserver.reading.ExternalInstallationReader;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.MetricsQuery;
import dev.metricsserver.reading.OnDemandPoller;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.status.Outcome;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.MaxReconciliationInterval;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.retry.GradualRetry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Reconciles the MetricsServerConfig: facts, plan, objects, observations, findings, status. A pass
 * ends in one of four outcomes: the plan is applied (or previewed while paused), a metrics-server
 * of another owner is observed, the spec is refused, or the first probes of the kubelets are
 * awaited.
 *
 * <p>Two outputs of a pass steer what the next one reads: the plan names the kubelets to probe, and
 * the diagnosis asks for more evidence.
 */
@ControllerConfiguration(
    name = "metricsserverconfig",
    fieldManager = MetricsServerReconciler.FIELD_MANAGER,
    // From the informers' caches, for changes that raise no event.
    maxReconciliationInterval =
        @MaxReconciliationInterval(interval = 30, timeUnit = TimeUnit.SECONDS))
@GradualRetry(
    maxAttempts = -1,
    initialInterval = 500,
    intervalMultiplier = 1.5,
    maxInterval = 30_000)
public final class MetricsServerReconciler extends InstallationWorkflow
    implements Reconciler<MetricsServerConfig> {

  /** The operator's field manager. */
  public static final String FIELD_MANAGER = Names.MANAGED_BY;

  /** No event reports that the serving certificate of another issuer has become usable. */
  private static final Duration UNTIL_USABLE = Duration.ofSeconds(5);

  private static final Duration EXTERNAL_INSTALLATION_PAUSE = Duration.ofSeconds(30);

  private final InstantSource clock;
  private final OperatorEvents events;
  private final ClusterReaders readers;
  private final Nodes nodes;
  private final ApprovalController approval;
  private final MetricsQuery metrics;
  private final EvidenceReaders evidenceReaders;
  private final ExternalInstallationReader externalReader;
  private final OnDemandPoller<ExternalInstallation> externalInstallation =
      new OnDemandPoller<>(
          ExternalInstallation.class, ExternalInstallation.NONE, EXTERNAL_INSTALLATION_PAUSE);
  private final AvailabilityRecheck availabilityRecheck;
  private final LastReadyStore lastReadyStore;
  private final StatusWriter statusWriter;
  private final SpecChangeRateLimiter specChanges = new SpecChangeRateLimiter();
  private final StopGate stopGate = new StopGate();

  /** A reconciler that has read nothing yet. */
  public MetricsServerReconciler(
      KubernetesClient client, InstantSource clock, OperatorEvents events) {
    this.clock = clock;
    this.events = events;
    this.readers = ClusterReaders.of(client, clock);
    this.nodes = new Nodes(client, this::nodeChanged);
    this.approval =
        new ApprovalController(
            client,
            clock,
            new ClusterContext.Nodes(nodes::claimants, nodes::podNetworks),
            nodes::node,
            events::approved);
    this.metrics = new MetricsQuery(client);
    this.evidenceReaders = new EvidenceReaders(client);
    this.externalReader = new ExternalInstallationReader(client);
    this.availabilityRecheck = new AvailabilityRecheck(client);
    this.lastReadyStore = new LastReadyStore(client);
    this.statusWriter = new StatusWriter(client, clock);
  }

  private void nodeChanged(String node) {
    approval.nodeChanged(node);
  }

  @Override
  public List<EventSource<?, MetricsServerConfig>> prepareEventSources(
      EventSourceContext<MetricsServerConfig> context) {
    var sources = new ArrayList<>(Watches.objects(context));
    sources.addAll(evidenceReaders.eventSources());
    sources.addAll(List.of(nodes, readers.kubelets(), metrics, externalInstallation, approval));
    return sources;
  }

  @Override
  public UpdateControl<MetricsServerConfig> reconcile(
      MetricsServerConfig cached, Context<MetricsServerConfig> context) {
    return stopGate.run(() -> reconcileLatest(cached, context), UpdateControl::noUpdate);
  }

  /** Reconciles nothing more; waits, at most so long, for a reconcile that is under way. */
  public void stop(Duration patience) {
    stopGate.close(patience);
  }

  private UpdateControl<MetricsServerConfig> reconcileLatest(
      MetricsServerConfig cached, Context<MetricsServerConfig> context) {
    var config = statusWriter.latest(cached);
    var next = reconcileConfig(config, context);
    var changedMeanwhile = !statusWriter.latest(config).getSpec().equals(config.getSpec());
    return changedMeanwhile ? next.rescheduleAfter(0) : next;
  }

  private UpdateControl<MetricsServerConfig> reconcileConfig(
      MetricsServerConfig config, Context<MetricsServerConfig> context) {
    var now = clock.instant();
    var delay = specChanges.delay(config.getMetadata().getGeneration(), now);
    if (delay.isPresent()) {
      return UpdateControl.<MetricsServerConfig>noUpdate().rescheduleAfter(delay.get());
    }
    var spec = config.getSpec();
    var cluster = cluster(config, context);
    approveCertificateRequests(config, cluster);
    var facts = cluster.facts();
    var decision = ConflictCheck.decide(spec, facts, cluster::unmanaged, now);
    forgetOtherInstallation(config, cluster, decision);
    return switch (decision) {
      case Decision.Pending() -> UpdateControl.noUpdate();
      case Decision.Refused(var reason, var violations) ->
          refuse(config, reason, violations, cluster, now);
      case Observing(var unmanaged) -> observe(config, unmanaged, cluster, facts, now);
      case Planned(var plan) -> carryOut(config, plan, cluster, facts, context, now);
    };
  }

  /** Even while the rest of the spec is refused: approval does not depend on it. */
  private void approveCertificateRequests(MetricsServerConfig config, Cluster cluster) {
    var limits = Limits.of(config.getSpec().kubelet().servingCertificateApproval());
    if (Planner.approves(config.getSpec())) {
      approval.approve(
          cluster.apiServers(),
          Optional.ofNullable(config.getStatus())
              .map(MetricsServerConfigStatus::apiServerNames)
              .orElse(List.of()),
          limits);
    } else {
      approval.approveNothing(cluster.apiServers(), limits);
    }
  }

  /** What was read of another installation than the one that is managed or observed next. */
  private void forgetOtherInstallation(
      MetricsServerConfig config, Cluster cluster, Decision decision) {
    var observed = cluster.externalInstallation().installation().isPresent();
    if (config.getSpec().conflictPolicy() != ConflictPolicy.Observe) {
      externalInstallation.disable();
    }
    if (observed ? !(decision instanceof Observing) : !(decision instanceof Planned)) {
      evidenceReaders.forgetHygiene();
    }
  }

  // ------------------------------------------------------------------------- the plan is applied

  private UpdateControl<MetricsServerConfig> carryOut(
      MetricsServerConfig config,
      MetricsServerPlan plan,
      Cluster cluster,
      ClusterFacts facts,
      Context<MetricsServerConfig> context,
      Instant now) {
    var state = state(plan, cluster, facts, now);
    var outcome = apply(config, state, cluster, context);
    var observations = cluster.observations(now).and(List.copyOf(state.conflictingWrites()));
    var evidence =
        Evidence.of(
            plan, config.getSpec().paused(), observations, cluster.certificateRequests(), now);
    var endpoints = cluster.endpoints();
    var findings =
        evidenceReaders.diagnose(evidence, reader -> reader.read(plan, endpoints), cluster);
    var status =
        statusWriter.report(config, outcome, observations, findings, approval.apiServerNames());
    if (outcome instanceof Outcome.Applied && cluster.runs(plan)) {
      lastReadyStore.record(config, plan, cluster.lastReady(), status);
    }
    var next = scheduleNextCheck(plan, cluster, observations, now);
    return state.wrote().get() ? next.rescheduleAfter(0) : next;
  }

  private static ReconcileState state(
      MetricsServerPlan plan, Cluster cluster, ClusterFacts facts, Instant now) {
    var certificates =
        plan.serving().source() == Source.SelfSigned
            ? ServingCertificates.NONE
            : cluster.nextCertificates(now);
    return new ReconcileState(
        plan, certificates, cluster.servingSecretVersions(), facts.conflictingWrites());
  }

  private Outcome apply(
      MetricsServerConfig config,
      ReconcileState state,
      Cluster cluster,
      Context<MetricsServerConfig> context) {
    var plan = state.plan();
    if (config.getSpec().paused()) {
      new PausedUpkeep(config, state, context).carryOut();
      return new Outcome.Paused(new Preview(config, plan, context).clause());
    }
    plan.rollback()
        .failure()
        .flatMap(failed -> cluster.lastReady().filter(r -> lastReadyStore.recordFailure(failed, r)))
        .ifPresent(_ -> events.rolledBack());
    state.share(context);
    context.managedWorkflowAndDependentResourceContext().reconcileManagedWorkflow();
    events.verified();
    return new Outcome.Applied(plan);
  }

  /** Queries the metrics API, and makes the API server check it, as soon as either can change. */
  private UpdateControl<MetricsServerConfig> scheduleNextCheck(
      MetricsServerPlan plan, Cluster cluster, Observations observations, Instant now) {
    metrics.expect(observations, plan.kubelets().scrapeInterval());
    var next = UpdateControl.<MetricsServerConfig>noUpdate();
    if (!observations.registration().map(Registration::available).orElse(false)) {
      cluster
          .apiService()
          .filter(_ -> observations.endpointReady())
          .map(apiService -> availabilityRecheck.recheck(apiService, observations, now))
          .ifPresent(next::rescheduleAfter);
    }
    return plan.serving().unusable().isPresent() ? next.rescheduleAfter(UNTIL_USABLE) : next;
  }

  // ------------------------------------- a metrics-server of another owner is observed, unchanged

  private UpdateControl<MetricsServerConfig> observe(
      MetricsServerConfig config,
      List<UnmanagedObject> unmanaged,
      Cluster cluster,
      ClusterFacts facts,
      Instant now) {
    var apiService = cluster.apiService().filter(r -> r.getSpec().getService() != null);
    if (apiService.isEmpty()) {
      externalInstallation.disable();
      return refuse(
          config, Refusal.NothingToObserve, List.of(new NothingToObserve()), cluster, now);
    }
    externalInstallation.enable(() -> externalReader.read(apiService.get(), cluster.deployments()));
    var external = cluster.externalInstallation();
    var observations = cluster.observations(external, now);
    metrics.expect(observations, scrapeInterval(config, external));
    var findings =
        external
            .installation()
            .map(i ->
                Evidence.of(
                    i,
                    unmanaged,
                    external.version().flatMap(v -> VersionAdvice.of(v, facts.kubernetes())),
                    Planner.approves(config.getSpec()),
                    observations,
                    cluster.certificateRequests(),
                    now))
            .map(evidence ->
                evidenceReaders.diagnose(
                    evidence, reader -> reader.read(evidence.installation()), cluster))
            .orElse(List.<Finding>of());
    var outcome = new Outcome.Observed(external, verifiesServing(apiService.get()));
    statusWriter.report(config, outcome, observations, findings, approval.apiServerNames());
    return UpdateControl.noUpdate();
  }

  private static boolean verifiesServing(APIService apiService) {
    return !Boolean.TRUE.equals(apiService.getSpec().getInsecureSkipTLSVerify());
  }

  private static Duration scrapeInterval(
      MetricsServerConfig config, ExternalInstallation external) {
    return external
        .installation()
        .map(Installation::scrapeInterval)
        .orElseGet(() -> KubeletPlan.scrapeInterval(config.getSpec()));
  }

  // ----------------------------------------------------------------- the spec is refused, or fails

  private UpdateControl<MetricsServerConfig> refuse(
      MetricsServerConfig config,
      Refusal reason,
      List<Violation> violations,
      Cluster cluster,
      Instant now) {
    var observations = cluster.observations(now);
    metrics.expect(observations, KubeletPlan.scrapeInterval(config.getSpec()));
    statusWriter.report(
        config,
        new Outcome.Refused(reason),
        observations,
        Diagnosis.refused(reason, violations),
        approval.apiServerNames());
    return UpdateControl.noUpdate();
  }

  @Override
  public ErrorStatusUpdateControl<MetricsServerConfig> updateErrorStatus(
      MetricsServerConfig cached, Context<MetricsServerConfig> context, Exception e) {
    stopGate.run(
        () -> {
          if (!ApplyError.stopped(e)) {
            reportError(statusWriter.latest(cached), context, e);
          }
          return true;
        },
        () -> false);
    return ErrorStatusUpdateControl.noStatusUpdate();
  }

  private void reportError(
      MetricsServerConfig config, Context<MetricsServerConfig> context, Exception e) {
    var error = ApplyError.of(e);
    try {
      statusWriter.report(
          config,
          new Outcome.Failed(error.message()),
          cluster(config, context).observations(clock.instant()),
          List.of(error),
          approval.apiServerNames());
    } catch (KubernetesClientException unwritten) {
      // The framework logs the first failure, and retries.
      e.addSuppressed(unwritten);
    }
  }

  private Cluster cluster(MetricsServerConfig config, Context<MetricsServerConfig> context) {
    return new Cluster(config, new InformerObjects(context), nodes.all(), readers);
  }
}
