package dev.metricsserver.dependents;

import dev.metricsserver.plan.AuditPlanner;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** What metrics-server records of who asks for metrics. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = AuditPlanner.CONFIG_MAP)))
public final class AuditPolicyDependent extends OptionalDependent<ConfigMap> {

  /** For the workflow. */
  public AuditPolicyDependent() {
    super(ConfigMap.class, OptionalObject.AUDIT_POLICY);
  }
}
