/**
 * The resource users write, {@link dev.metricsserver.api.MetricsServerConfig}: its spec blocks, its
 * status and its conditions. The CustomResourceDefinition in {@code crds/} is generated from these
 * types, with every sentence that {@code kubectl explain} and a refused request show.
 */
package dev.metricsserver.api;
