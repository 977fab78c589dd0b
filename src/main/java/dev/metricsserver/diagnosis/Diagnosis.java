package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.DiagnosticData.Unread;
import dev.metricsserver.plan.Decision.Refusal;
import dev.metricsserver.plan.Violation;
import dev.metricsserver.reading.Installation;
import dev.metricsserver.reading.Installation.Keeper;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Turns evidence into findings. */
public final class Diagnosis {

  /** One check; finds nothing while all is well. */
  @FunctionalInterface
  interface Check {
    List<Finding> of(Evidence evidence);
  }

  /**
   * The path from pods to answers, causes before consequences. The first check that finds something
   * ends the walk, because all later problems are its consequences.
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

  /** Checks that are independent of the path. */
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

  private static final String PACKAGE = Diagnosis.class.getPackageName() + ".";

  private Diagnosis() {}

  /**
   * Diagnoses once: everything that is wrong or worth knowing, and whether more evidence is needed.
   * A check that throws becomes one finding and hides no other.
   */
  public static Assessment assess(Evidence evidence) {
    var failures = new ArrayList<Finding>();
    var broken =
        PATH.stream()
            .map(check -> result(check, evidence, failures))
            .filter(findings -> !findings.isEmpty())
            .findFirst()
            .orElse(List.of());
    var beside =
        BESIDE.stream().flatMap(check -> result(check, evidence, failures).stream()).toList();
    return new Assessment(
        Stream.of(
                result(RollbackFindings::of, evidence, failures).stream(),
                broken.stream(),
                beside.stream(),
                failures.stream())
            .flatMap(findings -> findings)
            .map(finding -> finding.with(adapted(finding.remedy(), evidence.installation())))
            .sorted(Comparator.comparing(Finding::severity))
            .toList());
  }

  /** A paused operator changes nothing, and an owner reverts changes of its Deployment. */
  private static Remedy adapted(Remedy remedy, Installation installation) {
    return installation.keeper() == Keeper.PausedOperator
        ? remedy.unpaused()
        : PackagingRemedy.lasting(remedy, installation);
  }

  private static List<Finding> result(Check check, Evidence evidence, List<Finding> failures) {
    try {
      return check.of(evidence);
    } catch (RuntimeException e) {
      var failure = failed(e, evidence);
      if (!failures.contains(failure)) {
        failures.add(failure);
      }
      return List.of();
    }
  }

  /** Names the place of the failure, so that a report of it can be acted on. */
  private static Finding failed(RuntimeException e, Evidence evidence) {
    var place =
        Stream.of(e.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith(PACKAGE))
            .findFirst()
            .map(frame ->
                frame.getClassName().substring(PACKAGE.length()) + "." + frame.getMethodName())
            .orElse("a check");
    return new Finding(
        FindingCode.CheckFailed,
        Severity.Warning,
        "%s of this diagnosis failed, so a finding may be missing: %s".formatted(place, e),
        Remedy.manual("report this message to the project; the other findings are complete"),
        evidence.installation().object());
  }

  /**
   * The findings where no metrics-server is found.
   *
   * @param service the Service that the APIService names, as namespace/name; empty when no
   *     APIService exists
   * @param unread what could not be read: a metrics-server may exist all the same
   */
  public static List<Finding> nothingFound(Optional<String> service, List<Unread> unread) {
    return unread.isEmpty()
        ? List.of(APIServiceFindings.nothingFound(service))
        : unread.stream().map(AccessFindings::unread).toList();
  }

  /** Findings about a rejected spec, one for each violation. */
  public static List<Finding> refused(Refusal reason, List<Violation> violations) {
    var code = FindingCode.valueOf(reason.name());
    return violations.stream()
        .map(ViolationText::of)
        .map(text ->
            new Finding(code, Severity.Error, text.sentence(), text.remedy(), Finding.CONFIG))
        .toList();
  }
}
