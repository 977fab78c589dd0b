package dev.metricsserver.plan;

import dev.metricsserver.api.KubeletSpec.AddressType;
import dev.metricsserver.api.MetricsServerConfigSpec;
import dev.metricsserver.model.Durations;
import dev.metricsserver.plan.Reason.AddressTypesReason;
import java.time.Duration;
import java.util.List;

/**
 * How metrics-server reads the kubelets.
 *
 * @param addressTypes the types of node addresses in the order of preference
 * @param approving whether the operator approves the kubelets' requests for serving certificates
 * @param scrapeInterval the time between two scrapes of a kubelet
 */
public record KubeletPlan(
    KubeletTLS tls,
    Decided<List<AddressType>, AddressTypesReason> addressTypes,
    boolean approving,
    Duration scrapeInterval) {

  /** The scrape interval of a spec; the only place that parses {@code metricResolution}. */
  public static Duration scrapeInterval(MetricsServerConfigSpec spec) {
    return Durations.of(spec.metricResolution());
  }
}
