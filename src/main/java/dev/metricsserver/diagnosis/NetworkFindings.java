package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.observation.Clues.Policy;
import dev.metricsserver.observation.Installation;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** NetworkPolicies that leave metrics-server no way. The operator's own opens the ways it needs. */
final class NetworkFindings {

  private static final Pattern NO_WAY =
      Pattern.compile("timeout|deadline exceeded|Client\\.Timeout|timed out|no route to host");

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
                    "\"policyTypes\":[\"Ingress\"],\"ingress\":[{\"ports\":[{\"port\":{port}}]}]")))
        .toList();
  }

  /** metrics-server gets nowhere, and a policy restricts where it may go. */
  static List<Finding> egressClosed(Evidence evidence) {
    var nowhere =
        evidence.clues().scrapes().stream().map(s -> s.error()).anyMatch(NO_WAY.asPredicate())
            || evidence.clues().log().stream().anyMatch(NO_WAY.asPredicate());
    return evidence.serving() || !nowhere
        ? List.of()
        : closing(evidence, Policy::egress).stream()
            .map(policy ->
                of(
                    evidence.installation(),
                    policy,
                    "restricts where it may connect to, and it gets no answer from kubelets or the"
                        + " API server",
                    allow("\"policyTypes\":[\"Egress\"],\"egress\":[{}]")))
            .toList();
  }

  private static Optional<Policy> closing(Evidence evidence, Predicate<Policy> direction) {
    return evidence.installation().policed()
        ? Optional.empty()
        : evidence.clues().policies().stream().filter(direction).findFirst();
  }

  private static Finding of(Installation installation, Policy policy, String what, String allow) {
    return new Finding(
        "NetworkPolicyInTheWay",
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

  private static String allow(String rules) {
    return "echo '{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicy\",\"metadata\":{\"name\":\"{deployment}-open\"},\"spec\":{\"podSelector\":{\"matchLabels\":{labels}},"
        + rules
        + "}}' | kubectl -n {namespace} apply -f -";
  }
}
