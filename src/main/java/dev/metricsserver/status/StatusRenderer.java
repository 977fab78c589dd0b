package dev.metricsserver.status;

import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.CertificateStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ConflictingWriteStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.FindingStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.NodesStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.ServingTLSStatus;
import dev.metricsserver.api.MetricsServerConfigStatus.TLSStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.ReasonText;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.ServingTLS;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes the status. Every condition is written every time; a transition time moves only with the
 * condition's status.
 */
public final class StatusRenderer {

  private static final int NAMES_SHOWN = 10;

  private final Optional<MetricsServerConfigStatus> previous;
  private final long generation;
  private final Outcome outcome;
  private final Observations observations;
  private final List<Finding> findings;
  private final Instant now;

  private StatusRenderer(
      Optional<MetricsServerConfigStatus> previous,
      long generation,
      Outcome outcome,
      Observations observations,
      List<Finding> findings,
      Instant now) {
    this.previous = previous;
    this.generation = generation;
    this.outcome = outcome;
    this.observations = observations;
    this.findings = findings;
    this.now = now;
  }

  /**
   * The status after a reconcile.
   *
   * @param previous the status as it is, if any
   * @param generation the generation that was reconciled
   */
  public static MetricsServerConfigStatus render(
      Optional<MetricsServerConfigStatus> previous,
      long generation,
      Outcome outcome,
      Observations observations,
      List<Finding> findings,
      Instant now) {
    return new StatusRenderer(previous, generation, outcome, observations, findings, now).render();
  }

  private record State(String status, String reason, String message) {
    static State of(Condition condition) {
      return new State(condition.getStatus(), condition.getReason(), condition.getMessage());
    }

    static State of(boolean status, String reason, String message) {
      return new State(status ? "True" : "False", reason, message);
    }
  }

  private MetricsServerConfigStatus render() {
    var inForce = inForce();
    return new MetricsServerConfigStatus(
        generation,
        inForce.version(),
        inForce.image(),
        inForce.kubeletTLS(),
        inForce.servingTLS(),
        plan()
            .map(p -> p.serving().mounted() ? certificates() : List.<CertificateStatus>of())
            .or(() -> observes() ? Optional.of(certificates()) : Optional.empty())
            .or(() -> previous.map(p -> p.certificates()))
            .orElse(null),
        nodes(),
        findings.stream().map(StatusRenderer::finding).toList(),
        conflictingWrites(),
        conditions());
  }

  /** Whether somebody has looked at what is only watched. */
  private boolean observes() {
    return outcome instanceof Outcome.Observed && observed().isPresent();
  }

  /** What runs, whoever decided it; null where that is not known. */
  private record InForce(
      String version, String image, TLSStatus kubeletTLS, ServingTLSStatus servingTLS) {}

  private InForce inForce() {
    return switch (outcome) {
      case Outcome.Applied(var plan) ->
          new InForce(
              plan.version().number(),
              plan.pod().image().reference(),
              new TLSStatus(
                  plan.kubelets().tls().mode().name(),
                  ReasonText.of(plan.kubelets().tls().reason())),
              serving(plan.serving()));
      case Outcome.Observed observed when observed().isPresent() ->
          new InForce(
              observed.theirs().version().orElse(null),
              observed.theirs().installation().get().image(),
              new TLSStatus(mode(observed.theirs().kubeletsVerified()), kubelets(observed)),
              new ServingTLSStatus(null, mode(observed.servingVerified()), serving(observed)));
      default ->
          previous
              .map(p -> new InForce(p.version(), p.image(), p.kubeletTLS(), p.servingTLS()))
              .orElse(new InForce(null, null, null, null));
    };
  }

  private static String mode(boolean verified) {
    return verified ? "Verify" : "Insecure";
  }

  private static String kubelets(Outcome.Observed observed) {
    return observed.theirs().kubeletsVerified()
        ? "no flag of the observed metrics-server keeps it from verifying the kubelets'"
            + " certificates"
        : "the observed metrics-server accepts any certificate from kubelets"
            + " (--kubelet-insecure-tls)";
  }

  private static String serving(Outcome.Observed observed) {
    return observed.servingVerified()
        ? "the API servers verify the observed metrics-server's certificate"
        : "the API servers accept any certificate from the observed metrics-server"
            + " (insecureSkipTLSVerify)";
  }

  /** What is watched, where it was found. */
  private Optional<Outcome.Observed> observed() {
    return outcome instanceof Outcome.Observed observed
            && observed.theirs().installation().isPresent()
        ? Optional.of(observed)
        : Optional.empty();
  }

