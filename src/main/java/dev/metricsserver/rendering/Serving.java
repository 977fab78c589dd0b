package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.APIService;
import io.fabric8.kubernetes.api.model.APIServiceBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;

/** How requests for metrics reach the pods. */
public final class Serving {

  private static final int SERVICE_PORT = 443;

  private Serving() {}

  /** The Service that the API servers dial. */
  public static Service service(MetricsServerPlan plan) {
    return new ServiceBuilder()
        .withMetadata(Names.metadata(plan.namespace(), Names.METRICS_SERVER))
        .withNewSpec()
        .withSelector(Names.SELECTOR)
        .addNewPort()
        .withName(Names.PORT)
        .withProtocol("TCP")
        .withAppProtocol("https")
        .withPort(SERVICE_PORT)
        .withTargetPort(new IntOrString(Names.PORT))
        .endPort()
        .endSpec()
        .build();
  }

  /** The registration of the metrics API. */
  public static APIService apiService(MetricsServerPlan plan) {
    return new APIServiceBuilder()
        .withMetadata(Names.metadata(Names.API_SERVICE))
        .withNewSpec()
        .withGroup("metrics.k8s.io")
        .withVersion("v1beta1")
        .withGroupPriorityMinimum(100)
        .withVersionPriority(100)
        .withInsecureSkipTLSVerify(plan.servingTLS().verified() ? null : true)
        .withNewService()
        .withNamespace(plan.namespace())
        .withName(Names.METRICS_SERVER)
        .withPort(SERVICE_PORT)
        .endService()
        .endSpec()
        .build();
  }
}
