package dev.metricsserver.rendering;

import dev.metricsserver.plan.AuditPlanner;
import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An object that only some plans have.
 *
 * @param empty makes an object of its kind without content
 * @param known whether the cluster has the kind: those of other projects it may not have
 * @param render makes the object; empty where the plan does not have it
 */
public record OptionalObject<R extends HasMetadata>(
    Supplier<R> empty,
    String name,
    Predicate<MetricsServerPlan> known,
    Function<MetricsServerPlan, Optional<R>> render) {

  /** Which connections metrics-server's pods may have. */
  public static final OptionalObject<NetworkPolicy> NETWORK_POLICY =
      new OptionalObject<>(NetworkPolicy::new, Names.NETWORK_POLICY, Network::policy);

  /** The same for Cilium. */
  public static final OptionalObject<CiliumNetworkPolicy> CILIUM_NETWORK_POLICY =
      new OptionalObject<>(
          CiliumNetworkPolicy::new,
          Names.NETWORK_POLICY,
          plan -> plan.network().cilium().known(),
          CiliumNetwork::policy);

  /** The issuer that signs the CA. */
  public static final OptionalObject<Issuer> BOOTSTRAP_ISSUER =
      certManager(Issuer::new, CertManager.BOOTSTRAP, CertManager::bootstrap);

  /** The CA. */
  public static final OptionalObject<Certificate> AUTHORITY_CERTIFICATE =
      certManager(Certificate::new, CertManager.AUTHORITY, CertManager::authority);

  /** The issuer that signs metrics-server's certificate with the CA. */
  public static final OptionalObject<Issuer> SERVING_ISSUER =
      certManager(Issuer::new, CertManager.SERVING, CertManager::issuer);

  /** metrics-server's certificate. */
  public static final OptionalObject<Certificate> ISSUED_CERTIFICATE =
      certManager(Certificate::new, CertManager.SERVING, CertManager::certificate);

  /** What metrics-server writes to its audit log. */
  public static final OptionalObject<ConfigMap> AUDIT_POLICY =
      new OptionalObject<>(ConfigMap::new, AuditPlanner.CONFIG_MAP, Audit::policy);

  /** Prometheus' right to read metrics-server's own metrics. */
  public static final OptionalObject<ClusterRoleBinding> METRICS_READER =
      new OptionalObject<>(ClusterRoleBinding::new, Names.METRICS_READER, Monitoring::reader);

  /** How Prometheus finds metrics-server's own metrics. */
  public static final OptionalObject<ServiceMonitor> SERVICE_MONITOR =
      new OptionalObject<>(
          ServiceMonitor::new,
          Names.METRICS_SERVER,
          plan -> plan.monitoring().kinds().serviceMonitors(),
          Monitoring::serviceMonitor);

  /** What Prometheus alerts about. */
  public static final OptionalObject<PrometheusRule> PROMETHEUS_RULE =
      new OptionalObject<>(
          PrometheusRule::new,
          Names.METRICS_SERVER,
          plan -> plan.monitoring().kinds().rules(),
          Monitoring::rule);

  /** How many pods a drain may evict. */
  public static final OptionalObject<PodDisruptionBudget> DISRUPTION_BUDGET =
      new OptionalObject<>(
          PodDisruptionBudget::new,
          Names.METRICS_SERVER,
          plan ->
              plan.size().disruptionBudget()
                  ? Optional.of(Workload.disruptionBudget(plan))
                  : Optional.empty());

  /** Those that protect the pods, and so are installed before anything else. */
  static final List<OptionalObject<?>> POLICIES = List.of(NETWORK_POLICY, CILIUM_NETWORK_POLICY);

  /** The others, in the order in which they are installed. */
  static final List<OptionalObject<?>> OTHERS =
      List.of(
          BOOTSTRAP_ISSUER,
          AUTHORITY_CERTIFICATE,
          SERVING_ISSUER,
          ISSUED_CERTIFICATE,
          AUDIT_POLICY,
          METRICS_READER,
          SERVICE_MONITOR,
          PROMETHEUS_RULE,
          DISRUPTION_BUDGET);

  private OptionalObject(
      Supplier<R> empty, String name, Function<MetricsServerPlan, Optional<R>> render) {
    this(empty, name, _ -> true, render);
  }

  private static <R extends HasMetadata> OptionalObject<R> certManager(
      Supplier<R> empty, String name, Function<MetricsServerPlan, Optional<R>> render) {
    return new OptionalObject<>(empty, name, plan -> plan.serving().certManager().known(), render);
  }

  /** All of them. */
  public static Stream<OptionalObject<?>> all() {
    return Stream.concat(POLICIES.stream(), OTHERS.stream());
  }

  /** Its kind and name without content, as a request to delete it needs them. */
  R reference(MetricsServerPlan plan) {
    var object = empty.get();
    object.setMetadata(
        object instanceof Namespaced
            ? Names.metadata(plan.namespace(), name)
            : Names.metadata(name));
    return object;
  }
}
