package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import dev.metricsserver.rendering.PrometheusRule;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** What Prometheus alerts about. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class PrometheusRuleDependent extends OptionalDependent<PrometheusRule> {

  /** For the workflow. */
  public PrometheusRuleDependent() {
    super(PrometheusRule.class, OptionalObject.PROMETHEUS_RULE);
  }
}
