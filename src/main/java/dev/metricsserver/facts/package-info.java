/**
 * What the cluster is: small immutable records, and the readers that fill them. Nothing is decided
 * here, and nothing here knows what the user asked for.
 */
package dev.metricsserver.facts;