  /** What the last operator saw stands until this one has its answer: a restart is no news. */
  private NodesStatus nodes() {
    var before = previous.map(MetricsServerConfigStatus::nodes);
    if (answerPending() && before.isPresent()) {
      return before.get();
    }
    var coverage = observations.coverage();
    return new NodesStatus(
        coverage.total(),
        coverage.expected(),
        coverage.reporting(),
        coverage.reporting() + "/" + coverage.expected(),
        coverage.missing().stream().limit(NAMES_SHOWN).toList());
  }

  /** The plan that is in force. */
  private Optional<MetricsServerPlan> plan() {
    return outcome instanceof Outcome.Applied(var plan) ? Optional.of(plan) : Optional.empty();
  }

  private List<Condition> conditions() {
    var ready = ready();
    return Stream.of(
            condition(MetricsServerConfigStatus.API_SERVICE_AVAILABLE, apiServiceAvailable()),
            condition("KubeletTLSVerified", kubeletTLSVerified()),
            condition("MetricsAvailable", metricsAvailable()),
            condition("Ready", ready),
            condition("Reconciling", reconciling(ready)),
            condition("ServingTLSVerified", servingTLSVerified()),
            condition("Stalled", stalled(ready)))
        .toList();
  }

  private State ready() {
    return switch (outcome) {
      case Outcome.Refused(var reason) -> State.of(false, reason.name(), firstError());
      case Outcome.Failed(var message) -> State.of(false, "ApplyFailed", message);
      case Outcome.Paused(var preview) -> works("paused; %s; ".formatted(preview));
      case Outcome.Observed _ -> {
        var works = works("only observed: ");
        yield works.status().equals("True")
            ? State.of(true, MetricsServerConfigStatus.OBSERVING, works.message())
            : works;
      }
      case Outcome.Applied(var plan) when plan.rollback().failure().isPresent() ->
          State.of(
              false,
              "RolledBack",
              findings.stream()
                  .filter(Finding::stalled)
                  .findFirst()
                  .map(Finding::message)
                  .orElse(""));
      case Outcome.Applied(var plan) when plan.serving().unusable().isPresent() ->
          State.of(false, "ServingCertificateUnusable", ReasonText.of(plan.serving().reason()));
      case Outcome.Applied(var plan) ->
          observations.rollout().map(Rollout::complete).orElse(false) && !plan.serving().podsWait()
              ? works("")
              : State.of(false, "RolloutInProgress", firstErrorOr(rollout()));
    };
  }

  /** Whether metrics are there, whatever the objects look like. */
  private State works(String prefix) {
    var api = apiServiceAvailable();
    var metrics = metricsAvailable();
    if (api.status().equals("False")) {
      return State.of(false, api.reason(), prefix + firstErrorOr(api.message()));
    }
    return State.of(
        metrics.status().equals("True"),
        metrics.reason(),
        prefix
            + (metrics.status().equals("True")
                ? metrics.message()
                : firstErrorOr(metrics.message())));
  }

  private String rollout() {
    return observations
        .rollout()
        .map(r ->
            "%d of %d pods updated, %d available"
                .formatted(r.seen() ? r.updated() : 0, r.wanted(), r.available()))
        .orElse("the Deployment is not there yet");
  }

  private State reconciling(State ready) {
    if (waitsForPerson(ready).isPresent()) {
      return State.of(false, "Stalled", "waiting for user action");
    }
    return switch (outcome) {
      case Outcome.Refused _ -> State.of(false, "Stalled", "waiting for user action");
      case Outcome.Paused _ -> State.of(false, "Paused", "paused: nothing is changed");
      case Outcome.Observed _ ->
          State.of(false, MetricsServerConfigStatus.OBSERVING, "only observed: nothing is changed");
      case Outcome.Failed _ -> State.of(true, "Retrying", "trying again");
      case Outcome.Applied _ ->
          ready.status().equals("True")
              ? State.of(false, "Reconciled", "this generation is in force")
              : State.of(true, ready.reason(), ready.message());
    };
  }

  private Optional<Finding> waitsForPerson(State ready) {
    return ready.status().equals("True")
        ? Optional.empty()
        : findings.stream().filter(Finding::stalled).findFirst();
  }

  private State stalled(State ready) {
    return switch (outcome) {
      case Outcome.Refused(var reason) -> State.of(true, reason.name(), firstError());
      default ->
          waitsForPerson(ready)
              .map(f -> State.of(true, f.code().name(), f.message() + "; " + f.remedy()))
              .orElse(State.of(false, "NotStalled", "no user action required"));
    };
  }

  private State apiServiceAvailable() {
    return observations
        .registration()
        .map((Registration r) ->
            State.of(r.available(), r.reason().isEmpty() ? "Unknown" : r.reason(), r.message()))
        .orElse(
            State.of(
                false,
                MetricsServerConfigStatus.NOT_REGISTERED,
                "the metrics API is registered when the first pod is ready: metrics-server needs"
                    + " two rounds of measurements"));
  }

