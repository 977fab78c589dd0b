package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Violation;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** From evidence to findings: the first is the one to look at first. */
public final class Diagnosis {

  /** Looks at one thing; finds nothing while that is as it should be. */
  @FunctionalInterface
  interface Check {
    List<Finding> of(Evidence evidence);
  }

  /**
   * The path from pods to answers, causes before consequences. The first check that finds something
   * ends the walk: what comes after a broken link is its consequence.
   */
  private static final List<Check> PATH =
      List.of(
          PodFindings::scaledToZero,
          PodFindings::notCreated,
          PodFindings::notStarted,
          PodFindings::outOfReach,
          AccessFindings::frontProxyUnknown,
          AccessFindings::rightsMissing,
          NetworkFindings::ingressClosed,
          APIServiceFindings::unregistered,
          APIServiceFindings::unreachable,
          APIServiceFindings::unanswered,
          NetworkFindings::egressClosed,
          PodFindings::notRunning,
          PodFindings::complainedOf,
          ScrapeFindings::nothingScraped);

  /** What is wrong whatever else is. */
  private static final List<Check> BESIDE =
      List.of(
          CertificateFindings::of,
          CertificateFindings::denied,
          KubeletFindings::unreadable,
          ScrapeFindings::nodesMissing,
          APIServiceFindings::stale,
          PodFindings::standIns,
          PodFindings::fewerThanWanted,
          PodFindings::stuck,
          SideEffectFindings::stuckNamespaces,
          HygieneFindings::others,
          ScrapeFindings::nodesNotReady,
          KubeletFindings::weaknesses,
          ServingFindings::unverified,
          ServingFindings::unusable,
          ServingFindings::expiring,
          VersionFindings::of,
          SecurityFindings::network,
          SecurityFindings::monitoring,
          OwnershipFindings::adopted,
          OwnershipFindings::observing,
          HygieneFindings::of,
          ConsumerFindings::of,
          AccessFindings::unread);

  /** Findings that leave open why: the pods' logs may tell. */
  private static final Set<String> UNDECIDED =
      Set.of(
          "APIServiceUnavailable",
          "FrontProxyNotTrusted",
          "KubeletsNotScraped",
          "MetricsNotAnswered",
          "MetricsServerFails",
          "NodesWithoutMetrics",
          "PodCrashing",
          "WindowsNodesWithoutMetrics");

  private Diagnosis() {}

  /** Everything that is wrong or worth knowing, errors first. */
  public static List<Finding> diagnose(Evidence evidence) {
    var broken =
        PATH.stream()
            .map(check -> check.of(evidence))
            .filter(findings -> !findings.isEmpty())
            .findFirst()
            .orElse(List.of());
    return Stream.of(
            RollbackFindings.of(evidence).stream(),
            broken.stream(),
            BESIDE.stream().flatMap(check -> check.of(evidence).stream()))
        .flatMap(findings -> findings)
        .map(finding -> PackagingRemedy.kept(finding, evidence.installation()))
        .sorted(Comparator.comparing(Finding::severity))
        .toList();
  }

  /** Whether metrics are missing, so that it is worth to look for clues. */
  public static boolean wrong(Evidence evidence) {
    return diagnose(evidence.with(DiagnosticData.NONE)).stream()
        .anyMatch(f -> f.severity() == Severity.Error || UNDECIDED.contains(f.code()));
  }

  /** Whether these clues leave open why metrics are missing. */
  public static boolean undecided(Evidence evidence) {
    return diagnose(evidence).stream().anyMatch(f -> UNDECIDED.contains(f.code()));
  }

  /**
   * What there is to say where no metrics-server is found.
   *
   * @param service the Service that the metrics API is registered with, as namespace/name; empty
   *     when it is registered with none
   * @param unread what could not be read: there may be one all the same
   */
  public static List<Finding> nothingFound(Optional<String> service, List<Unread> unread) {
    return unread.isEmpty()
        ? List.of(APIServiceFindings.nothingFound(service))
        : unread.stream().map(AccessFindings::unread).toList();
  }

  /** Findings about a refused spec, one for each violation. */
  public static List<Finding> refused(Refusal reason, List<Violation> violations) {
    return violations.stream()
        .map(ViolationText::of)
        .map(text ->
            new Finding(
                reason.name(),
                Severity.Error,
                text.sentence(),
                text.remedy(),
                "MetricsServerConfig/cluster"))
        .toList();
  }
}
