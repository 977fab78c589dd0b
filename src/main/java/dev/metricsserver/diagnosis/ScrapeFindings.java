package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Scrape;
import dev.metricsserver.model.ObjectName;
import dev.metricsserver.model.Scrapes;
import dev.metricsserver.plan.KubeletPlanner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether metrics-server gets metrics from the kubelets. */
final class ScrapeFindings {

  private static final Duration CONTAINER_START = Duration.ofSeconds(10);

  private ScrapeFindings() {}

  /**
   * The pods run, but after more than two scrapes they have no metrics to serve, and the probes of
   * the kubelets do not explain it.
   */
  static List<Finding> nothingScraped(Evidence evidence) {
    var installation = evidence.installation();
    var patience = Scrapes.untilMetrics(installation.scrapeInterval(), CONTAINER_START);
    if (evidence.serving()
        || !CertificateFindings.of(evidence).isEmpty()
        || !KubeletFindings.unreadable(evidence).isEmpty()) {
      return List.of();
    }
    var logged = logged(evidence, evidence.diagnosticData().scrapes());
    return evidence.observations().pods().stream()
        .filter(
            p -> p.runningSince().map(t -> t.plus(patience).isBefore(evidence.now())).orElse(false))
        .limit(1)
        .flatMap(
            p -> logged.isEmpty() ? Stream.of(unexplained(evidence, p.name())) : logged.stream())
        .toList();
  }

  private static Finding unexplained(Evidence evidence, String pod) {
    var installation = evidence.installation();
    var object = installation.pod(pod);
    return evidence.diagnosticData().log().stream()
        .flatMap(words ->
            Rule.first(CrashRules.CRASH, words, installation, Severity.Error, object).stream())
        .findFirst()
        .orElseGet(() ->
            new Finding(
                FindingCode.KubeletsNotScraped,
                Severity.Error,
                "metrics-server runs but gets no metrics from the kubelets",
                Remedy.of(new Context(installation).kubectl("to see the reason", "logs %s", pod)),
                object));
  }

  /** What metrics-server's log says about kubelets, one finding for each kind of problem. */
  private static List<Finding> logged(Evidence evidence, List<Scrape> scrapes) {
    return ScrapeRule.RULES.stream()
        .flatMap(rule -> {
          var nodes =
              scrapes.stream().filter(s -> ScrapeRule.first(s.error()).equals(rule)).toList();
          return nodes.isEmpty() ? Stream.empty() : Stream.of(logged(evidence, rule, nodes));
        })
        .toList();
  }

  private static Finding logged(Evidence evidence, ScrapeRule rule, List<Scrape> nodes) {
    var detail = rule.detail(nodes.getFirst().error());
    var family = rule.code() == FindingCode.KubeletAddressFamily;
    return new KubeletProblems(
            evidence.installation(),
            evidence.subject().approving(),
            nodes.stream().map(Scrape::node).toList(),
            List.of(),
            family ? detail : "",
            family ? "" : detail)
        .finding(rule.code(), evidence.severity());
  }

  /**
   * Nodes that should have metrics and have none, except those whose kubelet is the known cause.
   */
  static List<Finding> nodesMissing(Evidence evidence) {
    var coverage = evidence.observations().coverage();
    var explained = KubeletFindings.nodes(evidence);
    var missing = coverage.missing().stream().filter(n -> !explained.contains(n)).toList();
    if (!evidence.serving() || !evidence.answering() || missing.isEmpty()) {
      return List.of();
    }
    var own = own(evidence, missing);
    var others =
        evidence.diagnosticData().scrapes().stream()
            .filter(s -> missing.contains(s.node()) && !own.contains(s))
            .toList();
    var silent =
        missing.stream()
            .filter(n ->
                evidence.diagnosticData().scrapes().stream().noneMatch(s -> s.node().equals(n)))
            .collect(Collectors.partitioningBy(coverage.windows()::contains));
    return Stream.of(
            own.stream().limit(1).map(s -> ownNode(evidence, s.node())),
            logged(evidence, others).stream(),
            Stream.of(silent.get(false))
                .filter(nodes -> !nodes.isEmpty())
                .map(nodes -> without(evidence, nodes)),
            Stream.of(silent.get(true))
                .filter(nodes -> !nodes.isEmpty())
                .map(nodes -> windows(evidence, nodes)))
        .flatMap(findings -> findings)
        .toList();
  }

