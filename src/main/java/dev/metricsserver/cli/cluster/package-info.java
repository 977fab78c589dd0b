/** Access to a live cluster for the commands. */
package dev.metricsserver.cli.cluster;
