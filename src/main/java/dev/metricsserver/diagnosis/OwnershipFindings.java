package dev.metricsserver.diagnosis;

import dev.metricsserver.api.MetricsServerConfigSpec.ConflictPolicy;
import dev.metricsserver.diagnosis.Finding.Severity;
import java.util.List;

/** Whose metrics-server it is. */
final class OwnershipFindings {

  private OwnershipFindings() {}

  /** Whose it was, and what is left to do so that it does not become theirs again. */
  static List<Finding> adopted(Evidence evidence) {
    return evidence.subject().plan().flatMap(p -> p.adoption().previousOwner()).stream()
        .map(owner ->
            new Finding(
                FindingCode.Adopted,
                Severity.Info,
                "metrics-server was taken over from %s, who may not know that"
                    .formatted(OwnerText.name(owner)),
                OwnerText.release(owner)
                    + "; then set spec.conflictPolicy: Refuse, and this is told no more",
                evidence.installation().object()))
        .toList();
  }

  /** That it is only watched, and whose it is. */
  static List<Finding> observing(Evidence evidence) {
    return evidence.subject().foreign().stream()
        .limit(1)
        .map(foreign ->
            new Finding(
                FindingCode.Observing,
                Severity.Info,
                "this metrics-server was installed by %s (recognised by %s), and is only watched"
                    .formatted(OwnerText.name(foreign.owner()), foreign.owner().mark()),
                "none needed; %s lets the operator take it over"
                    .formatted(OwnerText.set(ConflictPolicy.Adopt)),
                foreign.object().toString()))
        .toList();
  }
}
