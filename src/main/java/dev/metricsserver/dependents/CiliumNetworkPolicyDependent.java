package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.rendering.CiliumNetwork;
import dev.metricsserver.rendering.CiliumNetworkPolicy;
import dev.metricsserver.rendering.Names;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.DependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Condition;

/** Who may connect to metrics-server, and where it may connect to, in Cilium's words. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.NETWORK_POLICY)))
public final class CiliumNetworkPolicyDependent extends OptionalDependent<CiliumNetworkPolicy> {

  /** For the workflow. */
  public CiliumNetworkPolicyDependent() {
    super(CiliumNetworkPolicy.class, Names.NETWORK_POLICY, CiliumNetwork::policy);
  }

  /** Whether the cluster has the kind; without it there is nothing to watch, and none to delete. */
  public static final class Known implements Condition<CiliumNetworkPolicy, MetricsServerConfig> {
    @Override
    public boolean isMet(
        DependentResource<CiliumNetworkPolicy, MetricsServerConfig> dependent,
        MetricsServerConfig primary,
        Context<MetricsServerConfig> context) {
      return plan(context).network().cilium().known();
    }
  }
}
