/** The process: settings, client, leader election, shutdown, health and metrics endpoints. */
package dev.metricsserver.runtime;
