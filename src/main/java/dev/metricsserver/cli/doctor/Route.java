package dev.metricsserver.cli.doctor;

import dev.metricsserver.diagnosis.Words;
import dev.metricsserver.model.Observations;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.model.Observations.Rollout;
import java.util.List;
import java.util.Optional;

/** The path of metrics from the kubelets to the clients, and where it breaks. Pure. */
record Route(List<Stop> stops) {

  /**
   * A part of the way.
   *
   * @param detail how it is, as a clause
   */
  record Stop(String name, State state, String detail) {

    /** Removes control characters, which a message of the API server may have. */
    Stop {
      detail = Words.printable(detail);
    }
  }

  /** How a part is. */
  enum State {
    /** It does its work. */
    Passing("✓"),
    /** It does not. */
    Broken("✗"),
    /** The state cannot be determined. */
    Unknown("?");

    private final String sign;

    State(String sign) {
      this.sign = sign;
    }

    /** In one character. */
    String sign() {
      return sign;
    }
  }

  /**
   * The way as it is seen.
   *
   * @param service the Service that the metrics API is registered with, as namespace/name; empty
   *     when it is registered with none
   * @param serviceExists whether there is such a Service
   */
  static Route of(Observations seen, Optional<String> service, boolean serviceExists) {
    return new Route(
        List.of(
            kubelets(seen),
            pods(seen),
            service(seen, service, serviceExists),
            registration(seen),
            query(seen)));
  }

  /** Whether metrics come through. */
  boolean whole() {
    return stops.stream().allMatch(stop -> stop.state() == State.Passing);
  }

  /** The first part that is broken: what comes after it cannot do better. */
  Optional<Stop> broken() {
    return stops.stream().filter(stop -> stop.state() == State.Broken).findFirst();
  }

  private static Stop kubelets(Observations seen) {
    var coverage = seen.coverage();
    if (coverage.total() == 0) {
      return new Stop(
          "kubelets",
          State.Unknown,
          "which nodes there are cannot be told; %d have metrics"
              .formatted(seen.answer().nodes().size()));
    }
    if (seen.answer().answered()) {
      return new Stop(
          "kubelets",
          coverage.sufficient() ? State.Passing : State.Broken,
          "%d of %d nodes have metrics".formatted(coverage.reporting(), coverage.expected()));
    }
    return new Stop(
        "kubelets",
        State.Unknown,
        "%d %s, and no metrics to tell how their kubelets are"
            .formatted(coverage.total(), coverage.total() == 1 ? "node" : "nodes"));
  }

  private static Stop pods(Observations seen) {
    var ready = seen.pods().stream().filter(PodState::ready).count();
    var wanted =
        seen.rollout()
            .map(Rollout::wanted)
            .map(Integer::longValue)
            .orElse((long) seen.pods().size());
    var problem =
        seen.pods().stream()
            .flatMap(pod -> pod.problem().stream())
            .map(Problem::reason)
            .findFirst()
            .map(", "::concat)
            .orElse("");
    return seen.rollout().isEmpty() && seen.pods().isEmpty()
        ? new Stop("pods", State.Broken, "there is no Deployment of metrics-server")
        : new Stop(
            "pods",
            ready > 0 ? State.Passing : State.Broken,
            "%d of %d ready%s".formatted(ready, wanted, problem));
  }

  private static Stop service(Observations seen, Optional<String> service, boolean exists) {
    return service
        .map(name ->
            !exists
                ? new Stop("Service", State.Broken, name + " does not exist")
                : seen.endpointReady()
                    ? new Stop("Service", State.Passing, name + " leads to a ready pod")
                    : new Stop("Service", State.Broken, name + " leads to no ready pod"))
        .orElseGet(() -> new Stop("Service", State.Unknown, "no Service is registered"));
  }

  private static Stop registration(Observations seen) {
    return seen.registration()
        .map(r ->
            r.available()
                ? new Stop("APIService", State.Passing, "the API server calls it available")
                : new Stop("APIService", State.Broken, r.reason() + ": " + r.message()))
        .orElseGet(() -> new Stop("APIService", State.Broken, "the metrics API is not registered"));
  }

  private static Stop query(Observations seen) {
    var answer = seen.answer();
    return answer.answered()
        ? new Stop("your query", State.Passing, "answered")
        : new Stop("your query", answer.asked() ? State.Broken : State.Unknown, answer.error());
  }
}
