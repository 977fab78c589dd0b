package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import dev.metricsserver.plan.Planner;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All objects together. */
public final class Manifest {

  private Manifest() {}

  /**
   * The objects in the order in which they are installed: what protects the pods and what they need
   * comes before them, and the registration, which sends requests to them, last.
   *
   * @param deployment as {@link Workload} makes it from the same plan; part of it is what the
   *     cluster has, not the plan
   */
  public static List<HasMetadata> objects(MetricsServerPlan plan, Deployment deployment) {
    return Stream.of(
            Network.policy(plan).stream(),
            CiliumNetwork.policy(plan).stream(),
            Stream.of(
                Access.serviceAccount(plan),
                Access.clusterRole(),
                Access.readerRole(),
                Access.clusterRoleBinding(plan),
                Access.authDelegator(plan),
                Access.authReader(plan),
                Serving.service(plan)),
            CertManager.bootstrap(plan).stream(),
            CertManager.authority(plan).stream(),
            CertManager.issuer(plan).stream(),
            CertManager.certificate(plan).stream(),
            Audit.policy(plan).stream(),
            Monitoring.reader(plan).stream(),
            Monitoring.serviceMonitor(plan).stream(),
            Monitoring.rule(plan).stream(),
            plan.size().disruptionBudget()
                ? Stream.of(Workload.disruptionBudget(plan))
                : Stream.<HasMetadata>empty(),
            Stream.of(deployment, Serving.apiService(plan)))
        .<HasMetadata>flatMap(objects -> objects)
        .toList();
  }

  /** Of the objects that only some plans have, those that this one has not: names and no more. */
  public static List<HasMetadata> unwanted(MetricsServerPlan plan) {
    var namespace = plan.namespace();
    return Stream.of(
            unless(
                Network.policy(plan).isPresent(),
                new NetworkPolicy(),
                Names.metadata(namespace, Names.NETWORK_POLICY)),
            unless(
                CiliumNetwork.policy(plan).isPresent(),
                new CiliumNetworkPolicy(),
                Names.metadata(namespace, Names.NETWORK_POLICY)),
            unless(
                Audit.policy(plan).isPresent(),
                new ConfigMap(),
                Names.metadata(namespace, Planner.AUDIT_CONFIG_MAP)),
            unless(
                Monitoring.reader(plan).isPresent(),
                new ClusterRoleBinding(),
                Names.metadata(Names.METRICS_READER)),
            unless(
                Monitoring.serviceMonitor(plan).isPresent(),
                new ServiceMonitor(),
                Names.metadata(namespace, Names.METRICS_SERVER)),
            unless(
                Monitoring.rule(plan).isPresent(),
                new PrometheusRule(),
                Names.metadata(namespace, Names.METRICS_SERVER)),
            unless(
                CertManager.bootstrap(plan).isPresent(),
                new Issuer(),
                Names.metadata(namespace, CertManager.BOOTSTRAP)),
            unless(
                CertManager.authority(plan).isPresent(),
                new Certificate(),
                Names.metadata(namespace, CertManager.AUTHORITY)),
            unless(
                CertManager.issuer(plan).isPresent(),
                new Issuer(),
                Names.metadata(namespace, CertManager.SERVING)),
            unless(
                CertManager.certificate(plan).isPresent(),
                new Certificate(),
                Names.metadata(namespace, CertManager.SERVING)),
            unless(
                plan.size().disruptionBudget(),
                new PodDisruptionBudget(),
                Names.metadata(namespace, Names.METRICS_SERVER)))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Optional<HasMetadata> unless(
      boolean wanted, HasMetadata object, ObjectMeta metadata) {
    object.setMetadata(metadata);
    return wanted ? Optional.empty() : Optional.of(object);
  }
}
