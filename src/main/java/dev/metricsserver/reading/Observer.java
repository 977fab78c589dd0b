package dev.metricsserver.reading;

import static java.util.Objects.requireNonNullElse;

import dev.metricsserver.model.History.Attempt;
import dev.metricsserver.model.History.Trouble;
import dev.metricsserver.model.MetricsServerContainer;
import dev.metricsserver.model.NodeFacts;
import dev.metricsserver.model.NodeSelector;
import dev.metricsserver.model.Observations.Certificate;
import dev.metricsserver.model.Observations.Certificate.Place;
import dev.metricsserver.model.Observations.Coverage;
import dev.metricsserver.model.Observations.PodState;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.model.Observations.Registration;
import dev.metricsserver.model.Observations.Rollout;
import dev.metricsserver.model.Scrapes;
import dev.metricsserver.model.Timestamps;
import dev.metricsserver.model.TroubleKind;
import dev.metricsserver.plan.Annotations;
import dev.metricsserver.tls.Certificates;
import dev.metricsserver.tls.Pem;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads states off objects as the API server has them. Pure. */
public final class Observer {

  /** By these taints autoscalers, Karpenter and cloud providers say that a node is to go. */
  private static final Set<String> GOING =
      Set.of(
          "ToBeDeletedByClusterAutoscaler",
          "karpenter.sh/disrupted",
          "karpenter.sh/disruption",
          "node.cloudprovider.kubernetes.io/shutdown",
          "node.kubernetes.io/out-of-service");

  /** As kubelets label their nodes. */
  private static final Map<String, String> WINDOWS = Map.of("kubernetes.io/os", "windows");

  /** How long a kubelet may take to start after its node joined. */
  private static final Duration JOINING = Duration.ofSeconds(30);

  /** What a container waits for before it first starts. */
  private static final Set<String> BEING_MADE = Set.of("", "ContainerCreating", "PodInitializing");

  private static final String CRASHING = "CrashLoopBackOff";
  private static final String OUT_OF_MEMORY = "OOMKilled";

  /** How metrics-server, and the library that reads its flags, begin what they give up with. */
  private static final List<String> GIVES_UP = List.of("panic: ", "Error: ");

  private Observer() {}

  /** How far a Deployment is. */
  public static Rollout rollout(Deployment deployment) {
    var status = deployment.getStatus();
    var conditions = status == null ? List.<DeploymentCondition>of() : status.getConditions();
    return new Rollout(
        status != null
            && deployment.getMetadata().getGeneration().equals(status.getObservedGeneration()),
        requireNonNullElse(deployment.getSpec().getReplicas(), 1),
        status == null ? 0 : requireNonNullElse(status.getReplicas(), 0),
        status == null ? 0 : requireNonNullElse(status.getUpdatedReplicas(), 0),
        status == null ? 0 : requireNonNullElse(status.getAvailableReplicas(), 0),
        failure(conditions, "ReplicaFailure", "True")
            .or(() -> failure(conditions, "Progressing", "False")));
  }

  private static Optional<Problem> failure(
      List<DeploymentCondition> conditions, String type, String status) {
    return conditions.stream()
        .filter(c -> type.equals(c.getType()) && status.equals(c.getStatus()))
        .map(c ->
            new Problem(
                requireNonNullElse(c.getReason(), type), requireNonNullElse(c.getMessage(), type)))
        .findFirst();
  }

  /**
   * The configuration that a Deployment has, and what its pods have not done yet; empty where it is
   * not recorded which one it is.
   *
   * @param pods those that are not being deleted
   */
  public static Optional<Attempt> attempt(Deployment deployment, List<Pod> pods) {
    var annotations =
        requireNonNullElse(deployment.getMetadata().getAnnotations(), Map.<String, String>of());
    var progressed =
        Optional.ofNullable(deployment.getStatus()).stream()
            .flatMap(s -> s.getConditions().stream())
            .filter(c -> "Progressing".equals(c.getType()))
            .flatMap(c -> Timestamps.parse(c.getLastUpdateTime()).stream())
            .findFirst();
    return Timestamps.parse(annotations.get(Annotations.CONFIGURED_AT))
        .map(since ->
            new Attempt(
                annotations.getOrDefault(Annotations.CONFIGURATION, ""),
                since,
                progressed.orElse(since),
                trouble(rollout(deployment), pods)));
  }

