package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.InstallationOrder;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Workload;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.ReconcileResult;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Optional;

/** The pods. It depends on the ServiceAccount, whose UID is part of the pod template. */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer =
        @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.METRICS_SERVER)))
public final class DeploymentDependent extends ManagedDependent<Deployment> {

  /** For the workflow. */
  public DeploymentDependent() {
    super(Deployment.class, null);
  }

  @Override
  public ReconcileResult<Deployment> reconcile(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return InstallationOrder.appliesDeployment(plan(context).serving(), certificates(context))
        ? super.reconcile(primary, context)
        : ReconcileResult.noOperation(null);
  }

  @Override
  protected Deployment desired(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    var plan = plan(context);
    var serviceAccount =
        context
            .getSecondaryResourcesAsStream(ServiceAccount.class)
            .filter(s -> s.getMetadata().getNamespace().equals(plan.namespace()))
            .findFirst()
            .orElseThrow(
                () -> new IllegalStateException("the ServiceAccount was deleted a moment ago"));
    return Workload.deployment(plan, Optional.of(serviceAccount.getMetadata().getUid()));
  }

  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return new ResourceID(Names.METRICS_SERVER, plan(context).namespace());
  }
}
