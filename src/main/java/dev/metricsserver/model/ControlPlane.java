package dev.metricsserver.model;

import dev.metricsserver.model.ClusterFacts.Endpoint;
import java.util.List;
import java.util.Set;

/**
 * What changes only with an upgrade of the cluster.
 *
 * @param service addresses and ports of the {@code kubernetes} Service
 * @param ciliumNodes names of nodes whose network Cilium runs, or ran: a hundred at most
 */
public record ControlPlane(
    KubernetesVersion version, List<Endpoint> service, Set<String> ciliumNodes) {}
