/** The command {@code import}: existing installations become MetricsServerConfigs. */
package dev.metricsserver.cli.importer;
