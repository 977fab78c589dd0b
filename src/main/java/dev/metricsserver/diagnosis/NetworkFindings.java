package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.Apply;
import dev.metricsserver.diagnosis.Step.SetField;
import dev.metricsserver.diagnosis.Step.Target;
import dev.metricsserver.model.DiagnosticData.Policy;
import dev.metricsserver.model.DiagnosticData.Scrape;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** NetworkPolicies that block metrics-server. The operator's own policy allows what it needs. */
final class NetworkFindings {

  /** A connection that got no answer; a flag whose name ends with timeout is none. */
  private static final Pattern NO_ANSWER =
      Pattern.compile(
          "(?<!-)timeout|deadline exceeded|Client\\.Timeout|timed out|no route to host");

  private NetworkFindings() {}

  /** The API server does not reach the pods, and a policy allows no client. */
  static List<Finding> ingressClosed(Evidence evidence) {
    return evidence.observations().registration().stream()
        .filter(r -> evidence.serving() && !r.available() && !evidence.justChanged(r))
        .filter(r -> NO_ANSWER.matcher(r.message()).find())
        .filter(_ -> evidence.diagnosticData().policies().stream().noneMatch(Policy::admitsPort))
        .flatMap(_ -> closing(evidence, Policy::ingress).stream())
        .map(policy ->
            of(
                evidence.installation(),
                policy,
                "allows no client on port %d, so the API server does not reach it"
                    .formatted(evidence.installation().port()),
                "ingress",
                List.of(Map.of("ports", List.of(Map.of("port", evidence.installation().port()))))))
        .toList();
  }

  /** metrics-server gets no answers, and a policy restricts its connections. */
  static List<Finding> egressClosed(Evidence evidence) {
    var data = evidence.diagnosticData();
    var noAnswer =
        Stream.of(
                data.scrapes().stream().map(Scrape::error),
                data.log().stream(),
                lastWords(evidence))
            .flatMap(words -> words)
            .anyMatch(NO_ANSWER.asPredicate());
    return evidence.serving()
            || !noAnswer
            || data.policies().stream().anyMatch(Policy::admitsEgress)
        ? List.of()
        : closing(evidence, Policy::egress).stream()
            .map(policy ->
                of(
                    evidence.installation(),
                    policy,
                    "restricts its connections, so it gets no answer from kubelets or the API"
                        + " server",
                    "egress",
                    List.of(Map.of())))
            .toList();
  }

  private static Stream<String> lastWords(Evidence evidence) {
    return evidence.observations().pods().stream()
        .flatMap(pod -> pod.problem().stream())
        .filter(problem -> problem.reason().equals("CrashLoopBackOff"))
        .map(Problem::message);
  }

  private static Optional<Policy> closing(Evidence evidence, Predicate<Policy> direction) {
    return evidence.installation().policed()
        ? Optional.empty()
        : evidence.diagnosticData().policies().stream().filter(direction).findFirst();
  }

  private static Finding of(
      Installation installation, Policy policy, String effect, String direction, Object rules) {
    var namespace = installation.namespace();
    return new Finding(
        FindingCode.NetworkPolicyInTheWay,
        Severity.Error,
        "NetworkPolicy %s in namespace %s selects metrics-server and %s"
            .formatted(policy.name(), namespace, effect),
        installation.ours()
            ? Remedy.of(
                new SetField(
                    "networkPolicy.mode", "Auto", "the operator then allows what it needs"))
            : allow(installation, direction, rules),
        new ObjectName("NetworkPolicy", namespace, policy.name()));
  }

  private static Remedy allow(Installation installation, String direction, Object rules) {
    return Remedy.of(
        new Apply(
            Target.namespaced(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                installation.namespace(),
                installation.deployment() + "-open-" + direction),
            Map.of(
                "spec",
                Map.of(
                    "podSelector",
                    Map.of("matchLabels", installation.selector()),
                    "policyTypes",
                    List.of(direction.equals("ingress") ? "Ingress" : "Egress"),
                    direction,
                    rules)),
            Optional.empty()));
  }
}
