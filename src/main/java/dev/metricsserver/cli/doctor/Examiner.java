package dev.metricsserver.cli.doctor;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.api.KubeletSpec;
import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.cli.cluster.BestEffortReader;
import dev.metricsserver.cli.cluster.LiveCluster;
import dev.metricsserver.cli.doctor.Examination.Certificate;
import dev.metricsserver.cli.doctor.Examination.Mark;
import dev.metricsserver.cli.doctor.Examination.NodeMark;
import dev.metricsserver.cli.doctor.Examination.Subject;
import dev.metricsserver.diagnosis.Diagnosis;
import dev.metricsserver.diagnosis.Evidence;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.OwnerText;
import dev.metricsserver.model.CertificateRequests;
import dev.metricsserver.model.ClusterFacts;
import dev.metricsserver.model.ClusterFacts.KubeletFacts;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.model.DiagnosticData.Unread.Source;
import dev.metricsserver.model.HygieneData;
import dev.metricsserver.model.ImageReference;
import dev.metricsserver.model.Kubelet.Handshake;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Owner;
import dev.metricsserver.model.UnmanagedObject;
import dev.metricsserver.plan.Decision;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import dev.metricsserver.plan.VersionAdvice;
import dev.metricsserver.reading.DiagnosticDataReader;
import dev.metricsserver.reading.HygieneReader;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import dev.metricsserver.reading.Observer;
import dev.metricsserver.rendering.Names;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Examines a cluster's metrics-server, of any owner, from the registration of the metrics API down
 * to the pods. Only reads.
 */
final class Examiner {

  private final KubernetesClient client;
  private final InstantSource clock;
  private final ParallelReads reads;
  private final BestEffortReader attempts;

  private Examiner(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    reads = new ParallelReads(client, clock);
    attempts = reads.attempts();
  }

  /**
   * Looks once at everything.
   *
   * @throws KubernetesClientException when the API server does not answer
   */
  static Examination examine(KubernetesClient client, InstantSource clock)
      throws InterruptedException {
    try {
      return new Examiner(client, clock).examine();
    } catch (CompletionException e) {
      throw e.getCause() instanceof KubernetesClientException unanswered ? unanswered : e;
    }
  }

  private Examination examine() throws InterruptedException {
    var found = DiscoveredInstallation.from(reads.apiService(), client, attempts);
    var target = reads.apiService().flatMap(Examiner::target);
    var served = reads.served(found);
    var now = clock.instant();
    var planned = planned(found);
    var installation = installation(found, planned);
    var upkeep = ParallelReads.start(() -> installation.map(this::upkeep).orElse(HygieneData.NONE));
    var external = external(found);
    var seen =
        planned.map(p -> p.facts().kubelets()).or(() -> external.map(ExternalKubeletTLS::kubelets));
    var observations = observations(found, installation, served.join(), now);
    return new Examination(
        client.getConfiguration().getMasterUrl(),
        installation.map(i -> new Subject(i, keeper(found))),
        Route.of(observations, target, found.service().isPresent()),
        observations.coverage(),
        reads.nodes().stream().map(node -> mark(node, observations)).toList(),
        certificates(found, served.join(), seen),
        found.deployment().isEmpty()
            ? Diagnosis.nothingFound(target, unreadOnTheWay())
            : findings(
                installation.orElseThrow(),
                upkeep.join(),
                planned,
                planned
                    .flatMap(Planned::kubelets)
                    .or(() -> external.flatMap(t -> t.tls(now)))
                    .flatMap(this::reached),
                observations,
                now));
  }

  /** What would have led to a metrics-server. */
  private List<Unread> unreadOnTheWay() {
    return attempts.unread().stream()
        .filter(unread -> unread.source() == Source.Installation)
        .toList();
  }

  // ------------------------------------------------------------------------------- what is there

  /** As namespace/name. */
  private static Optional<String> target(APIService service) {
    return Optional.ofNullable(service.getSpec().getService())
        .map(s -> s.getNamespace() + "/" + s.getName());
  }

  private String keeper(DiscoveredInstallation found) {
    if (keeping(found).isPresent()) {
      return "MetricsServerConfig/" + MetricsServerConfig.NAME;
    }
    var owner = Owner.of(found.deployment().orElseThrow());
    return "%s (recognised by %s)".formatted(OwnerText.name(owner), owner.mark());
  }

  // ----------------------------------------------------------------------------- what it is like

  private Optional<MetricsServerConfig> ours(DiscoveredInstallation found) {
    return reads
        .config()
        .filter(c ->
            found.deployment().stream()
                .map(Deployment::getMetadata)
                .anyMatch(d ->
                    d.getNamespace().equals(c.getSpec().namespace())
                        && d.getName().equals(Names.METRICS_SERVER)));
  }

