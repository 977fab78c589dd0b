package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.api.ServingSpec.Source;
import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.tls.ServingCertificates;
import io.fabric8.kubernetes.api.model.Secret;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.ReconcileResult;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * A Secret with a key. What it holds depends on what it held, so it is changed only as it was seen
 * by who decided: of two that would each write a key, one comes too late and looks again.
 *
 * <p>Where pods make their own it is left as it is, for those that still serve from it.
 */
abstract class ServingSecretDependent extends ManagedDependent<Secret> {

  private final String secret;
  private final Predicate<ServingCertificates> known;
  private final BiFunction<MetricsServerPlan, ServingCertificates, Secret> form;

  /**
   * @param secret its name
   * @param known whether it is known what it is to hold
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
    return plan(context).serving().source() != Source.SelfSigned
            && known.test(certificates(context))
            && asSeen(primary, context)
        ? super.reconcile(primary, context)
        : ReconcileResult.noOperation(null);
  }

  private boolean asSeen(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return getSecondaryResource(primary, context)
        .map(now -> now.getMetadata().getResourceVersion())
        .equals(seen(context, secret));
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
