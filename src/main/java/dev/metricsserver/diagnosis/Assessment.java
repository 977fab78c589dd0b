package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import java.util.List;

/**
 * The result of one diagnosis.
 *
 * @param findings errors first; within a severity, causes before consequences
 */
public record Assessment(List<Finding> findings) {

  /** Whether metrics are missing, so that it is worth reading more evidence. */
  public boolean wrong() {
    return findings.stream()
        .anyMatch(finding -> finding.severity() == Severity.Error || finding.code().open());
  }

  /** Whether the reason why metrics are missing is still unknown. */
  public boolean undecided() {
    return findings.stream().anyMatch(finding -> finding.code().open());
  }
}
