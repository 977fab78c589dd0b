package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.facts.CertificateRequests;
import dev.metricsserver.observation.Observations;
import dev.metricsserver.observation.Observations.PodState;
import dev.metricsserver.observation.Observations.Problem;
import dev.metricsserver.observation.Observations.Registration;
import dev.metricsserver.plan.Decision.Violation;
import dev.metricsserver.plan.KubeletPlanner;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.rendering.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From a plan and what the cluster shows to findings: the first is the one to look at first. */
public final class Diagnosis {

  private static final String API_SERVICE = "APIService/" + Names.API_SERVICE;
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private final MetricsServerPlan plan;
  private final Observations observations;
  private final Instant now;
  private final Severity severity;
  private final KubeletFindings kubelets;
  private final List<Finding> requests;
  private final List<Finding> findings = new ArrayList<>();

  private Diagnosis(
      MetricsServerPlan plan,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    this.plan = plan;
    this.observations = observations;
    this.now = now;
    this.severity =
        serving() && observations.coverage().sufficient() ? Severity.Warning : Severity.Error;
    this.kubelets = new KubeletFindings(plan.kubeletTLS(), plan.approving(), severity);
    this.requests = CertificateFindings.of(requests, plan.approving(), severity, now);
  }

  /**
   * Findings about a plan in force. The chain from pods to answers is walked from its beginning and
   * gives one error at most: what comes after a broken link is its consequence.
   */
  public static List<Finding> diagnose(
      MetricsServerPlan plan,
      Observations observations,
      CertificateRequests requests,
      Instant now) {
    return new Diagnosis(plan, observations, requests, now).run();
  }

  /** Findings about a refused spec, one for each thing that is wrong. */
  public static List<Finding> refused(String code, List<Violation> violations) {
    return violations.stream()
        .map(v ->
            new Finding(
                code,
                Severity.Error,
                v.field().isEmpty() ? v.message() : "spec." + v.field() + ": " + v.message(),
                v.remedy(),
                "MetricsServerConfig/cluster"))
        .toList();
  }

  private List<Finding> run() {
    plan.rolledBackFrom()
        .map(failure -> RollbackFindings.of(failure, plan.configuration(), severity))
        .ifPresent(findings::add);
    if (serving()) {
      var broken = unregistered().or(this::unanswered);
      broken.ifPresent(findings::add);
      findings.addAll(requests);
      findings.addAll(kubelets.unreadable());
      if (broken.isEmpty()) {
        missingNodes();
      }
      standIns();
    } else {
      podsMissing().ifPresent(findings::add);
      findings.addAll(requests);
      findings.addAll(kubelets.unreadable());
      if (findings.isEmpty()) {
        noMetrics().ifPresent(findings::add);
      }
    }
    weaknesses();
    return List.copyOf(findings);
  }

  private boolean serving() {
    return observations.pods().stream().anyMatch(PodState::ready);
  }

  private Optional<Finding> unregistered() {
    return observations.registration().filter(r -> !r.available()).flatMap(this::unreachable);
  }

  private Optional<Finding> podsMissing() {
    return observations
        .rollout()
        .flatMap(Observations.Rollout::failure)
        .filter(failure -> observations.pods().isEmpty())
        .map(failure ->
            new Finding(
                "PodsNotCreated",
                Severity.Error,
                "Kubernetes refuses to create metrics-server's pods: " + failure,
                "kubectl -n %s describe replicaset -l k8s-app=metrics-server"
                    .formatted(plan.namespace()),
                deployment()))
        .or(() ->
            observations.pods().stream()
                .filter(p -> p.problem().isPresent())
                .findFirst()
                .map(p -> podProblem(p, p.problem().orElseThrow(), Severity.Error)));
  }

  private Finding podProblem(PodState pod, Problem problem, Severity severity) {
    return switch (problem.reason()) {
      case "Unschedulable" ->
          finding(
              pod,
              severity,
              "PodUnschedulable",
              "no node can take the pod: " + problem.message(),
              "free or add a node, or set spec.scheduling.tolerations or spec.replicas");
      case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
          finding(
              pod,
              severity,
              "ImageNotPulled",
              "the node cannot pull %s: %s".formatted(plan.image(), problem.message()),
              "set spec.image.registry to a registry the nodes reach, or spec.image.pullSecrets");
      case "OOMKilled" ->
          finding(
              pod,
              severity,
              "PodOutOfMemory",
              "metrics-server was killed because it needs more memory than its limit, "
                  + plan.resources().memoryLimit(),
              "set spec.resources.limits.memory to more");
      case "CrashLoopBackOff" ->
          finding(
              pod,
              severity,
              "PodCrashing",
              "metrics-server stops right after its start: " + problem.message(),
              "kubectl -n %s logs %s --previous".formatted(plan.namespace(), pod.name()));
      default ->
          finding(
              pod,
              severity,
              "PodNotRunning",
              "the pod does not run (%s): %s".formatted(problem.reason(), problem.message()),
              "kubectl -n %s describe pod %s".formatted(plan.namespace(), pod.name()));
    };
  }

