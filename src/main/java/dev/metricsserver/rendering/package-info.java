/**
 * Objects, pure: a {@link dev.metricsserver.plan.MetricsServerPlan} in, Kubernetes objects out, in
 * the canonical form in which the API server stores them, so that applying them twice changes
 * nothing. The rules behind that form: write every default inside lists and structs that are
 * replaced as a whole, and leave out zero values that the server drops.
 */
package dev.metricsserver.rendering;
