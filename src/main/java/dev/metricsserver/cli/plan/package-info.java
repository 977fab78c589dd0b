/** The command {@code plan}: what the operator would change and why. */
package dev.metricsserver.cli.plan;
