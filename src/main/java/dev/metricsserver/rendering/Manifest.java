package dev.metricsserver.rendering;

import dev.metricsserver.plan.MetricsServerPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
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
            Audit.policy(plan).stream(),
            Monitoring.reader(plan).stream(),
            Monitoring.serviceMonitor(plan).stream(),
            Monitoring.rule(plan).stream(),
            plan.disruptionBudget()
                ? Stream.of(Workload.disruptionBudget(plan))
                : Stream.<HasMetadata>empty(),
            Stream.of(deployment, Serving.apiService(plan)))
        .<HasMetadata>flatMap(objects -> objects)
        .toList();
  }
}
