/** The command {@code crd}: prints or installs the CustomResourceDefinition. */
package dev.metricsserver.cli.crd;
