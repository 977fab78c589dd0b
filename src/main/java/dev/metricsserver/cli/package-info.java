/** The command line. */
package dev.metricsserver.cli;