  private Finding finding(
      PodState pod, Severity severity, String code, String message, String remedy) {
    return new Finding(
        code, severity, message, remedy, "Pod/%s/%s".formatted(plan.namespace(), pod.name()));
  }

  /** The pods run, but after two scrapes and some they still have nothing to serve. */
  private Optional<Finding> noMetrics() {
    var patience = plan.scrapeInterval().multipliedBy(2).plus(Duration.ofSeconds(10));
    return observations.pods().stream()
        .filter(p -> p.runningSince().map(t -> t.plus(patience).isBefore(now)).orElse(false))
        .findFirst()
        .map(p ->
            finding(
                p,
                Severity.Error,
                "KubeletsNotScraped",
                "metrics-server runs but gets no metrics from the kubelets",
                "see the reason with kubectl -n %s logs %s".formatted(plan.namespace(), p.name())));
  }

  /** The API server looks every few seconds; what it says in between is old, not wrong. */
  private boolean justChanged(Registration registration) {
    return registration.since().map(t -> t.plus(PATIENCE).isAfter(now)).orElse(true);
  }

  private Optional<Finding> unreachable(Registration registration) {
    if (justChanged(registration)) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            "APIServiceUnavailable",
            Severity.Error,
            "the API server does not reach metrics-server although a pod is ready (%s): %s"
                .formatted(registration.reason(), registration.message()),
            remedy(registration),
            API_SERVICE));
  }

  private String remedy(Registration registration) {
    var timeout =
        registration.message().contains("timeout")
            || registration.message().contains("deadline exceeded")
            || registration.message().contains("Client.Timeout");
    if (!timeout) {
      return "kubectl get apiservice %s -o yaml".formatted(Names.API_SERVICE);
    }
    var open = "open TCP port %d from the control plane to the ".formatted(plan.port());
    return plan.hostNetwork()
        ? open + "nodes"
        : open
            + "pods; "
            + (plan.networkRules().isPresent()
                ? "if a NetworkPolicy is in the way, name the control plane's addresses in"
                    + " spec.networkPolicy.controlPlaneCIDRs; "
                : "")
            + "if the control plane is not on the pod network, set spec.hostNetwork: true";
  }

  private Optional<Finding> unanswered() {
    var answer = observations.answer();
    var answerable =
        observations.registration().filter(r -> r.available() && !justChanged(r)).isPresent();
    if (answer.answered() || !answer.asked() || !answerable) {
      return Optional.empty();
    }
    return Optional.of(
        new Finding(
            "MetricsNotAnswered",
            Severity.Error,
            "the metrics API is registered but does not answer: " + answer.error(),
            "kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes",
            API_SERVICE));
  }

  /** One pod serves, another one does not run: no outage, but none to spare either. */
  private void standIns() {
    observations.pods().stream()
        .filter(p -> p.problem().isPresent())
        .findFirst()
        .ifPresent(p -> findings.add(podProblem(p, p.problem().orElseThrow(), Severity.Warning)));
  }

  /** Those aside whose kubelet is known to be the reason. */
  private void missingNodes() {
    var coverage = observations.coverage();
    var explained = kubelets.nodes();
    var missing = coverage.missing().stream().filter(n -> !explained.contains(n)).toList();
    if (observations.answer().answered() && !missing.isEmpty()) {
      findings.add(
          new Finding(
              "NodesWithoutMetrics",
              severity,
              "%d of %d nodes have no metrics: %s"
                  .formatted(
                      missing.size(), coverage.expected(), KubeletPlanner.firstNames(missing)),
              "kubectl -n %s logs deployment/metrics-server | grep %s"
                  .formatted(plan.namespace(), missing.getFirst()),
              "Node/" + missing.getFirst()));
    }
  }

  private void weaknesses() {
    findings.addAll(kubelets.weaknesses());
    plan.versionAdvice().map(VersionFindings::of).ifPresent(findings::add);
    if (!plan.servingTLS().verified()) {
      findings.add(
          new Finding(
              "ServingTLSInsecure",
              Severity.Warning,
              plan.servingTLS().reason(),
              "none yet: a verified serving certificate comes with a later version of this"
                  + " operator",
              API_SERVICE));
    }
    switch (plan.networkReason().code()) {
      case "Strict", "Disabled" -> {}
      case "Open" ->
          findings.add(
              network(
                  "NetworkPolicyOpen",
                  "name where the API servers connect from in"
                      + " spec.networkPolicy.controlPlaneCIDRs"));
      case "CiliumMissing" ->
          findings.add(
              network(
                  "NetworkPolicyNotApplied",
                  "install Cilium's CustomResourceDefinitions, and the policy is written by itself;"
                      + " or set spec.networkPolicy.mode: Auto"));
      default ->
          findings.add(
              network(
                  "NetworkPolicyNotApplied",
                  "none needed; set spec.networkPolicy.mode: Disabled to say that you know"));
    }
  }

  private Finding network(String code, String remedy) {
    return new Finding(
        code,
        Severity.Info,
        plan.networkReason().message(),
        remedy,
        "NetworkPolicy/%s/%s".formatted(plan.namespace(), Names.NETWORK_POLICY));
  }

  private String deployment() {
    return "Deployment/%s/metrics-server".formatted(plan.namespace());
  }
}
