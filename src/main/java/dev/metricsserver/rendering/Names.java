package dev.metricsserver.rendering;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** Names and labels. They are upstream's, because commands and dashboards depend on them. */
public final class Names {

  /** The operator, as a field manager and as the manager of objects. */
  public static final String MANAGED_BY = "metrics-server-operator";

  /** ServiceAccount, Service, Deployment and PodDisruptionBudget. */
  public static final String METRICS_SERVER = "metrics-server";

  /** The NetworkPolicy. */
  public static final String NETWORK_POLICY = "metrics-server-netpol";

  /** The APIService. */
  public static final String API_SERVICE = "v1beta1.metrics.k8s.io";

  /** The ClusterRole and ClusterRoleBinding of metrics-server. */
  public static final String CLUSTER_ROLE = "system:metrics-server";

  /** The ClusterRole with which users read the metrics API. */
  public static final String READER_ROLE = "system:aggregated-metrics-reader";

  /** The ClusterRoleBinding with which metrics-server authenticates and authorizes clients. */
  public static final String AUTH_DELEGATOR = "metrics-server:system:auth-delegator";

  /** The RoleBinding with which metrics-server reads how clients are authenticated. */
  public static final String AUTH_READER = "metrics-server-auth-reader";

  /** The namespace of {@link #AUTH_READER} and of the ConfigMap that it makes readable. */
  public static final String AUTH_READER_NAMESPACE = "kube-system";

  /** The ClusterRoleBinding that lets Prometheus read metrics-server's own metrics. */
  public static final String METRICS_READER = "metrics-server-metrics-reader";

  /** The ClusterRole of that binding, a part of {@code deploy/base/rbac.yaml}. */
  public static final String METRICS_READER_ROLE = "metrics-server-operator-metrics-reader";

  /** The name of the Service's port, by which the API server finds it in EndpointSlices. */
  public static final String PORT = "https";

  /** The ControllerRevision with the configuration that was last Ready. */
  public static final String LAST_READY = MANAGED_BY + "-last-ready";

  /** The label with the version. */
  public static final String VERSION_LABEL = "app.kubernetes.io/version";

  /** The label with the manager of an object. */
  public static final String MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";

  /** Selects metrics-server's pods, of any installation. */
  public static final Map<String, String> SELECTOR = Map.of("k8s-app", METRICS_SERVER);

  /** Selects the pods that this operator created, and no others. */
  public static final Map<String, String> PODS =
      Collections.unmodifiableMap(
          new TreeMap<>(Map.of(MANAGED_BY_LABEL, MANAGED_BY, "k8s-app", METRICS_SERVER)));

  private Names() {}

  /** Metadata of a cluster-scoped object. */
  static ObjectMeta metadata(String name) {
    return metadata(null, name);
  }

  /** Metadata of a namespaced object. */
  static ObjectMeta metadata(String namespace, String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(namespace)
        .addToLabels(SELECTOR)
        .addToLabels("app.kubernetes.io/name", METRICS_SERVER)
        .addToLabels(MANAGED_BY_LABEL, MANAGED_BY)
        .build();
  }
}
