/**
 * Facts and observations: small immutable records of what the cluster is and what it shows of
 * metrics-server. Nothing is decided here, and no record depends on what the user asked for.
 */
package dev.metricsserver.model;
