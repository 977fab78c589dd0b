package dev.metricsserver.rendering;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names and labels. They are upstream's, because people's commands and dashboards depend on them.
 */
public final class Names {

  /** ServiceAccount, Service, Deployment and PodDisruptionBudget. */
  public static final String METRICS_SERVER = "metrics-server";

  /** The NetworkPolicy. */
  public static final String NETWORK_POLICY = "metrics-server-netpol";

  /** The APIService. */
  public static final String API_SERVICE = "v1beta1.metrics.k8s.io";

  /** What metrics-server may read: ClusterRole and ClusterRoleBinding. */
  public static final String CLUSTER_ROLE = "system:metrics-server";

  /** What people may read from the metrics API. */
  public static final String READER_ROLE = "system:aggregated-metrics-reader";

  /** The ClusterRoleBinding that lets metrics-server ask who is calling. */
  public static final String AUTH_DELEGATOR = "metrics-server:system:auth-delegator";

  /** The RoleBinding that lets metrics-server read how callers are authenticated. */
  public static final String AUTH_READER = "metrics-server-auth-reader";

  /** Where {@link #AUTH_READER} must be: the namespace of the ConfigMap that it opens. */
  public static final String AUTH_READER_NAMESPACE = "kube-system";

  /** The ClusterRoleBinding that lets Prometheus read metrics-server's own metrics. */
  public static final String METRICS_READER = "metrics-server-metrics-reader";

  /** What it gives: a ClusterRole that comes with the operator, {@code deploy/base/rbac.yaml}. */
  public static final String METRICS_READER_ROLE = "metrics-server-operator-metrics-reader";

  /** The Service's port by name, which the API server looks up in EndpointSlices. */
  public static final String PORT = "https";

  /** The ControllerRevision with the configuration that was last Ready. */
  public static final String LAST_READY = "metrics-server-operator-last-ready";

  /** Selects metrics-server's pods, and nothing else. */
  public static final Map<String, String> SELECTOR = Map.of("k8s-app", METRICS_SERVER);

  /** Selects the pods of this operator's making, and none of somebody else's metrics-server. */
  public static final Map<String, String> PODS =
      Collections.unmodifiableMap(
          new TreeMap<>(
              Map.of(
                  "app.kubernetes.io/managed-by",
                  "metrics-server-operator",
                  "k8s-app",
                  METRICS_SERVER)));

  /** Who made an object: the value of its label, and the manager of its fields. */
  public static final String MANAGED_BY = "metrics-server-operator";

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
        .addToLabels("app.kubernetes.io/managed-by", MANAGED_BY)
        .build();
  }
}
