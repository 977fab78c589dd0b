package dev.metricsserver.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.History.Failure;
import dev.metricsserver.plan.Plans;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What users read about a configuration that was gone back from. */
class RollbackFindingsTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Unschedulable | 0/2 nodes are available | no node accepted its pods: 0/2 nodes are"
            + " available | correct spec.scheduling or spec.resources.requests",
        "ImagePullBackOff | not found | its image could not be pulled: not found | correct"
            + " spec.version or spec.image",
        "NotStarted | '' | its image or volumes were not available in time | correct spec.version"
            + " or spec.image",
        "OOMKilled | '' | it needed more memory than its limit | set spec.resources.limits.memory"
            + " to a higher value",
        "CrashLoopBackOff | unknown flag | metrics-server exited at startup: unknown flag | correct"
            + " spec.extraArgs, spec.version or spec.image",
        "NotReady | '' | its pods ran and had no metrics to serve | correct spec.version, image,"
            + " resources, scheduling or extraArgs",
        "NotCreated | exceeded quota | Kubernetes rejected its pods: exceeded quota |"
            + " correct spec.version, image, resources, scheduling or extraArgs",
        "CreateContainerConfigError | no such key | CreateContainerConfigError: no such key |"
            + " correct spec.version, image, resources, scheduling or extraArgs"
      })
  void rollback_namesTheReasonAndTheFields(
      String reason, String message, String why, String remedy) {
    var finding =
        RollbackFindings.of(
            new Failure("uid/7/0", reason, message),
            Plans.plan("version: 0.8.1").rollback().configuration(),
            Severity.Warning);
    assertThat(finding.code()).isEqualTo(FindingCode.RolledBack);
    assertThat(finding.message())
        .isEqualTo(
            "the operator restored the last configuration that was Ready (metrics-server 0.8.1),"
                + " because the new one did not become ready: "
                + why);
    assertThat(finding.remedyText()).startsWith(remedy);
    assertThat(finding.stalled()).isTrue();
  }
}
