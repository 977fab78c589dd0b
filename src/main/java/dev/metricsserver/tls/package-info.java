/**
 * Metrics-server's serving certificate and its CA: how they are created and when they are replaced.
 * Does not use a Kubernetes client or a clock.
 */
package dev.metricsserver.tls;
