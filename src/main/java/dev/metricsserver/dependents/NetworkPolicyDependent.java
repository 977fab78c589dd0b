package dev.metricsserver.dependents;

import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.OptionalObject;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/** Who may connect to metrics-server, and where it may connect to. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.NETWORK_POLICY)))
public final class NetworkPolicyDependent extends OptionalDependent<NetworkPolicy> {

  /** For the workflow. */
  public NetworkPolicyDependent() {
    super(NetworkPolicy.class, OptionalObject.NETWORK_POLICY);
  }
}