  private State metricsAvailable() {
    var answer = observations.answer();
    var coverage = observations.coverage();
    if (answerPending() && previous("MetricsAvailable").isPresent()) {
      return State.of(previous("MetricsAvailable").get());
    }
    if (!answer.answered()) {
      return State.of(false, "NotAnswered", answer.error());
    }
    var counted =
        "%d of %d nodes have metrics".formatted(coverage.reporting(), coverage.expected());
    return coverage.sufficient()
        ? State.of(true, "MetricsAvailable", counted)
        : State.of(false, "NodesWithoutMetrics", counted);
  }

  private boolean answerPending() {
    return !observations.answer().asked()
        && observations.registration().map(Registration::available).orElse(false);
  }

  /**
   * Its reasons: Verified, VerifiedExceptNodes, NotSeen, CertificatesNotVerified, Insecure,
   * Plaintext.
   */
  private State kubeletTLSVerified() {
    return plan()
        .map(p -> p.kubelets().tls())
        .map(t ->
            switch (t.mode()) {
              case Plaintext -> State.of(false, "Plaintext", ReasonText.of(t.reason()));
              case Insecure ->
                  State.of(
                      false,
                      t.automatic() ? "CertificatesNotVerified" : "Insecure",
                      ReasonText.of(t.reason()));
              default -> verified(t);
            })
        .or(() -> observed().map(o -> verified(o.theirs().kubeletsVerified(), kubelets(o))))
        .orElseGet(() -> asBefore("KubeletTLSVerified"));
  }

  private State verified(KubeletTLS tls) {
    if (!tls.seen() && observations.coverage().reporting() == 0) {
      return new State("Unknown", "NotSeen", ReasonText.of(tls.reason()));
    }
    var others =
        tls.problems().stream()
            .filter(p -> p.kind() != Kind.Unreachable)
            .map(p -> p.node().name())
            .toList();
    return others.isEmpty()
        ? State.of(true, "Verified", ReasonText.of(tls.reason()))
        : State.of(
            true,
            "VerifiedExceptNodes",
            "%s; without metrics until they verify: %s"
                .formatted(ReasonText.of(tls.reason()), KubeletPlanner.firstNames(others)));
  }

  /** Its reasons: those of {@link ServingTLS}, and NotRegistered. */
  private State servingTLSVerified() {
    return plan()
        .map(p -> p.serving())
        .map(t ->
            t.verified() && observations.registration().isEmpty()
                ? new State(
                    "Unknown",
                    MetricsServerConfigStatus.NOT_REGISTERED,
                    "verified as soon as the metrics API is registered")
                : State.of(t.verified(), t.reason().state().name(), ReasonText.of(t.reason())))
        .or(() -> observed().map(o -> verified(o.servingVerified(), serving(o))))
        .orElseGet(() -> asBefore("ServingTLSVerified"));
  }

  private static State verified(boolean verified, String why) {
    return State.of(verified, verified ? "Verified" : "Insecure", why);
  }

  /** Null for none, as the field is left out. */
  private List<ConflictingWriteStatus> conflictingWrites() {
    return observations.conflictingWrites().isEmpty()
        ? null
        : observations.conflictingWrites().stream()
            .map(w -> new ConflictingWriteStatus(w.object(), w.manager(), w.at().toString()))
            .toList();
  }

  private State asBefore(String type) {
    return previous(type)
        .map(State::of)
        .orElse(new State("Unknown", "NotApplied", "no configuration is in force yet"));
  }

  private String firstErrorOr(String otherwise) {
    return findings.stream()
        .filter(f -> f.severity() == Severity.Error)
        .findFirst()
        .map(f -> f.message() + "; " + f.remedy())
        .orElse(otherwise);
  }

  private String firstError() {
    return firstErrorOr("");
  }

  private Condition condition(String type, State state) {
    var since =
        previous(type)
            .filter(c -> c.getStatus().equals(state.status()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(type)
        .withStatus(state.status())
        .withReason(state.reason())
        .withMessage(state.message())
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }

  private Optional<Condition> previous(String type) {
    return previous.flatMap(p -> p.condition(type));
  }

  private static ServingTLSStatus serving(ServingTLS tls) {
    return new ServingTLSStatus(tls.source().name(), tls.mode(), ReasonText.of(tls.reason()));
  }

  private List<CertificateStatus> certificates() {
    return observations.certificates().stream()
        .map(c -> new CertificateStatus(c.name(), c.fingerprint(), c.notAfter().toString()))
        .toList();
  }

  private static FindingStatus finding(Finding finding) {
    return new FindingStatus(
        finding.code().name(),
        finding.severity().name(),
        finding.message(),
        finding.remedy(),
        finding.object());
  }
}
