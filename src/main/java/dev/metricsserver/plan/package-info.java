/**
 * Every decision, pure: a spec and facts in, a {@link dev.metricsserver.plan.MetricsServerPlan} or
 * a refusal out, each choice with its reason. Nothing else in the program decides.
 */
package dev.metricsserver.plan;
