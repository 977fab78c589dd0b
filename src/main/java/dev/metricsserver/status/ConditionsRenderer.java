package dev.metricsserver.status;

import dev.metricsserver.api.ConditionReason;
import dev.metricsserver.api.ConditionType;
import dev.metricsserver.api.MetricsServerConfigStatus;
import dev.metricsserver.diagnosis.Finding;
import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.ReasonText;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.KubeletTLS;
import dev.metricsserver.plan.KubeletTLS.Kind;
import dev.metricsserver.plan.ServingTLS;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Renders the conditions of the status. Every condition is rendered every time; a transition time
 * changes only with the condition's status.
 */
record ConditionsRenderer(
    Optional<MetricsServerConfigStatus> previous,
    long generation,
    Outcome outcome,
    Observations observations,
    List<Finding> findings,
    Instant now) {

  /**
   * A condition without its type.
   *
   * @param reason a {@link ConditionReason}, the code of a finding, or one of the API server
   */
  private record State(String status, String reason, String message) {

    static State of(Condition condition) {
      return new State(condition.getStatus(), condition.getReason(), condition.getMessage());
    }

    static State of(boolean status, ConditionReason reason, String message) {
      return of(status, reason.name(), message);
    }

    static State of(boolean status, String reason, String message) {
      return new State(status ? "True" : "False", reason, message);
    }

    static State unknown(ConditionReason reason, String message) {
      return new State("Unknown", reason.name(), message);
    }
  }

  List<Condition> render() {
    var ready = ready();
    return Stream.of(
            condition(ConditionType.APIServiceAvailable, apiServiceAvailable()),
            condition(ConditionType.KubeletTLSVerified, kubeletTLSVerified()),
            condition(ConditionType.MetricsAvailable, metricsAvailable()),
            condition(ConditionType.Ready, ready),
            condition(ConditionType.Reconciling, reconciling(ready)),
            condition(ConditionType.ServingTLSVerified, servingTLSVerified()),
            condition(ConditionType.Stalled, stalled(ready)))
        .toList();
  }

  private State ready() {
    return switch (outcome) {
      case Outcome.Refused(var reason) -> State.of(false, reason.name(), firstError());
      case Outcome.Failed(var message) -> State.of(false, ConditionReason.ApplyFailed, message);
      case Outcome.Paused(var preview) -> works("paused; %s; ".formatted(preview));
      case Outcome.Observed _ -> {
        var works = works("only observed: ");
        yield works.status().equals("True")
            ? State.of(true, ConditionReason.Observing, works.message())
            : works;
      }
      case Outcome.Applied(var plan) when plan.rollback().failure().isPresent() ->
          State.of(
              false,
              ConditionReason.RolledBack,
              findings.stream()
                  .filter(Finding::stalled)
                  .findFirst()
                  .map(Finding::message)
                  .orElse(""));
      case Outcome.Applied(var plan) when plan.serving().unusable().isPresent() ->
          State.of(
              false,
              ConditionReason.ServingCertificateUnusable,
              ReasonText.of(plan.serving().reason()));
      case Outcome.Applied(var plan) ->
          observations.rollout().map(Rollout::complete).orElse(false) && !plan.serving().podsWait()
              ? works("")
              : State.of(false, ConditionReason.RolloutInProgress, firstErrorOr(rollout()));
    };
  }

  /** Whether metrics are available, in whatever state the objects are. */
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
    if (waitsForUser(ready).isPresent()) {
      return State.of(false, ConditionReason.Stalled, "waiting for user action");
    }
    return switch (outcome) {
      case Outcome.Refused _ -> State.of(false, ConditionReason.Stalled, "waiting for user action");
      case Outcome.Paused _ ->
          State.of(false, ConditionReason.Paused, "paused: nothing is changed");
      case Outcome.Observed _ ->
          State.of(false, ConditionReason.Observing, "only observed: nothing is changed");
      case Outcome.Failed _ -> State.of(true, ConditionReason.Retrying, "retrying");
      case Outcome.Applied _ ->
          ready.status().equals("True")
              ? State.of(false, ConditionReason.Reconciled, "this generation is in force")
              : State.of(true, ready.reason(), ready.message());
    };
  }

  private Optional<Finding> waitsForUser(State ready) {
    return ready.status().equals("True")
        ? Optional.empty()
        : findings.stream().filter(Finding::stalled).findFirst();
  }

  private State stalled(State ready) {
    return switch (outcome) {
      case Outcome.Refused(var reason) -> State.of(true, reason.name(), firstError());
      default ->
          waitsForUser(ready)
              .map(f -> State.of(true, f.code().name(), f.message() + "; " + f.remedyText()))
              .orElse(State.of(false, ConditionReason.NotStalled, "no user action required"));
    };
  }

  private State apiServiceAvailable() {
    return observations
        .registration()
        .map((Registration r) ->
            State.of(
                r.available(),
                r.reason().isEmpty() ? ConditionReason.Unknown.name() : r.reason(),
                r.message()))
        .orElse(
            State.of(
                false,
                ConditionReason.NotRegistered,
                "the metrics API is registered when the first pod is ready: metrics-server needs"
                    + " two rounds of measurements"));
  }

  private State metricsAvailable() {
    var answer = observations.answer();
    var coverage = observations.coverage();
    if (observations.answerPending() && previous(ConditionType.MetricsAvailable).isPresent()) {
      return State.of(previous(ConditionType.MetricsAvailable).get());
    }
    if (!answer.answered()) {
      return State.of(false, ConditionReason.NotAnswered, answer.error());
    }
    var counted =
        "%d of %d nodes have metrics".formatted(coverage.reporting(), coverage.expected());
    return coverage.sufficient()
        ? State.of(true, ConditionReason.MetricsAvailable, counted)
        : State.of(false, ConditionReason.NodesWithoutMetrics, counted);
  }

  /**
   * Its reasons: Verified, VerifiedExceptNodes, NotSeen, FlagsNotReadable, CertificatesNotVerified,
   * Insecure, Plaintext.
   */
  private State kubeletTLSVerified() {
    return outcome
        .inForce()
        .map(p -> p.kubelets().tls())
        .map(t ->
            switch (t.mode()) {
              case Plaintext ->
                  State.of(false, ConditionReason.Plaintext, ReasonText.of(t.reason()));
              case Insecure ->
                  State.of(
                      false,
                      t.automatic()
                          ? ConditionReason.CertificatesNotVerified
                          : ConditionReason.Insecure,
                      ReasonText.of(t.reason()));
              default -> verified(t);
            })
        .or(() -> outcome.observed().map(ConditionsRenderer::verified))
        .orElseGet(() -> unchanged(ConditionType.KubeletTLSVerified));
  }

  private static State verified(Outcome.Observed observed) {
    var why = observed.kubeletsReason();
    return switch (observed.external().kubelets()) {
      case Verified -> verified(true, why);
      case Unverified -> verified(false, why);
      case Unknown -> State.unknown(ConditionReason.FlagsNotReadable, why);
    };
  }

  private State verified(KubeletTLS tls) {
    if (!tls.seen() && observations.coverage().reporting() == 0) {
      return State.unknown(ConditionReason.NotSeen, ReasonText.of(tls.reason()));
    }
    var others =
        tls.problems().stream()
            .filter(p -> p.kind() != Kind.Unreachable)
            .map(p -> p.node().name())
            .toList();
    return others.isEmpty()
        ? State.of(true, ConditionReason.Verified, ReasonText.of(tls.reason()))
        : State.of(
            true,
            ConditionReason.VerifiedExceptNodes,
            "%s; without metrics until they verify: %s"
                .formatted(ReasonText.of(tls.reason()), KubeletPlanner.firstNames(others)));
  }

  /** Its reasons: those of {@link ServingTLS}, and NotRegistered. */
  private State servingTLSVerified() {
    return outcome
        .inForce()
        .map(p -> p.serving())
        .map(t ->
            t.verified() && observations.registration().isEmpty()
                ? State.unknown(
                    ConditionReason.NotRegistered,
                    "verified as soon as the metrics API is registered")
                : State.of(t.verified(), t.reason().state().name(), ReasonText.of(t.reason())))
        .or(() -> outcome.observed().map(o -> verified(o.servingVerified(), o.servingReason())))
        .orElseGet(() -> unchanged(ConditionType.ServingTLSVerified));
  }

  private static State verified(boolean verified, String why) {
    return State.of(verified, verified ? ConditionReason.Verified : ConditionReason.Insecure, why);
  }

  private State unchanged(ConditionType type) {
    return previous(type)
        .map(State::of)
        .orElse(State.unknown(ConditionReason.NotApplied, "no configuration is in force yet"));
  }

  private String firstErrorOr(String otherwise) {
    return findings.stream()
        .filter(f -> f.severity() == Severity.Error)
        .findFirst()
        .map(f -> f.message() + "; " + f.remedyText())
        .orElse(otherwise);
  }

  private String firstError() {
    return firstErrorOr("");
  }

  private Condition condition(ConditionType type, State state) {
    var since =
        previous(type)
            .filter(c -> c.getStatus().equals(state.status()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus(state.status())
        .withReason(state.reason())
        .withMessage(state.message())
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }

  private Optional<Condition> previous(ConditionType type) {
    return previous.flatMap(p -> p.condition(type));
  }
}
