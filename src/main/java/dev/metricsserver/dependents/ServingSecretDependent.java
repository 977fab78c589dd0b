package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.plan.InstallationOrder;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.Secret;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.ReconcileResult;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * A Secret with a private key. Its next content depends on the present one, so it is changed only
 * if it is still the one that the decision was made by: of two operators that would each write a
 * key, the second is rejected and decides again.
 */
abstract class ServingSecretDependent extends ManagedDependent<Secret> {

  private final String secret;
  private final Predicate<ServingCertificates> known;
  private final BiFunction<MetricsServerPlan, ServingCertificates, Secret> form;

  /**
   * @param secret its name
   * @param known whether its content is decided
   */
  ServingSecretDependent(
      String secret,
      Predicate<ServingCertificates> known,
      BiFunction<MetricsServerPlan, ServingCertificates, Secret> form) {
    super(Secret.class, null);
    this.secret = secret;
    this.known = known;
    this.form = form;
  }

  @Override
  public ReconcileResult<Secret> reconcile(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return InstallationOrder.appliesServingSecret(
            plan(context).serving(), known.test(certificates(context)), unchanged(primary, context))
        ? super.reconcile(primary, context)
        : ReconcileResult.noOperation(null);
  }

  private boolean unchanged(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return getSecondaryResource(primary, context)
        .map(now -> now.getMetadata().getResourceVersion())
        .equals(Optional.ofNullable(ReconcileState.of(context).secretVersions().get(secret)));
  }

  @Override
  protected Secret desired(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return form.apply(plan(context), certificates(context));
  }

  @Override
  public Secret update(
      Secret actual,
      Secret desired,
      MetricsServerConfig primary,
      Context<MetricsServerConfig> context) {
    desired.getMetadata().setResourceVersion(actual.getMetadata().getResourceVersion());
    return super.update(actual, desired, primary, context);
  }

  @Override
  protected ResourceID targetSecondaryResourceID(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return new ResourceID(secret, plan(context).namespace());
  }
}