  /** The resource by which the operator manages this Deployment; empty for another owner. */
  private Optional<MetricsServerConfig> keeping(DiscoveredInstallation found) {
    return ours(found)
        .filter(_ ->
            found.deployment().stream()
                .map(d -> requireNonNullElse(d.getMetadata().getLabels(), Map.<String, String>of()))
                .anyMatch(labels -> Names.MANAGED_BY.equals(labels.get(Names.MANAGED_BY_LABEL))));
  }

  /**
   * What the operator decides, where it is its metrics-server and nothing keeps it from being told.
   */
  private Optional<Planned> planned(DiscoveredInstallation found) throws InterruptedException {
    var ours = ours(found);
    if (reads.nodes().isEmpty() || ours.isEmpty()) {
      return Optional.empty();
    }
    try (var live = new LiveCluster(client, ours.get(), reads.nodes(), clock)) {
      var facts = live.facts();
      return ours.map(c -> new Planned(c, facts, live.decide(facts)));
    } catch (KubernetesClientException e) {
      attempts.note("what the operator decides by", e);
      return Optional.empty();
    }
  }

  /** The kubelets as an existing metrics-server sees them. */
  private Optional<ExternalKubeletTLS> external(DiscoveredInstallation found)
      throws InterruptedException {
    if (found.deployment().isEmpty() || ours(found).isPresent() || reads.nodes().isEmpty()) {
      return Optional.empty();
    }
    var deployment = found.deployment().get();
    var spec = ExternalKubelets.spec(deployment);
    var requested =
        reads.requests().requests().stream()
            .map(CertificateRequests.Request::node)
            .collect(Collectors.toSet());
    var asked = reads.nodes().stream().filter(found.asked()::selects).toList();
    return new ExternalKubelets(client, clock, attempts)
        .look(deployment, spec, asked, requested)
        .map(seen -> new ExternalKubeletTLS(spec, asked, seen));
  }

  /** How an existing metrics-server connects to its kubelets, and the certificates they present. */
  private record ExternalKubeletTLS(
      KubeletSpec spec, List<NodeFacts> asked, KubeletFacts kubelets) {

    Optional<KubeletTLS> tls(Instant now) {
      return Optional.of(KubeletPlanner.external(spec, asked, kubelets, now));
    }
  }

  private static NodeMark mark(NodeFacts node, Observations seen) {
    return new NodeMark(
        node.name(),
        seen.answer().nodes().contains(node.name())
            ? Mark.Reporting
            : seen.coverage().missing().contains(node.name())
                ? Mark.Missing
                : node.ready() ? Mark.NotExpected : Mark.NotReady);
  }

  /** By which the API server verifies metrics-server. */
  private Optional<Observations.Certificate> authority() {
    return reads.apiService().flatMap(Observer::authority);
  }

  private Stream<Certificate> authorities() {
    return authority().stream()
        .map(ca -> new Certificate("the CA in APIService " + ca.name(), ca.notAfter()));
  }

  private List<Certificate> certificates(
      DiscoveredInstallation found,
      Optional<Observations.Certificate> served,
      Optional<KubeletFacts> kubelets) {
    return Stream.of(
            authorities(),
            served.stream().map(c -> own(found, c)),
            kubelets.stream().flatMap(Examiner::certificates))
        .flatMap(certificates -> certificates)
        .sorted(Comparator.comparing(Certificate::notAfter))
        .toList();
  }

  private static Certificate own(DiscoveredInstallation found, Observations.Certificate served) {
    return new Certificate(
        "metrics-server itself, in Secret %s/%s"
            .formatted(
                found.deployment().orElseThrow().getMetadata().getNamespace(), served.name()),
        served.notAfter());
  }

  private static Stream<Certificate> certificates(KubeletFacts kubelets) {
    return kubelets.seen().entrySet().stream()
        .filter(seen -> seen.getValue().handshake() == Handshake.Completed)
        .map(
            seen -> new Certificate("the kubelet of " + seen.getKey(), seen.getValue().notAfter()));
  }

  private record Planned(MetricsServerConfig config, ClusterFacts facts, Decision decision) {

    Optional<MetricsServerPlan> plan() {
      return decision instanceof Decision.Planned(var plan) ? Optional.of(plan) : Optional.empty();
    }

    Optional<KubeletTLS> kubelets() {
      return plan().map(p -> p.kubelets().tls());
    }
  }