  private static Optional<Trouble> trouble(Rollout rollout, List<Pod> pods) {
    if (!rollout.seen() || rollout.complete()) {
      return Optional.empty();
    }
    return pods.stream()
        .filter(pod -> !pod(pod).ready())
        .max(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
        .map(Observer::trouble)
        .or(() ->
            rollout
                .failure()
                .map(f -> Trouble.of(TroubleKind.NotCreated, f.message(), Optional.empty())));
  }

  private static Trouble trouble(Pod pod) {
    var state = pod(pod);
    var node = Optional.ofNullable(pod.getSpec().getNodeName());
    return state
        .problem()
        .or(() -> crash(pod))
        .map(p -> new Trouble(p.reason(), p.message(), node))
        .orElse(
            Trouble.of(
                state.runningSince().isPresent() ? TroubleKind.NotReady : TroubleKind.NotStarted,
                "",
                node));
  }

  /** The end of a container that has just ended, or was started again and does not wait now. */
  private static Optional<Problem> crash(Pod pod) {
    return pod.getStatus().getContainerStatuses().stream()
        .flatMap(c -> Stream.of(c.getState(), c.getLastState()))
        .filter(s -> s != null && s.getTerminated() != null)
        .findFirst()
        .map(s -> crash(s.getTerminated(), CRASHING, ""));
  }

  private static Problem crash(ContainerStateTerminated end, String reason, String otherwise) {
    return new Problem(
        OUT_OF_MEMORY.equals(end.getReason()) ? OUT_OF_MEMORY : reason,
        lastWords(requireNonNullElse(end.getMessage(), "")).orElse(otherwise));
  }

  /** How a pod is. */
  public static PodState pod(Pod pod) {
    var status = pod.getStatus();
    var ready =
        status.getConditions().stream().filter(c -> "Ready".equals(c.getType())).findFirst();
    var isReady = ready.map(c -> "True".equals(c.getStatus())).orElse(false);
    var container = MetricsServerContainer.of(pod.getSpec());
    return new PodState(
        pod.getMetadata().getName(),
        container.getImage(),
        requireNonNullElse(pod.getMetadata().getLabels(), Map.of()),
        Optional.ofNullable(pod.getSpec().getNodeName()),
        status.getPodIPs().stream().map(PodIP::getIp).toList(),
        Stream.concat(
                pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream())
            .filter(c -> !c.equals(container))
            .map(Container::getName)
            .toList(),
        isReady,
        isReady ? Optional.empty() : problem(pod),
        status.getContainerStatuses().stream()
            .map(ContainerStatus::getState)
            .filter(s -> s != null && s.getRunning() != null)
            .findFirst()
            .flatMap(s -> Timestamps.parse(s.getRunning().getStartedAt())),
        ready.filter(c -> isReady).flatMap(c -> Timestamps.parse(c.getLastTransitionTime())));
  }

  private static Optional<Problem> problem(Pod pod) {
    var status = pod.getStatus();
    return status.getContainerStatuses().stream()
        .flatMap(c -> problem(c).stream())
        .findFirst()
        .or(() ->
            status.getConditions().stream()
                .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
                .map(c -> new Problem(c.getReason(), requireNonNullElse(c.getMessage(), "")))
                .findFirst());
  }

  /** Why a container ended, when it did so more than once; else what it waits for. */
  private static Optional<Problem> problem(ContainerStatus container) {
    var state = requireNonNullElse(container.getState(), new ContainerState());
    var end =
        Optional.ofNullable(state.getTerminated())
            .or(() -> Optional.ofNullable(container.getLastState()).map(s -> s.getTerminated()));
    var waiting = Optional.ofNullable(state.getWaiting());
    var reason = waiting.map(w -> requireNonNullElse(w.getReason(), "")).orElse("");
    if (end.isPresent()
        && (reason.equals(CRASHING)
            || (waiting.isEmpty() && endsAgainAndAgain(container, end.get())))) {
      return Optional.of(
          crash(
              end.get(),
              CRASHING,
              waiting
                  .map(w -> requireNonNullElse(w.getMessage(), ""))
                  .orElse("exit status " + end.get().getExitCode())));
    }
    return waiting
        .filter(w -> !BEING_MADE.contains(reason))
        .map(w -> new Problem(reason, requireNonNullElse(w.getMessage(), "")));
  }

  /** Also while it runs once more: that it will not last is seen by the times before. */
  private static boolean endsAgainAndAgain(
      ContainerStatus container, ContainerStateTerminated end) {
    return OUT_OF_MEMORY.equals(end.getReason())
        || (requireNonNullElse(container.getRestartCount(), 0) > 1
            && !Integer.valueOf(0).equals(end.getExitCode()));
  }

  /** The last line; where metrics-server gave up by itself, what it said before the stack trace. */
  private static Optional<String> lastWords(String log) {
    var lines = log.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    return GIVES_UP.stream()
        .flatMap(start ->
            lines.stream()
                .filter(line -> line.startsWith(start))
                .map(line -> line.substring(start.length())))
        .findFirst()
        .or(() -> lines.reversed().stream().findFirst());
  }

  /** A certificate that was seen there. */
  public static Certificate certificate(Place place, String name, X509Certificate certificate) {
    return new Certificate(
        place,
        name,
        Certificates.fingerprint(certificate),
        certificate.getNotBefore().toInstant(),
        certificate.getNotAfter().toInstant());
  }

  /** The CA by which the API servers verify metrics-server: of several the last to expire. */
  public static Optional<Certificate> authority(APIService service) {
    return Optional.ofNullable(service.getSpec().getCaBundle())
        .map(Pem::fromBase64)
        .flatMap(pem ->
            Certificates.parse(pem).stream()
                .max(Comparator.comparing(X509Certificate::getNotAfter)))
        .map(c -> certificate(Place.APIService, service.getMetadata().getName(), c));
  }

  /** What the API server says of a registration. */
  public static Registration registration(APIService service) {
    var annotations =
        requireNonNullElse(service.getMetadata().getAnnotations(), Map.<String, String>of());
    var rechecked = Timestamps.parse(annotations.get(Annotations.RECHECK));
    return Optional.ofNullable(service.getStatus()).stream()
        .flatMap(s -> s.getConditions().stream())
        .filter(c -> "Available".equals(c.getType()))
        .findFirst()
        .map(c ->
            new Registration(
                "True".equals(c.getStatus()),
                requireNonNullElse(c.getReason(), ""),
                requireNonNullElse(c.getMessage(), ""),
                Timestamps.parse(c.getLastTransitionTime()),
                rechecked))
        .orElse(
            new Registration(
                false,
                "NotChecked",
                "the API server has not looked yet",
                Optional.empty(),
                rechecked));
  }

  /** Whether the node is about to be removed: its kubelet may stop at any moment. */
  private static boolean going(NodeFacts node) {
    return node.taints().stream().anyMatch(t -> GOING.contains(t.key()));
  }

  /**
   * Which nodes have metrics. Expected are the ready and selected ones; one that just joined, or is
   * about to be removed, is expected only while it reports, so that it is no false alarm.
   *
   * @param selector which nodes metrics-server asks
   * @param scrapeInterval how often it asks
   * @param minimumPercent the percentage of the expected nodes that must have metrics
   */
  public static Coverage coverage(
      Collection<NodeFacts> nodes,
      NodeSelector selector,
      Duration scrapeInterval,
      Set<String> reporting,
      int minimumPercent,
      Instant now) {
    var joinedBefore = now.minus(Scrapes.untilMetrics(scrapeInterval, JOINING));
    var expected =
        nodes.stream()
            .filter(n -> n.ready() && selector.selects(n))
            .filter(n -> reporting.contains(n.name()) || !going(n))
            .filter(n -> reporting.contains(n.name()) || n.created().isBefore(joinedBefore))
            .map(NodeFacts::name)
            .toList();
    var missing = expected.stream().filter(n -> !reporting.contains(n)).sorted().toList();
    var notReady =
        nodes.stream()
            .filter(n -> !n.ready() && selector.selects(n))
            .filter(n -> n.created().isBefore(joinedBefore))
            .map(NodeFacts::name)
            .sorted()
            .toList();
    return new Coverage(
        nodes.size(),
        expected.size(),
        expected.size() - missing.size(),
        missing,
        windows(nodes, missing),
        notReady,
        minimumPercent);
  }

  private static List<String> windows(Collection<NodeFacts> nodes, List<String> missing) {
    return missing.isEmpty()
        ? List.of()
        : nodes.stream()
            .filter(n -> n.hasLabels(WINDOWS))
            .map(NodeFacts::name)
            .filter(missing::contains)
            .sorted()
            .toList();
  }
}
