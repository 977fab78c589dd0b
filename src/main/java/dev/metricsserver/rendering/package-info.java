/**
 * Kubernetes objects, as pure functions of a {@link dev.metricsserver.plan.MetricsServerPlan}. They
 * have the canonical form in which the API server stores them, so that a second apply changes
 * nothing: every default inside lists and structs that are replaced as a whole is written, and zero
 * values that the server drops are left out.
 */
package dev.metricsserver.rendering;
