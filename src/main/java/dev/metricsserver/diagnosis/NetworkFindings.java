package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Policy;
import dev.metricsserver.model.DiagnosticData.Scrape;
import dev.metricsserver.model.Observations.Problem;
import dev.metricsserver.reading.Installation;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** NetworkPolicies that leave metrics-server no way. The operator's own opens the ways it needs. */
final class NetworkFindings {

  /** The end of a flag's name is none. */
  private static final Pattern NO_WAY =
      Pattern.compile(
          "(?<!-)timeout|deadline exceeded|Client\\.Timeout|timed out|no route to host");

  private NetworkFindings() {}

  /** The API server does not get in, and a policy admits nobody. */
  static List<Finding> ingressClosed(Evidence evidence) {
    return evidence.observations().registration().stream()
        .filter(r -> evidence.serving() && !r.available() && !evidence.justChanged(r))
        .filter(r -> NO_WAY.matcher(r.message()).find())
        .filter(r -> evidence.clues().policies().stream().noneMatch(Policy::admitsPort))
        .flatMap(r -> closing(evidence, Policy::ingress).stream())
        .map(policy ->
            of(
                evidence.installation(),
                policy,
                "lets nobody in to port {port}, so the API server does not get through",
                allow(
                    "ingress",
                    "\"policyTypes\":[\"Ingress\"],\"ingress\":[{\"ports\":[{\"port\":{port}}]}]")))
        .toList();
  }

  /** metrics-server gets nowhere, and a policy restricts where it may go. */
  static List<Finding> egressClosed(Evidence evidence) {
    var clues = evidence.clues();
    var nowhere =
        Stream.of(
                clues.scrapes().stream().map(Scrape::error),
                clues.log().stream(),
                lastWords(evidence))
            .flatMap(words -> words)
            .anyMatch(NO_WAY.asPredicate());
    return evidence.serving()
            || !nowhere
            || clues.policies().stream().anyMatch(Policy::admitsEgress)
        ? List.of()
        : closing(evidence, Policy::egress).stream()
            .map(policy ->
                of(
                    evidence.installation(),
                    policy,
                    "restricts where it may connect to, and it gets no answer from kubelets or the"
                        + " API server",
                    allow("egress", "\"policyTypes\":[\"Egress\"],\"egress\":[{}]")))
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
        : evidence.clues().policies().stream().filter(direction).findFirst();
  }

  private static Finding of(Installation installation, Policy policy, String what, String allow) {
    return new Finding(
        FindingCode.NetworkPolicyInTheWay,
        Severity.Error,
        Rule.filled(
            "NetworkPolicy %s of namespace {namespace} selects metrics-server and %s"
                .formatted(policy.name(), what),
            installation),
        Rule.filled(
            installation.ours()
                ? "set spec.networkPolicy.mode: Auto, so that the operator opens the ways it needs"
                : allow,
            installation),
        "NetworkPolicy/%s/%s".formatted(installation.namespace(), policy.name()));
  }

  private static String allow(String direction, String rules) {
    return "echo '{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"{deployment}-open-"
        + direction
        + "\"},\"spec\":{\"podSelector\":{\"matchLabels\":{labels}},"
        + rules
        + "}}' | kubectl -n {namespace} apply -f -";
  }
}
