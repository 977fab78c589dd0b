package dev.metricsserver.dependents;

import dev.metricsserver.rendering.CiliumNetworkPolicy;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Who may connect to metrics-server, and where it may connect to, in Cilium's words. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.NETWORK_POLICY)))
public final class CiliumNetworkPolicyDependent extends OptionalDependent<CiliumNetworkPolicy> {

  /** For the workflow. */
  public CiliumNetworkPolicyDependent() {
    super(CiliumNetworkPolicy.class, OptionalObject.CILIUM_NETWORK_POLICY);
  }
}
