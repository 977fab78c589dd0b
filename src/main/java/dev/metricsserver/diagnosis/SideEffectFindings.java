package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import java.util.List;

/** What else does not work because metrics-server does not. */
final class SideEffectFindings {

  private SideEffectFindings() {}

  /** Deleting a namespace asks every API, also one that does not answer. */
  static List<Finding> stuckNamespaces(Evidence evidence) {
    var namespaces = evidence.clues().stuckNamespaces();
    return namespaces.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                FindingCode.NamespacesStuck,
                Severity.Warning,
                "deleting %s does not finish, because the metrics API does not say whether something of its is in there"
                    .formatted(String.join(", ", namespaces)),
                "none of its own: it goes on as soon as the metrics API answers, or is deleted"
                    + " (kubectl delete apiservice v1beta1.metrics.k8s.io)",
                "Namespace/" + namespaces.getFirst()));
  }
}
