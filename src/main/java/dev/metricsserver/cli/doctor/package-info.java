/**
 * {@code doctor}: examines the metrics-server of a cluster, prints its state, findings and
 * remedies, and applies the remedies.
 */
package dev.metricsserver.cli.doctor;
