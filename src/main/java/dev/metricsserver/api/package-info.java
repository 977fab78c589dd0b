/**
 * The resource {@link dev.metricsserver.api.MetricsServerConfig}: its spec, its status and its
 * conditions. The CustomResourceDefinition in {@code crds/} is generated from these types, with
 * every text that {@code kubectl explain} and the validation errors contain.
 */
package dev.metricsserver.api;