  /** As far as it can be seen from here; a node that has metrics is reached by who matters. */
  private Optional<KubeletTLS> reached(KubeletTLS tls) {
    if (!tls.seen() && !tls.problems().isEmpty()) {
      attempts.note(
          new Unread(
              "kubelets' certificates",
              false,
              "none of them answers this machine, and it may be only this machine"));
    }
    return Optional.of(tls)
        .filter(KubeletTLS::seen)
        .map(t ->
            new KubeletTLS(
                t.decided(),
                t.seen(),
                t.problems().stream()
                    .filter(p ->
                        p.kind() != Kind.Unreachable
                            || !reads.answer().nodes().contains(p.node().name()))
                    .toList(),
                t.readOnlyPorts()));
  }

  private Observations observations(
      DiscoveredInstallation found,
      Optional<Installation> installation,
      Optional<Observations.Certificate> served,
      Instant now) {
    return new Observations(
        found.deployment().map(Observer::rollout),
        found.pods().stream().map(Observer::pod).toList(),
        found.ready(),
        reads.apiService().map(Observer::registration),
        reads.answer(),
        Observer.coverage(
            reads.nodes(),
            found.asked(),
            installation.map(Installation::scrapeInterval).orElse(Duration.ofMinutes(1)),
            reads.answer().nodes(),
            Observations.Coverage.DEFAULT_PERCENT,
            now),
        Stream.concat(
                served.stream(),
                // The operator's own CA is renewed with what it signs.
                installation.filter(i -> !i.ours()).flatMap(_ -> authority()).stream())
            .toList(),
        List.of());
  }

  private Optional<Installation> installation(
      DiscoveredInstallation found, Optional<Planned> planned) {
    return planned
        .flatMap(p -> p.plan().map(plan -> Installation.of(plan, p.config().getSpec().paused())))
        .or(() -> found.deployment().map(d -> installation(found, d)));
  }

  /** Where the plan of its keeper cannot be told, as its Deployment has it. */
  private Installation installation(DiscoveredInstallation found, Deployment deployment) {
    var seen =
        Installation.of(
            deployment,
            found
                .leading()
                .map(s -> s.getMetadata().getName())
                .orElse(Installation.UNKNOWN_SERVICE));
    return keeping(found)
        .map(c -> seen.keptBy(c.getSpec().paused() ? Keeper.PausedOperator : Keeper.Operator))
        .orElse(seen);
  }

  private HygieneData upkeep(Installation installation) {
    var reader = new HygieneReader(client);
    var rights =
        attempts.read(
            "the rights of metrics-server", () -> reader.rights(installation), HygieneData.NONE);
    return new HygieneData(
        false,
        rights.everythingAllowed(),
        rights.everythingAllowed().isEmpty()
            ? attempts.read(
                "roles and their bindings",
                () -> reader.unused(installation),
                rights.excessRights())
            : List.of(),
        Optional.empty(),
        attempts.read("pods", () -> reader.others(installation), List.of()),
        attempts.read(
            "poddisruptionbudgets",
            () -> reader.budgets(installation, Optional.empty()),
            List.of()));
  }

  private List<Finding> findings(
      Installation installation,
      HygieneData upkeep,
      Optional<Planned> planned,
      Optional<KubeletTLS> kubelets,
      Observations observations,
      Instant now) {
    var plan = planned.flatMap(Planned::plan);
    var evidence =
        Evidence.of(
                new Evidence.Subject(
                    installation,
                    plan,
                    kubelets,
                    planned.map(Planned::decision).map(Examiner::observed).orElse(List.of()),
                    plan.map(p -> p.version().advice()).orElseGet(() -> advice(installation)),
                    planned.filter(p -> Planner.approves(p.config().getSpec())).isPresent()),
                observations,
                reads.requests(),
                now)
            .with(upkeep)
            .with(reads.consumers());
    var data =
        Diagnosis.assess(evidence).wrong()
            ? new DiagnosticDataReader(client)
                .read(
                    evidence.installation(),
                    observations.pods(),
                    c -> Diagnosis.assess(evidence.with(c)).undecided())
            : DiagnosticData.NONE;
    return Stream.concat(
            planned.map(Planned::decision).stream().flatMap(Examiner::refusals),
            Diagnosis.assess(evidence.with(data.withUnread(attempts.unread()))).findings().stream())
        .toList();
  }

  private Optional<VersionAdvice> advice(Installation installation) {
    return reads
        .version()
        .flatMap(kubernetes ->
            ImageReference.of(installation.image())
                .version()
                .flatMap(runs -> VersionAdvice.of(runs, kubernetes)));
  }

  private static List<UnmanagedObject> observed(Decision decision) {
    return decision instanceof Decision.Observing(var foreign) ? foreign : List.of();
  }

  private static Stream<Finding> refusals(Decision decision) {
    return decision instanceof Decision.Refused(var reason, var violations)
        ? Diagnosis.refused(reason, violations).stream()
        : Stream.empty();
  }
}
