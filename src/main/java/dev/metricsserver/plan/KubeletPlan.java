package dev.metricsserver.plan;

import java.time.Duration;

/**
 * How metrics-server reads the kubelets.
 *
 * @param approving whether the operator approves the kubelets' requests for serving certificates
 * @param scrapeInterval the time between two scrapes of a kubelet
 */
public record KubeletPlan(KubeletTLS tls, boolean approving, Duration scrapeInterval) {}
