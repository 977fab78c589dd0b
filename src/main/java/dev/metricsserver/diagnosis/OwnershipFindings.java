package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.diagnosis.Step.SetField;
import java.util.List;

/** Who owns metrics-server. */
final class OwnershipFindings {

  private OwnershipFindings() {}

  /** The previous owner, and what keeps it from reverting the operator's changes. */
  static List<Finding> adopted(Evidence evidence) {
    return evidence.subject().plan().flatMap(p -> p.adoption().previousOwner()).stream()
        .map(owner ->
            new Finding(
                FindingCode.Adopted,
                Severity.Info,
                "metrics-server was adopted from %s, which may still list it"
                    .formatted(OwnerText.name(owner)),
                Remedy.manual(OwnerText.release(Owners.safe(owner)))
                    .then(new SetField("conflictPolicy", "Refuse", "clears this finding")),
                evidence.installation().object()))
        .toList();
  }

  /** The owner of an installation that the operator only observes. */
  static List<Finding> observing(Evidence evidence) {
    return evidence.subject().foreign().stream()
        .limit(1)
        .map(foreign ->
            new Finding(
                FindingCode.Observing,
                Severity.Info,
                "the operator only observes this metrics-server, because %s installed it (recognised by %s)"
                    .formatted(OwnerText.name(foreign.owner()), foreign.owner().mark()),
                Remedy.none("none")
                    .or(new SetField("conflictPolicy", "Adopt", "the operator then adopts it")),
                foreign.object()))
        .toList();
  }
}
