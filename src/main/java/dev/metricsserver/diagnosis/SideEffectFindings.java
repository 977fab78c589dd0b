package dev.metricsserver.diagnosis;

import dev.metricsserver.diagnosis.Finding.Severity;
import dev.metricsserver.model.ObjectName;
import java.util.List;

/** Consequences of a metrics API that does not answer. */
final class SideEffectFindings {

  private SideEffectFindings() {}

  /** Deleting a namespace queries every API, also one that does not answer. */
  static List<Finding> stuckNamespaces(Evidence evidence) {
    var namespaces = evidence.diagnosticData().stuckNamespaces();
    return namespaces.isEmpty()
        ? List.of()
        : List.of(
            new Finding(
                FindingCode.NamespacesStuck,
                Severity.Warning,
                "the deletion of namespace %s does not complete, because the metrics API does not answer whether it has objects there"
                    .formatted(String.join(", ", namespaces)),
                Remedy.none("none: it completes as soon as the metrics API answers")
                    .or(Context.deleteAPIService()),
                ObjectName.cluster("Namespace", namespaces.getFirst())));
  }
}