  /** Their kubelets answer without metrics. */
  private static Finding windows(Evidence evidence, List<String> nodes) {
    var installation = evidence.installation();
    var linux = Map.of("kubernetes.io/os", "linux");
    return new Finding(
        FindingCode.WindowsNodesWithoutMetrics,
        evidence.severity(),
        "%s %s Windows and %s no metrics: container runtimes on Windows often report none to the kubelet (hcsshim, containerd 1.6.5 and 1.6.6); metrics-server is not the cause"
            .formatted(
                KubeletPlanner.firstNames(nodes),
                nodes.size() == 1 ? "runs" : "run",
                nodes.size() == 1 ? "has" : "have"),
        Remedy.of(
                Step.run(
                    "to see the kubelet's metrics",
                    "kubectl get --raw /api/v1/nodes/%s/proxy/metrics/resource",
                    nodes.getFirst()))
            .then("update containerd on the node")
            .or(
                installation.ours()
                    ? Context.set("kubelet.nodeSelector", linux)
                    : new Context(installation).flags("--node-selector=kubernetes.io/os=linux")),
        ObjectName.cluster("Node", nodes.getFirst()));
  }

  /** The one missing node, where the only pod runs there and reaches other nodes. */
  private static List<Scrape> own(Evidence evidence, List<String> missing) {
    var pods = evidence.observations().pods();
    return pods.size() == 1
            && pods.getFirst().node().map(List::of).equals(Optional.of(missing))
            && evidence.observations().coverage().reporting() > 0
        ? evidence.diagnosticData().scrapes().stream()
            .filter(s -> missing.contains(s.node()))
            .filter(s -> ScrapeRule.first(s.error()).code() == FindingCode.KubeletUnreachable)
            .toList()
        : List.of();
  }

  private static Finding ownNode(Evidence evidence, String node) {
    return new Finding(
        FindingCode.OwnNodeUnreachable,
        evidence.severity(),
        "metrics-server does not reach the kubelet of %s, the node that it runs on, and reaches those of other nodes: either that kubelet does not run, or its node blocks connections from pods to its own address, as Fargate does"
            .formatted(node),
        Remedy.manual("allow connections from pods to their own node's address")
            .or(
                evidence.installation().ours()
                    ? Context.choose("scheduling.nodeSelector", "to labels of other nodes")
                    : new Context(evidence.installation())
                        .edit("set nodeSelector to labels of other nodes")),
        ObjectName.cluster("Node", node));
  }

  private static Finding without(Evidence evidence, List<String> missing) {
    var coverage = evidence.observations().coverage();
    return new Finding(
        FindingCode.NodesWithoutMetrics,
        evidence.severity(),
        "%d of %d nodes have no metrics: %s"
            .formatted(missing.size(), coverage.expected(), KubeletPlanner.firstNames(missing)),
        Remedy.of(
            new Context(evidence.installation())
                .kubectl(
                    "to see the reason",
                    "logs deployment/%s | grep %s",
                    evidence.installation().deployment(),
                    missing.getFirst())),
        ObjectName.cluster("Node", missing.getFirst()));
  }

  /** Nodes that are not expected to have metrics. */
  static List<Finding> nodesNotReady(Evidence evidence) {
    var nodes = evidence.observations().coverage().notReady();
    return nodes.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                FindingCode.NodesNotReady,
                Severity.Info,
                "%s %s not Ready, so no metrics are expected; metrics-server is not the cause"
                    .formatted(KubeletPlanner.firstNames(nodes), nodes.size() == 1 ? "is" : "are"),
                Remedy.of(
                    Step.run("to see the reason", "kubectl describe node %s", nodes.getFirst())),
                ObjectName.cluster("Node", nodes.getFirst())));
  }
}
