/** The command {@code render}: the objects of a configuration, without a cluster. */
package dev.metricsserver.cli.render;
