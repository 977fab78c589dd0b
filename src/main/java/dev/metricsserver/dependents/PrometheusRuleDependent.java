package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.rendering.Monitoring;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.PrometheusRule;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;

/** What Prometheus alerts about. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class PrometheusRuleDependent extends OptionalDependent<PrometheusRule> {

  /** For the workflow. */
  public PrometheusRuleDependent() {
    super(PrometheusRule.class, Names.METRICS_SERVER, Monitoring::rule);
  }

  /** Whether the cluster has the kind; without it there is nothing to watch, and none to delete. */
  public static final class Known implements Condition<PrometheusRule, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<PrometheusRule, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return plan(context).monitoring().kinds().rules();
    }
  }
}
