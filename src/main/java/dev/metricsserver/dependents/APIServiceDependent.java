package dev.metricsserver.dependents;

import dev.metricsserver.api.MetricsServerConfig;
import dev.metricsserver.model.Endpoints;
import dev.metricsserver.plan.InstallationOrder;
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
 * The APIService of the metrics API. Once it exists it is kept and repaired whatever state the pods
 * are in; a workflow's reconcile precondition would delete it when they are not ready.
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
    return InstallationOrder.appliesAPIService(
            plan(context).serving(), registered(primary, context), endpointReady(context))
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
   * With {@code insecureSkipTLSVerify: false}, which the API server leaves out although its managed
   * fields list it.
   */
  public static APIService complete(APIService actual) {
    return new APIServiceBuilder(actual)
        .editSpec()
        .withInsecureSkipTLSVerify(Boolean.TRUE.equals(actual.getSpec().getInsecureSkipTLSVerify()))
        .endSpec()
        .build();
  }

  /**
   * An APIService that leads to another Service is replaced when an endpoint is ready; a deleted
   * one at once, if the status says that it was registered.
   */
  private boolean registered(MetricsServerConfig primary, Context<MetricsServerConfig> context) {
    return getSecondaryResource(primary, context)
        .map(apiService -> leadsTo(apiService, plan(context).namespace()))
        .orElseGet(() -> primary.getStatus() != null && primary.getStatus().isRegistered());
  }

  private static boolean leadsTo(APIService apiService, String namespace) {
    var service = apiService.getSpec().getService();
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
