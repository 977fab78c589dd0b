package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Scrape;
import dev.metricsserver.model.Scrapes;
import dev.metricsserver.plan.KubeletPlanner;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether metrics-server gets metrics from the kubelets. */
final class ScrapeFindings {

  private static final Duration CONTAINER_START = Duration.ofSeconds(10);

  private ScrapeFindings() {}

  /**
   * The pods run, but after two scrapes and some they still have nothing to serve, and what the
   * kubelets show does not explain it.
   */
  static List<Finding> nothingScraped(Evidence evidence) {
    var installation = evidence.installation();
    var patience = Scrapes.untilMetrics(installation.scrapeInterval(), CONTAINER_START);
    if (evidence.serving()
        || !CertificateFindings.of(evidence).isEmpty()
        || !KubeletFindings.unreadable(evidence).isEmpty()) {
      return List.of();
    }
    var told = told(evidence, evidence.clues().scrapes());
    return evidence.observations().pods().stream()
        .filter(
            p -> p.runningSince().map(t -> t.plus(patience).isBefore(evidence.now())).orElse(false))
        .limit(1)
        .flatMap(p -> told.isEmpty() ? Stream.of(unexplained(evidence, p.name())) : told.stream())
        .toList();
  }

  private static Finding unexplained(Evidence evidence, String pod) {
    var installation = evidence.installation();
    var object = "Pod/%s/%s".formatted(installation.namespace(), pod);
    return evidence.clues().log().stream()
        .flatMap(words ->
            Rule.first(PodRules.CRASH, words, installation, Severity.Error, object).stream())
        .findFirst()
        .orElseGet(() ->
            new Finding(
                FindingCode.KubeletsNotScraped,
                Severity.Error,
                "metrics-server runs but gets no metrics from the kubelets",
                "see the reason with kubectl -n %s logs %s"
                    .formatted(installation.namespace(), pod),
                object));
  }

  /** What metrics-server's log says of kubelets, one finding for each kind of trouble. */
  private static List<Finding> told(Evidence evidence, List<Scrape> scrapes) {
    return ScrapeRules.RULES.stream()
        .flatMap(rule -> {
          var nodes =
              scrapes.stream().filter(s -> ScrapeRules.first(s.error()).equals(rule)).toList();
          return nodes.isEmpty() ? Stream.empty() : Stream.of(told(evidence, rule, nodes));
        })
        .toList();
  }

  private static Finding told(Evidence evidence, Rule rule, List<Scrape> nodes) {
    var names = KubeletPlanner.firstNames(nodes.stream().map(Scrape::node).toList());
    var first = nodes.getFirst();
    var finding =
        Rule.first(
                List.of(rule),
                first.error(),
                evidence.installation(),
                evidence.severity(),
                "Node/" + first.node())
            .orElseThrow();
    return new Finding(
        finding.code(),
        finding.severity(),
        finding.message().replace("{nodes}", names),
        finding.remedy().replace("{node}", first.node()),
        finding.object());
  }

  /** Nodes that should have metrics and have none, but for those whose kubelet is the reason. */
  static List<Finding> nodesMissing(Evidence evidence) {
    var coverage = evidence.observations().coverage();
    var explained = KubeletFindings.nodes(evidence);
    var missing = coverage.missing().stream().filter(n -> !explained.contains(n)).toList();
    if (!evidence.serving() || !evidence.answering() || missing.isEmpty()) {
      return List.of();
    }
    var own = own(evidence, missing);
    var told =
        Stream.concat(
                own.stream().limit(1).map(s -> ownNode(evidence, s.node())),
                told(
                    evidence,
                    evidence.clues().scrapes().stream()
                        .filter(s -> missing.contains(s.node()) && !own.contains(s))
                        .toList())
                    .stream())
            .toList();
    var silent =
        missing.stream()
            .filter(n -> evidence.clues().scrapes().stream().noneMatch(s -> s.node().equals(n)))
            .collect(Collectors.partitioningBy(coverage.windows()::contains));
    return Stream.of(
            told.stream(),
            Stream.of(silent.get(false))
                .filter(nodes -> !nodes.isEmpty())
                .map(nodes -> without(evidence, nodes)),
            Stream.of(silent.get(true))
                .filter(nodes -> !nodes.isEmpty())
                .map(nodes -> windows(evidence, nodes)))
        .flatMap(findings -> findings)
        .toList();
  }

