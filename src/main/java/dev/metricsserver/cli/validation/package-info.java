/** Reads and validates MetricsServerConfig files by the CRD's schema and rules. */
package dev.metricsserver.cli.validation;
