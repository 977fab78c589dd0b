package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.rendering.Names;
import dev.metricsserver.rendering.Serving;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.javaoperatorsdk.operator.api.config.informer.Field;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.dependent.ReconcileResult;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.BooleanWithUndefined;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependent;

/**
 * The registration of the metrics API. It is made when an endpoint is ready: made earlier, the API
 * servers find nobody, back off, and look again seconds after the pods are ready. Once it was made
 * it is kept and repaired whatever the pods do; a workflow's reconcile precondition would delete it
 * when they are not ready.
 */
@KubernetesDependent(
    useSSA = BooleanWithUndefined.TRUE,
    informer = @Informer(fieldSelector = @Field(path = "metadata.name", value = Names.API_SERVICE)))
public final class APIServiceDependent extends ManagedDependent<APIService> {

  /** For the workflow. */
  public APIServiceDependent() {
    super(APIService.class, Serving::apiService);
  }

  @Override
  public ReconcileResult<APIService> reconcile(
      MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return plan(context).serving().registrable()
            && (serves(primary, context) || endpointReady(context))
        ? super.reconcile(primary, context)
        : ReconcileResult.noOperation(null);
  }

  @Override
  public Result<APIService> match(
      APIService actual,
      APIService desired,
      MetricsServerConfig primary,
      Context<MetricsServerConfig> context) {
    return super.match(complete(actual), desired, primary, context);
  }

  /**
   * With what the API server leaves out: it remembers who said that {@code insecureSkipTLSVerify}
   * is false, and not that it is.
   */
  public static APIService complete(APIService actual) {
    return new APIServiceBuilder(actual)
        .editSpec()
        .withInsecureSkipTLSVerify(Boolean.TRUE.equals(actual.getSpec().getInsecureSkipTLSVerify()))
        .endSpec()
        .build();
  }

  /** One that leads elsewhere serves until ours can; one that is gone was ours, if any was. */
  private boolean serves(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return getSecondaryResource(primary, context)
        .map(registration -> leadsTo(registration, plan(context).namespace()))
        .orElseGet(() -> primary.getStatus() != null && primary.getStatus().isRegistered());
  }

  private static boolean leadsTo(APIService registration, String namespace) {
    var service = registration.getSpec().getService();
    return service != null
        && Names.METRICS_SERVER.equals(service.getName())
        && namespace.equals(service.getNamespace());
  }

  private static boolean endpointReady(Context<MetricsServerConfig> context) {
    return Endpoints.ready(
        context.getSecondaryResources(EndpointSlice.class),
        plan(context).namespace(),
        Names.METRICS_SERVER);
  }
}
