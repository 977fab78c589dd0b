/**
 * Is it really working: what the cluster shows of metrics-server, and a real query through the
 * aggregated API. Only reads, never judges.
 */
package dev.metricsserver.observation;