  /** Their kubelets answer, and have nothing to tell. */
  private static Finding windows(Evidence evidence, List<String> nodes) {
    var installation = evidence.installation();
    return new Finding(
        FindingCode.WindowsNodesWithoutMetrics,
        evidence.severity(),
        "%s %s Windows and %s no metrics: the container runtime of a Windows node often has none for its kubelet (hcsshim, containerd 1.6.5 and 1.6.6); this is not metrics-server's fault"
            .formatted(
                KubeletPlanner.firstNames(nodes),
                nodes.size() == 1 ? "runs" : "run",
                nodes.size() == 1 ? "has" : "have"),
        Rule.filled(
            "kubectl get --raw /api/v1/nodes/%s/proxy/metrics/resource shows what the kubelet has; update the node's containerd, or leave Windows out: "
                    .formatted(nodes.getFirst())
                + (installation.ours()
                    ? "spec.kubelet.nodeSelector: {kubernetes.io/os: linux}"
                    : "{flags --node-selector=kubernetes.io/os=linux}"),
            installation),
        "Node/" + nodes.getFirst());
  }

  /** The one missing node, where the only pod runs there and gets through to others. */
  private static List<Scrape> own(Evidence evidence, List<String> missing) {
    var pods = evidence.observations().pods();
    return pods.size() == 1
            && pods.getFirst().node().map(List::of).equals(Optional.of(missing))
            && evidence.observations().coverage().reporting() > 0
        ? evidence.clues().scrapes().stream()
            .filter(s -> missing.contains(s.node()))
            .filter(s -> ScrapeRules.first(s.error()).code() == FindingCode.KubeletUnreachable)
            .toList()
        : List.of();
  }

  private static Finding ownNode(Evidence evidence, String node) {
    return new Finding(
        FindingCode.OwnNodeUnreachable,
        evidence.severity(),
        "metrics-server does not reach the kubelet of %s, on which it runs itself, and reaches those of other nodes: either that kubelet stands still, or its node does not let pods connect to its own address, as Fargate never does"
            .formatted(node),
        "let pods connect to their own node's address, or "
            + (evidence.installation().ours()
                ? "have metrics-server run on other nodes: spec.scheduling.nodeSelector"
                : Rule.filled(
                    "have metrics-server run on another node: kubectl -n {namespace} edit"
                        + " deployment {deployment}: set nodeSelector",
                    evidence.installation())),
        "Node/" + node);
  }

  private static Finding without(Evidence evidence, List<String> missing) {
    var coverage = evidence.observations().coverage();
    return new Finding(
        FindingCode.NodesWithoutMetrics,
        evidence.severity(),
        "%d of %d nodes have no metrics: %s"
            .formatted(missing.size(), coverage.expected(), KubeletPlanner.firstNames(missing)),
        "kubectl -n %s logs deployment/%s | grep %s"
            .formatted(
                evidence.installation().namespace(),
                evidence.installation().deployment(),
                missing.getFirst()),
        "Node/" + missing.getFirst());
  }

  /** Nodes from which nobody expects metrics. */
  static List<Finding> nodesNotReady(Evidence evidence) {
    var nodes = evidence.observations().coverage().notReady();
    return nodes.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                FindingCode.NodesNotReady,
                Severity.Info,
                "%s %s not Ready and so not expected to have metrics; this is not metrics-server's fault"
                    .formatted(KubeletPlanner.firstNames(nodes), nodes.size() == 1 ? "is" : "are"),
                "kubectl describe node " + nodes.getFirst(),
                "Node/" + nodes.getFirst()));
  }
}
