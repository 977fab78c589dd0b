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
        "Unschedulable | 0/2 nodes are available | no node could take its pods: 0/2 nodes are"
            + " available | correct spec.scheduling or spec.resources.requests",
        "ImagePullBackOff | not found | its image could not be pulled: not found | correct"
            + " spec.version or spec.image, or put the image where the nodes find it",
        "NotStarted | '' | its image or volumes did not come | correct spec.version or spec.image,"
            + " or put the image where the nodes find it",
        "OOMKilled | '' | it needed more memory than its limit | set spec.resources.limits.memory"
            + " to more",
        "CrashLoopBackOff | unknown flag | metrics-server stopped right after its start: unknown"
            + " flag | correct spec.extraArgs, spec.version or spec.image",
        "NotReady | '' | its pods ran, and had no metrics to serve | correct spec.version, image,"
            + " resources, scheduling or extraArgs",
        "NotCreated | exceeded quota | Kubernetes refused to create its pods: exceeded quota |"
            + " correct spec.version, image, resources, scheduling or extraArgs",
        "CreateContainerConfigError | no such key | CreateContainerConfigError: no such key |"
            + " correct spec.version, image, resources, scheduling or extraArgs"
      })
  void sentences(String reason, String message, String why, String remedy) {
    assertThat(
            RollbackFindings.of(
                new Failure("uid/7/0", reason, message),
                Plans.plan("version: 0.8.1").rollback().configuration(),
                Severity.Warning))
        .isEqualTo(
            new Finding(
                FindingCode.RolledBack,
                Severity.Warning,
                "the last configuration that was Ready is in force again (metrics-server 0.8.1),"
                    + " because the new one never became ready: "
                    + why,
                remedy + "; every change of the spec is tried anew",
                "MetricsServerConfig/cluster",
                true));
  }
}
