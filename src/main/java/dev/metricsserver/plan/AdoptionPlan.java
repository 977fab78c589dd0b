package dev.metricsserver.plan;

import dev.metricsserver.model.ClusterFacts.Takeover;
import dev.metricsserver.model.Owner;
import java.util.Map;
import java.util.Optional;

/**
 * The adoption of an existing installation.
 *
 * @param selector the selector labels of an existing Deployment
 * @param takeover how the pods of the previous owner are replaced; empty when none is left
 * @param oldPodsServe whether the Service selects those pods too, because no new pod is ready
 * @param previousOwner the owner from which the installation was adopted, while conflictPolicy is
 *     Adopt
 */
public record AdoptionPlan(
    Optional<Map<String, String>> selector,
    Optional<Takeover> takeover,
    boolean oldPodsServe,
    Optional<Owner> previousOwner) {}
