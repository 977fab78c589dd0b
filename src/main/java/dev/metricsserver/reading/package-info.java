/**
 * Fills the {@code model} off the cluster: nodes, kubelets, pods, existing installations, and a
 * query through the aggregated API. The operator reads from its informers, the command line from
 * the API server; what the objects mean is the same for both. Only reads, never judges.
 */
package dev.metricsserver.reading;
